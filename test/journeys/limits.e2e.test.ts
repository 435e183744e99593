import { checkCallback } from '@prooftrail/agent-sdk'
import { parseKeySet } from '@prooftrail/trail'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { actsOn } from '../toolkit/acts.ts'
import { example } from '../toolkit/agent.ts'
import { startWorld, type TestWorld } from '../world.ts'

/** What nobody handles in time ends by itself: limits of seconds instead of days. */

let world: TestWorld
beforeAll(async () => {
  world = await startWorld({
    env: { TIME_LIMITS: 'partial=3,review=3,replay=1', STUCK_AFTER: 'credit_pending=1' },
  })
})
afterAll(() => world?.stop())
const acts = actsOn(() => world)

describe.concurrent('given short limits', () => {
  test('a partial run that nobody handles is closed as expired: sealed again, tickets ended, the agent told', async () => {
    const agent = await world.newAgent('limits-partial')
    const order = agent.order({ evidence: example('tokenops-missing-item').evidence })
    const { work_order_id: id } = order.object
    await world.publish(order)
    const trail = await world.until('the revision that ends it', async () => {
      const found = await world.trailOf(id)
      return found.bundle.pilot.runtime_state === 'closed' ? found : undefined
    })
    expect(trail.verdict).toMatchObject({ ok: true, verdict: 'partial' })
    expect(trail.bundle.links.map(({ name }) => name)).toContain('expiry')
    expect(trail.object('expiry')).toMatchObject({
      ...{ ends: 'run', state: 'partial', limit_seconds: 3, reason: 'missing_evidence' },
    })
    expect(await acts.view(id)).toMatchObject({ state: 'closed', open_tickets: [] })
    const told = await world.until('the callback that tells of it', () =>
      agent.callbacks.received.find(({ body }) => body.toString().includes('"expiry"')),
    )
    const keys = parseKeySet((await world.get('attestation', '/keys.json')).body)
    expect(checkCallback(told, agent.secret, keys)).toMatchObject({
      ...{ ok: true, problems: [], expiry: { ends: 'run', state: 'partial' } },
    })
    // one end only, and an act that comes later is answered
    expect(await acts.ask(id, 'close')).toMatchObject({ status: 409, body: { code: 'PT-2024' } })
    await world.until('run that is closed for whoever looks', async () => {
      const { body } = await world.get('console', `/v1/tasks/${id}`)
      return body.lifecycle_state === 'closed' || undefined
    })
  })

  test('an order that waits for credits until its time is over is sealed as expired, and holds nothing', async () => {
    const agent = await world.newAgent('limits-credits', { credits: 0 })
    const expires_at = new Date(Date.now() + 15_000).toISOString()
    const order = agent.order({ expires_at })
    const { work_order_id: id } = order.object
    await world.publish(order)
    const trail = await world.until('the trail of the order', async () => {
      const { status } = await world.get('attestation', `/v1/trails/${id}`)
      return status === 200 ? world.trailOf(id) : undefined
    })
    expect(trail.verdict).toMatchObject({ ok: true, verdict: 'expired' })
    expect(trail.bundle.links.map(({ name }) => name)).toEqual([
      ...['work_order', 'expiry', 'ledger_entry', 'attestation'],
    ])
    expect(trail.object('expiry')).toMatchObject({ reason: 'credit_allocation_pending' })
    const { body } = await world.get('receipt', `/v1/accounts/${agent.id}`)
    expect(body).toMatchObject({ credits_held: 0, waiting_orders: 0 })
  })

  test('a run that does not go on is named as stuck, once, and no longer once it moves', async () => {
    const agent = await world.newAgent('limits-stuck', { credits: 0 })
    const order = agent.order()
    const { work_order_id: id } = order.object
    await world.publish(order)
    const stuckRun = async () => {
      const { body } = await world.get('console', '/v1/queue')
      const runs: { work_order_id: string }[] = Object(body).stuck_runs ?? []
      return runs.find(({ work_order_id }) => work_order_id === id)
    }
    expect(await world.until('the alert', stuckRun)).toMatchObject({
      ...{ state: 'credit_pending', stuck_reason: 'credit_allocation_pending' },
      alert_id: expect.stringMatching(/^alert_[0-9a-f]{32}$/),
    })
    await world.fund(agent.account, 100)
    await world.until('the end of the alert', async () => ((await stuckRun()) ? undefined : true))
    await world.trailOf(id)
  })
})
