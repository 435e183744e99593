import { checkCallback } from '@prooftrail/agent-sdk'
import { parseKeySet } from '@prooftrail/trail'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { actsOn } from '../toolkit/acts.ts'
import { example } from '../toolkit/agent.ts'
import { startWorld, type TestWorld } from '../world.ts'

/** What acts have agents told: callbacks that are tried again, and requests for evidence. */

let world: TestWorld
beforeAll(async () => {
  world = await startWorld({ env: { CALLBACK_GAPS_SECONDS: '1,1' } })
})
afterAll(() => world?.stop())
const acts = actsOn(() => world)

describe.concurrent('given a run with a result', () => {
  test.each([
    ['rejected by its receiver', 410, 1],
    ['exhausted', 500, 3],
  ])(
    'whose callback was %s, an act has it tried again, and it arrives',
    async (what, no, first) => {
      let status = no
      const callbacks = world.receiver.address(() => ({ status }))
      const agent = await world.newAgent(`acts-retry-${no}`, { callbacks })
      const order = agent.order()
      const { work_order_id: id } = order.object
      await world.publish(order)
      await world.until(`${what}: the ticket`, async () => {
        const { open_tickets } = await acts.view(id)
        return JSON.stringify(open_tickets).includes('callback_failure') || undefined
      })
      const before = await world.until('the parked delivery in the trail', async () => {
        const { bundle } = await world.trailOf(id)
        return JSON.stringify(bundle.links.map(({ name }) => name)).includes('callback_delivery') &&
          callbacks.received.length === first
          ? bundle
          : undefined
      })
      status = 200
      expect(await acts.send(agent, id, 'retry_callback')).toMatchObject({
        status: 200,
        body: { act: { status: 'accepted' }, run: { state: 'ready', open_tickets: [] } },
      })
      await world.until('the callback', () => callbacks.received.length > first || undefined)
      const trail = await world.until('its delivery in the trail', async () => {
        const found = await world.trailOf(id)
        const last = found.bundle.links.findLast(({ name }) => name.startsWith('callback_delivery'))
        const delivery = found.object(last?.name ?? '')
        return delivery?.callback_status === 'delivered' ? { ...found, delivery } : undefined
      })
      expect(trail.delivery).toMatchObject({ attempt: first + 1, http_status: 200 })
      expect(trail.bundle.links.slice(0, before.links.length)).toEqual(before.links)
      expect(trail.bundle.links.map(({ name }) => name)).toContain('recovery_request')
      const ids = callbacks.received.map(({ headers }) => headers['webhook-id'])
      expect(new Set(ids).size).toBe(1)
      // what was delivered is not called back again
      expect(await acts.send(agent, id, 'retry_callback')).toMatchObject({
        status: 409,
        body: { code: 'PT-2032' },
      })
    },
  )

  test('that is partial, an operator asks for evidence, and the agent is told what and until when', async () => {
    const agent = await world.newAgent('acts-request')
    const order = agent.order({ evidence: example('tokenops-missing-item').evidence })
    const { work_order_id: id } = order.object
    await world.publish(order)
    await world.trailOf(id)
    const until = new Date(Date.now() + 86_400_000).toISOString()

    expect(await acts.ask(id, 'request_evidence', { until })).toMatchObject({
      status: 200,
      body: { run: { evidence_request: { until, missing_items: ['payment_request_artifact'] } } },
    })
    const [, received] = await world.until('the request', () =>
      agent.callbacks.received.length > 1 ? agent.callbacks.received : undefined,
    )
    if (!received) throw new Error('no second callback')
    const keys = parseKeySet((await world.get('attestation', '/keys.json')).body)
    const checked = checkCallback(received, agent.secret, keys)
    expect(checked.problems).toEqual([])
    expect(checked).toMatchObject({
      event_type: 'task_result_partial',
      evidence_request: { missing_items: ['payment_request_artifact'], until, reason: 'as agreed' },
    })
    const trail = await world.trailOf(id, 1)
    expect(trail.object('recovery_request')).toMatchObject({
      recovery_action: 'request_evidence',
      until,
    })
    expect((await acts.send(agent, id, 'request_evidence')).body).toMatchObject({ code: 'PT-2025' })
  })
})
