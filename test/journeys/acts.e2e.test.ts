import { actBody } from '@prooftrail/agent-sdk'
import type { Json } from '@prooftrail/contracts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { actsOn } from '../toolkit/acts.ts'
import { example, type SignedOrder } from '../toolkit/agent.ts'
import { type RegisteredAgent, startWorld, type TestWorld } from '../world.ts'

/** Runs that are partial, put right through each door, for each tool. */

let world: TestWorld
beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => world?.stop())

const { view: viewOf, sign: signed, post, publish, ask } = actsOn(() => world)

const complete = (): { [evidenceClass: string]: Json } =>
  Object(example('tokenops-complete').evidence)
/** The item that the incomplete order of TokenOps lacks. */
const missing = () => {
  const { payment_request_artifact = '' } = complete()
  return { payment_request_artifact }
}

async function partialOf(agent: RegisteredAgent): Promise<SignedOrder> {
  const order = agent.order({ evidence: example('tokenops-missing-item').evidence })
  await world.publish(order)
  await world.trailOf(order.object.work_order_id)
  return order
}

describe.concurrent('given a partial run', () => {
  test('over the topic: evidence is added, the run replayed; both revisions verify, nothing is charged twice', async () => {
    const agent = await world.newAgent('acts-topic')
    const order = await partialOf(agent)
    const { work_order_id: id } = order.object
    const first = await world.trailOf(id)
    expect(await viewOf(id)).toMatchObject({
      state: 'partial',
      open_evidence: ['payment_request_artifact'],
    })

    await publish(await signed(agent, id, 'add_evidence', { evidence: missing() }))
    const added = await world.trailOf(id, 1)
    expect(added.bundle.pilot.runtime_state).toBe('replay_ready')
    await publish(await signed(agent, id, 'replay_from_checkpoint'))
    const last = await world.trailOf(id, 3)

    expect(last.verdict).toMatchObject({ verdict: 'ready', revision: 3 })
    expect(last.bundle.pilot.runtime_state).toBe('ready_for_operator_review')
    // old bytes never change
    expect(last.bundle.links.slice(0, first.bundle.links.length)).toEqual(first.bundle.links)
    expect(last.bundle.links.slice(first.bundle.links.length).map(({ name }) => name)).toEqual([
      ...['recovery_request', 'ledger_entry/1', 'attestation/1'],
      ...['recovery_request/1', 'ledger_entry/2', 'attestation/2'],
      ...['execution_command/1', 'result_contract/1', 'usage_receipt/1', 'callback_delivery/1'],
      ...['ledger_entry/3', 'attestation/3'],
    ])
    expect(last.object('usage_receipt/1')).toMatchObject({ credits_held: 0, credits_debited: 0 })
    expect(last.object('ledger_entry/3')).toMatchObject({
      verdict: 'ready',
      credits: { held: 10, debited: 10, released: 0 },
    })
    const events = agent.callbacks.received.map(({ body }) => JSON.parse(String(body)).event_type)
    expect(events).toEqual(['task_result_partial', 'task_result_ready'])
    const resolved = await world.until('the ticket', () => {
      const found = world.heard('exception.resolved', id)
      return found.length > 0 ? found : undefined
    })
    expect(resolved.map(({ value }) => value.status)).toEqual(['resolved'])
    const { body: account } = await world.get('receipt', `/v1/accounts/${agent.account}`)
    expect(account).toMatchObject({ credits_debited: 10, credits_held: 0 })
    const { body: report } = await world.get('console', `/v1/tasks/${id}/report`)
    expect(JSON.stringify(report)).toContain('ready')
  })

  test('over the door: dry run, refusals that change nothing, an operator’s close', async () => {
    const agent = await world.newAgent('acts-door')
    const stranger = await world.newAgent('acts-stranger', { credits: 0 })
    const order = await partialOf(agent)
    const { work_order_id: id } = order.object

    const add = actBody(await signed(agent, id, 'add_evidence', { evidence: missing() }))
    expect(await post(id, add, '?dry_run')).toMatchObject({
      status: 200,
      body: { dry_run: true, credits: 0, leads_to: 'replay_ready' },
    })
    expect((await viewOf(id)).acts_accepted).toBe(0)
    const foreign = actBody(await signed(stranger, id, 'add_evidence', { evidence: missing() }))
    expect(await post(id, foreign)).toMatchObject({ status: 404, body: { code: 'PT-2021' } })
    const { settlement_reference = '' } = complete()
    const shut = { settlement_reference }
    const closed = actBody(await signed(agent, id, 'add_evidence', { evidence: shut }))
    expect(await post(id, closed)).toMatchObject({ status: 422, body: { code: 'PT-2028' } })
    const forged = {
      act: { ...Object(add.act), object: { ...Object(add.act).object, reason: 'x' } },
    }
    expect(await post(id, forged)).toMatchObject({ status: 403, body: { code: 'PT-2022' } })
    const close = { work_order_id: id, recovery_action: 'close', idempotency_key: 'c' }
    expect(await post(id, close)).toMatchObject({ status: 400, body: { code: 'PT-2023' } })

    const accepted = await post(id, add)
    expect(accepted).toMatchObject({
      status: 200,
      body: { act: { status: 'accepted' }, run: { state: 'partial', acts_accepted: 1 } },
    })
    // twice is once
    expect(await post(id, add)).toMatchObject({ status: 200, body: { run: { acts_accepted: 1 } } })

    const ended = await post(id, { ...close, reason: 'the agent will order anew' })
    expect(ended).toMatchObject({
      status: 200,
      body: { run: { state: 'closed', allowed_acts: [], open_tickets: [] } },
    })
    const late = actBody(await signed(agent, id, 'replay_from_checkpoint'))
    expect(await post(id, late)).toMatchObject({
      status: 409,
      body: { code: 'PT-2024', state: 'closed', allowed_acts: [] },
    })
    const trail = await world.trailOf(id, 2)
    expect(trail.bundle.pilot.runtime_state).toBe('closed')
    expect(trail.object('operator_decision')).toMatchObject({
      object_type: 'operator_decision',
      reason: 'the agent will order anew',
    })
  })

  test('whose replay has too few credits, then it waits for them and goes on by itself', async () => {
    const agent = await world.newAgent('acts-short', { credits: 10 })
    const { settlement_reference = '' } = complete()
    const evidence = { settlement_reference }
    const failed = agent.order({ evidence })
    await world.publish(failed)
    const { work_order_id: id } = failed.object
    expect((await world.trailOf(id)).verdict.verdict).toBe('failed')
    // another order takes what a failed result gave back
    const other = agent.order()
    await world.publish(other)
    await world.trailOf(other.object.work_order_id)

    // the classes that the tool asks for; what is optional is not open
    const { settlement_reference: _, work_order_reference: __, ...gaps } = complete()
    const added = await post(
      id,
      actBody(await signed(agent, id, 'add_evidence', { evidence: gaps })),
    )
    expect(added.status).toBe(200)
    const asked = await post(id, actBody(await signed(agent, id, 'replay_from_checkpoint')))
    expect(asked).toMatchObject({
      status: 200,
      body: { run: { state: 'replay_waiting', replay: { credits: 10 } } },
    })
    await world.until('the ticket', () => {
      const found = world.heard('exception.opened', id)
      return found.some(({ value }) => value.object.exception_type === 'credit_hold') || undefined
    })
    await world.fund(agent.account, 10)
    const trail = await world.trailOf(id, 3)
    expect(trail.object('ledger_entry/3')).toMatchObject({
      verdict: 'ready',
      credits: { held: 20, debited: 10, released: 10 },
    })
  })
})

describe.concurrent('given credits that are short', () => {
  const release = 'release_credit_allocation'

  test('an order that waits for its first ones is let go: nothing is held, and it never runs', async () => {
    const agent = await world.newAgent('acts-unfunded', { credits: 0 })
    const order = agent.order()
    const { work_order_id: id } = order.object
    await world.publish(order)
    expect(await viewOf(id)).toMatchObject({ state: 'credit_pending', agent_id: agent.id })
    // the agent may not, and what is not in the table is answered by code
    const asked = await post(id, actBody(await signed(agent, id, release)))
    expect(asked).toMatchObject({ status: 403, body: { code: 'PT-2025' } })
    expect(await ask(id, 'close')).toMatchObject({ status: 409, body: { code: 'PT-2024' } })

    expect(await ask(id, release)).toMatchObject({
      status: 200,
      body: { run: { state: 'closed', allowed_acts: [], open_tickets: [] } },
    })
    await world.until('the ticket', () => {
      const ended = world.heard('exception.resolved', id)
      return ended.some(({ value }) => value.status === 'closed') || undefined
    })
    const trail = await world.until('its trail', async () => {
      const { status } = await world.get('attestation', `/v1/trails/${id}`)
      return status === 200 ? world.trailOf(id) : undefined
    })
    expect(trail.verdict).toMatchObject({ ok: true, verdict: 'released' })
    expect(trail.object('expiry')).toMatchObject({ ends: 'run', state: 'credit_pending' })
    await world.fund(agent.account, 50)
    const { body: account } = await world.get('receipt', `/v1/accounts/${agent.account}`)
    expect(account).toMatchObject({ credits_held: 0, credits_debited: 0, waiting_orders: 0 })
    expect(world.heard('execution.bound', id)).toEqual([])
    const { body: run } = await world.get('console', `/v1/tasks/${id}`)
    expect(run).toMatchObject({ lifecycle_state: 'closed', open_exceptions: 0 })
  })

  test('a replay that waits for them ends, and the result before it stands', async () => {
    const agent = await world.newAgent('acts-let-go', { credits: 10 })
    const { settlement_reference = '' } = complete()
    const failed = agent.order({ evidence: { settlement_reference } })
    await world.publish(failed)
    const { work_order_id: id } = failed.object
    await world.trailOf(id)
    const other = agent.order()
    await world.publish(other)
    await world.trailOf(other.object.work_order_id)
    await post(id, actBody(await signed(agent, id, 'replay_from_checkpoint')))
    await world.until('the ticket', () => {
      const found = world.heard('exception.opened', id)
      return found.some(({ value }) => value.object.exception_type === 'credit_hold') || undefined
    })

    expect(await ask(id, release)).toMatchObject({
      status: 200,
      body: { run: { state: 'failed' } },
    })
    const trail = await world.trailOf(id, 2)
    expect(trail.bundle.pilot.runtime_state).toBe('ready_for_operator_review')
    expect(trail.object('recovery_request/1')).toMatchObject({ recovery_action: release })
    const { body: account } = await world.get('receipt', `/v1/accounts/${agent.account}`)
    expect(account).toMatchObject({ credits_held: 0, credits_debited: 10, waiting_orders: 0 })
  })
})
