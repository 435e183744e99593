import { checkCallback } from '@prooftrail/agent-sdk'
import { parseKeySet } from '@prooftrail/trail'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { caseOf, example, type Overrides } from '../toolkit/agent.ts'
import { startWorld, type TestWorld } from '../world.ts'

const PRICE = 10
const RUN_TRAIL = [
  'work_order',
  'execution_command',
  'result_contract',
  'settlement_receipt',
  'usage_receipt',
  'callback_delivery',
  'ledger_entry',
  'attestation',
]

let world: TestWorld
beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => world?.stop())

describe.concurrent('given a TokenOps order', () => {
  test('with all evidence, then its trail is ready, its callback checks, its price is debited', async () => {
    const agent = await world.newAgent('ready')
    const order = agent.order()
    await world.publish(order)
    const trail = await world.trailOf(order.object.work_order_id)

    expect(trail.verdict).toMatchObject({ verdict: 'ready', revision: 0 })
    expect(trail.bundle.links.map(({ name }) => name)).toEqual(RUN_TRAIL)
    expect(trail.bundle.pilot).toEqual({
      pilot_id: 'tokenops_controlled_pilot_001',
      tool: 'tokenops',
      execution_mode: 'controlled_pilot',
      runtime_state: 'ready_for_operator_review',
      proof_trail: RUN_TRAIL,
    })
    expect(trail.object('work_order')).toEqual(order.object)
    expect(trail.object('result_contract')).toMatchObject({
      result_status: 'ready',
      machine_result: { evidence_status: 'sufficient', evidence_score: 100, open_items: [] },
    })
    expect(trail.object('callback_delivery')).toMatchObject({
      callback_status: 'delivered',
      attempt: 1,
      http_status: 200,
    })
    expect(await accountOf(agent.account)).toMatchObject({
      credits_held: 0,
      credits_debited: PRICE,
      remaining_credits: 100_000 - PRICE,
    })

    const [callback, ...more] = agent.callbacks.received
    if (!callback) throw new Error('no callback was received')
    expect(more).toEqual([])
    // a library that is not ours
    const body = new Webhook(agent.secret).verify(callback.body.toString(), callback.headers)
    expect(body).toMatchObject({ event_type: 'task_result_ready', sealed: false })
    const keys = await (await fetch(`${world.url('attestation')}/keys.json`)).text()
    expect(checkCallback(callback, agent.secret, parseKeySet(keys))).toMatchObject({
      ok: true,
      problems: [],
    })
    expect(callback.headers['webhook-id']).toBe(trail.object('callback_delivery').callback_event_id)
    const forged = {
      ...callback,
      body: Buffer.from(callback.body.toString().replace('ready', 'raedy')),
    }
    expect(() =>
      new Webhook(agent.secret).verify(forged.body.toString(), callback.headers),
    ).toThrow()
  })

  test('with a required item missing, then it is partial: open item, ticket, next action', async () => {
    const agent = await world.newAgent('partial')
    const order = agent.order({ evidence: example('tokenops-missing-item').evidence })
    await world.post(order)
    const { work_order_id } = order.object
    const trail = await world.trailOf(work_order_id)

    expect(trail.verdict.verdict).toBe('partial')
    expect(trail.object('result_contract')).toMatchObject({
      result_status: 'partial',
      machine_result: {
        evidence_status: 'partial',
        open_items: [{ code: 'missing', about: 'payment_request_artifact' }],
        next_actions: [{ action: 'submit_payment_request', about: 'payment_request_artifact' }],
      },
      exceptions: [
        {
          exception_type: 'evidence_gap',
          status: 'waiting_on_requesting_agent',
          missing_items: ['payment_request_artifact'],
        },
      ],
    })
    expect(await accountOf(agent.account)).toMatchObject({ credits_debited: PRICE })
    const opened = await world.until('ticket', () => {
      const found = world.heard('exception.opened', work_order_id)
      return found.length > 0 ? found : undefined
    })
    expect(opened.map(({ value }) => value.object.exception_type)).toEqual(['evidence_gap'])
    const [callback] = agent.callbacks.received
    expect(JSON.parse(String(callback?.body))).toMatchObject({ event_type: 'task_result_partial' })
  })

  test('wrong in several ways, then it is refused for all of them, provably, at no cost', async () => {
    const agent = await world.newAgent('refused')
    const order = agent.order({ ...example('tokenops-refused'), agent_id: agent.id })
    await world.publish(order)
    const trail = await world.trailOf(order.object.work_order_id)

    expect(trail.verdict.verdict).toBe('refused')
    expect(trail.bundle.pilot).toMatchObject({
      runtime_state: 'refused',
      proof_trail: ['work_order', 'intake_decision', 'ledger_entry', 'attestation'],
    })
    expect(trail.object('intake_decision')).toMatchObject({
      decision: 'rejected',
      reason_codes: expect.arrayContaining(['PT-1025', 'PT-1026', 'PT-1027', 'PT-1029', 'PT-1031']),
    })
    expect(await accountOf(agent.account)).toMatchObject({
      credits_held: 0,
      credits_debited: 0,
      remaining_credits: 100_000,
    })
    expect(agent.callbacks.received).toEqual([])
    expect(world.heard('credits.held', order.object.work_order_id)).toEqual([])
  })

  test('below the floor of evidence, then it failed: nothing is debited, the hold is released', async () => {
    const agent = await world.newAgent('failed')
    const order = agent.order(caseOf('tokenops', 'insufficient'))
    await world.publish(order)
    const trail = await world.trailOf(order.object.work_order_id)

    expect(trail.verdict.verdict).toBe('failed')
    expect(trail.bundle.links.map(({ name }) => name)).toEqual(RUN_TRAIL)
    expect(trail.object('result_contract')).toMatchObject({
      result_status: 'failed',
      machine_result: { evidence_status: 'insufficient' },
    })
    expect(trail.object('usage_receipt')).toMatchObject({
      credits_held: PRICE,
      credits_debited: 0,
      credits_released: PRICE,
      remaining_credits: 100_000,
    })
    expect(trail.object('ledger_entry').credits).toEqual({
      held: PRICE,
      debited: 0,
      released: PRICE,
    })
    expect(await accountOf(agent.account)).toMatchObject({ credits_held: 0, credits_debited: 0 })
  })

  test('that only polls, then no callback is made, its delivery is ready with attempt 0', async () => {
    const agent = await world.newAgent('polls')
    const polls: Overrides = { callback_policy: 'status_polling_only', callback_url: undefined }
    const order = agent.order(polls)
    await world.publish(order)
    const trail = await world.trailOf(order.object.work_order_id)

    expect(trail.verdict.verdict).toBe('ready')
    expect(trail.object('callback_delivery')).toMatchObject({
      callback_status: 'ready',
      attempt: 0,
      attempts: [],
    })
    expect(trail.object('result_contract').callback).toMatchObject({ callback_status: 'ready' })
    expect(agent.callbacks.received).toEqual([])
  })

  test('in standard mode, then it closes by itself and is no pilot', async () => {
    const agent = await world.newAgent('standard')
    const order = agent.order({ execution_mode: 'standard' })
    await world.publish(order)
    const trail = await world.trailOf(order.object.work_order_id)

    expect(trail.verdict.verdict).toBe('ready')
    expect(trail.bundle.pilot).toEqual({
      tool: 'tokenops',
      execution_mode: 'standard',
      runtime_state: 'closed',
      proof_trail: RUN_TRAIL,
    })
  })

  test('without credits, then it waits as credit_pending and goes on when funds arrive', async () => {
    const agent = await world.newAgent('short', { credits: 0 })
    const order = agent.order()
    const { work_order_id } = order.object
    await world.publish(order)
    await world.until('credit_pending', async () => {
      const { body } = await world.get('console', `/v1/tasks/${work_order_id}`)
      return body.lifecycle_state === 'credit_pending' || undefined
    })
    expect(world.heard('execution.bound', work_order_id)).toEqual([])
    const settlement = await world.fund(agent.account, PRICE)
    const trail = await world.trailOf(work_order_id)

    expect(trail.verdict.verdict).toBe('ready')
    expect(trail.object('settlement_receipt')).toEqual(settlement.object)
    expect(trail.object('usage_receipt')).toMatchObject({
      settlement_reference: settlement.object.settlement_id,
      remaining_credits: 0,
    })
    const opened = await world.until('ticket', () =>
      world.heard('exception.opened', work_order_id).at(0),
    )
    expect(opened.value.object.exception_type).toBe('credit_hold')
    const resolved = await world.until('resolution', () => {
      return world.heard('exception.resolved', work_order_id)[0]
    })
    expect(resolved.value.exception_id).toBe(opened?.value.object.exception_id)
  })

  test('whose receiver fails once, then the delivery that follows is revision 1', async () => {
    let see: () => void = () => undefined
    const isSeen = new Promise<void>((resolve) => {
      see = resolve
    })
    // the next attempt follows in five seconds, and a busy machine may look later than that
    const callbacks = world.receiver.address(async (_, n) => {
      if (n === 1) return { status: 500 }
      await isSeen
      return { status: 204 }
    })
    const agent = await world.newAgent('retried', { callbacks })
    const order = agent.order()
    const { work_order_id } = order.object
    await world.publish(order)
    const first = await world.trailOf(work_order_id)
    see()
    expect(first.verdict).toMatchObject({ verdict: 'ready', revision: 0 })
    expect(first.object('callback_delivery')).toMatchObject({
      callback_status: 'pending',
      attempt: 1,
      http_status: 500,
    })

    const later = await world.trailOf(work_order_id, 1)
    expect(later.verdict).toMatchObject({ verdict: 'ready', revision: 1 })
    expect(later.bundle.links.map(({ name }) => name)).toEqual([
      ...RUN_TRAIL,
      'callback_delivery/1',
      'ledger_entry/1',
      'attestation/1',
    ])
    // old bytes never change
    expect(later.bundle.links.slice(0, RUN_TRAIL.length)).toEqual(first.bundle.links)
    expect(later.object('callback_delivery/1')).toMatchObject({
      callback_status: 'delivered',
      attempt: 2,
      http_status: 204,
    })
    const [one, two] = callbacks.received
    expect(two?.body).toEqual(one?.body)
    expect(two?.headers['webhook-id']).toBe(one?.headers['webhook-id'])
    expect(await accountOf(agent.account)).toMatchObject({ credits_debited: PRICE })
  })
})

async function accountOf(account: string): Promise<Record<string, unknown>> {
  return (await world.get('receipt', `/v1/accounts/${account}`)).body
}
