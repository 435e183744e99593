import { doorsOf, type FundingReceived, signAtDoor } from '@prooftrail/contracts'
import { Refusal, RetryLater } from '@prooftrail/runtime'
import { deriveId, publicJwk, settlementId, ticketId } from '@prooftrail/trail'
import { describe, expect, test } from 'vitest'
import { makeAccounts } from './accounts.ts'
import { due, evolve } from './evolve.ts'
import { prepare } from './prepare.ts'
import {
  acceptedOrder,
  acceptedResult,
  makeMemoryList,
  makeSigner,
  T0,
} from './receipt.fixtures.ts'
import { receipt } from './service.ts'
import { makeSettlementFinder } from './settlements.ts'
import type { ReceiptEvent, ReceiptInput, State } from './state.ts'

const { key, sign } = makeSigner()
const LATER = '2026-11-23T10:20:00.000Z'
const AFTER_EXPIRY = '2026-11-23T11:00:00.000Z'

const funding = (credits: number, reference = 'inv-1', account = 'acme'): FundingReceived => ({
  ...{ account, reference, credits, settlement_provider: 'manual_invoice', received_at: T0 },
})
const funded = (credits: number, reference?: string, account?: string): ReceiptInput => {
  const data = signAtDoor(funding(credits, reference, account), key)
  return { id: `f/${data.reference}/${credits}`, type: 'funding.received', at: T0, data }
}
const accepted = (order = acceptedOrder()): ReceiptInput => ({
  ...{ id: `a/${order.work_order_id}`, type: 'work-order.accepted', at: T0 },
  data: { accepted: order },
})
const result = (...args: Parameters<typeof acceptedResult>): ReceiptInput => {
  const data = acceptedResult(...args)
  return { id: `r/${data.work_order_id}`, type: 'result.accepted', at: LATER, data }
}
const turn = (at = LATER): ReceiptInput => ({ id: `t/${at}`, type: 'funds.arrived', at, data: {} })
const dueAt = (at: string): ReceiptInput => ({ id: `due/${at}`, type: 'due', at, data: {} })

/** Receipt over accounts in memory: `when` answers the events of one input on one document. */
function world() {
  const list = makeMemoryList()
  const accounts = makeAccounts(list)
  const findSettlements = makeSettlementFinder(accounts, sign)
  const isDoors = doorsOf(key, 'receipt', [], () => Date.parse(T0))
  const tools = { accounts, sign, isDoors, findSettlements }
  const states = new Map<string, State>()
  const stateOf = (doc: string): State => states.get(doc) ?? { status: 'absent' }
  const ask = async (doc: string, input: ReceiptInput) => {
    const state = stateOf(doc)
    const context = await prepare([{ doc, state, input }], tools)
    return receipt.decide(state, input, context)
  }
  const when = async (doc: string, input: ReceiptInput): Promise<readonly ReceiptEvent[]> => {
    const events = await ask(doc, input)
    states.set(doc, events.reduce(evolve, stateOf(doc)))
    return events
  }
  return { ask, when, stateOf, states, list }
}
type World = ReturnType<typeof world>

const fund = (one: World, credits: number, reference = 'inv-1', account = 'acme') =>
  one.when(settlementId(account, reference, 0), funded(credits, reference, account))

async function held(order = acceptedOrder(), credits = 100) {
  const one = world()
  await fund(one, credits)
  const events = await one.when(order.work_order_id, accepted(order))
  return { ...one, order, doc: order.work_order_id, events }
}

const only = <T extends ReceiptEvent['type']>(events: readonly ReceiptEvent[], type: T) => {
  const found = events.filter((event) => event.type === type)
  expect(found).toHaveLength(1)
  // The filter leaves events of this type only.
  return found[0] as Extract<ReceiptEvent, { type: T }>
}

describe('funding', () => {
  test('issues a settlement receipt that follows nothing and says what funded the credits', async () => {
    const events = await fund(world(), 500)
    const { data } = only(events, 'settlement-receipt.issued')
    expect(data.object).toEqual({
      object_type: 'settlement_receipt',
      settlement_id: settlementId('acme', 'inv-1', 0),
      receipt_type: 'agent_settlement_receipt',
      settlement_provider: 'manual_invoice',
      settlement_status: 'credits_funded',
      credits_funded: 500,
      usage_receipt_policy: 'usage_receipts_record_credits_consumed_after_work_runs',
      agent_account_id: 'acme',
      provider_reference: 'inv-1',
      issued_at: T0,
    })
    expect(data.after).toEqual([])
    expect(data.isSignedBy(publicJwk(key.privateKey))).toBe(true)
  })

  test('that receipt’s door did not sign is parked, and moves nothing', async () => {
    const one = world()
    const good = funded(500)
    if (good.type !== 'funding.received') throw new Error('no funding')
    const { signature: _, ...unsigned } = good.data
    const doc = settlementId('acme', 'inv-1', 0)
    for (const data of [
      unsigned,
      { ...good.data, credits: 900 },
      signAtDoor(unsigned, makeSigner().key),
    ]) {
      await expect(one.ask(doc, { ...good, data })).rejects.toMatchObject({ code: 'PT-4016' })
    }
    expect(one.list.entries).toEqual([])
  })

  test('an agent’s registration says whose an account is, the newest one', () => {
    const said = (account: string, revision: number): ReceiptInput => ({
      ...{ id: `g/${revision}`, type: 'agent.registered', at: T0 },
      data: { agent_id: 'agent-1', keys: [], account, registered_at: T0, revision },
    })
    const context = { answers: new Map(), settlements: new Map(), sign, isDoors: () => true }
    const fold = (...inputs: ReceiptInput[]) =>
      inputs.reduce<State>(
        (state, input) => [...receipt.decide(state, input, context)].reduce(evolve, state),
        { status: 'absent' },
      )
    const newest = { status: 'agent', agent_id: 'agent-1', account: 'other', revision: 1 }
    expect(fold(said('acme', 0), said('other', 1))).toEqual(newest)
    expect(fold(said('other', 1), said('acme', 0))).toEqual(newest)
  })

  test('the same reference again says nothing and moves nothing', async () => {
    const one = world()
    await fund(one, 500)
    expect(await fund(one, 500)).toEqual([])
    expect(one.list.entries).toHaveLength(1)
  })

  test('the same reference with other credits is refused, whether the first was saved or not', async () => {
    const one = world()
    await fund(one, 500)
    const doc = settlementId('acme', 'inv-1', 0)
    await expect(one.ask(doc, funded(400))).rejects.toMatchObject({ code: 'PT-4002' })
    one.states.delete(doc)
    await expect(one.ask(doc, funded(400))).rejects.toMatchObject({ code: 'PT-4002' })
  })

  test.each([0, -1, 0.5])('%d credits are refused and move nothing', async (credits) => {
    const one = world()
    await expect(fund(one, credits)).rejects.toMatchObject({ code: 'PT-4003' })
    expect(one.list.entries).toEqual([])
  })

  test('two accounts may use the same reference', async () => {
    const one = world()
    await fund(one, 1, 'inv-1', 'acme')
    expect(await fund(one, 2, 'inv-1', 'other')).toHaveLength(1)
  })
})

describe('an accepted order', () => {
  test('holds its price and goes on with the order unchanged', async () => {
    const { events, order } = await held()
    expect(events).toEqual([
      {
        type: 'credits.held',
        data: {
          accepted: order,
          hold: {
            account: 'acme',
            credits_held: 10,
            remaining_credits: 90,
            credit_entry: 'acme/000000000002',
            held_at: T0,
          },
        },
      },
    ])
  })

  test('decided again, by whoever, says the same', async () => {
    const { events, order, doc, ...one } = await held()
    one.states.delete(doc)
    expect(await one.ask(doc, accepted(order))).toEqual(events)
  })

  test('with a price of 0 holds 0 without any funding', async () => {
    const one = world()
    const order = acceptedOrder({ price: 0 })
    const [event] = await one.when(order.work_order_id, accepted(order))
    expect(event).toMatchObject({ type: 'credits.held', data: { hold: { credits_held: 0 } } })
  })

  test('without enough credits waits, and says so with a ticket that follows the order', async () => {
    const { events, order, doc, stateOf } = await held(acceptedOrder({ price: 101 }))
    const { data } = only(events, 'exception.opened')
    expect(data.object).toMatchObject({
      object_type: 'agent_exception_ticket',
      exception_id: ticketId(doc, 'credit_hold', 0),
      exception_type: 'credit_hold',
      agent_task_run_id: deriveId('run', doc, 0),
      severity: 'medium',
      status: 'open',
      work_order_id: order.work_order_id,
    })
    expect(data.after).toMatchObject([{ name: 'work_order' }])
    expect(data.isSignedBy(publicJwk(key.privateKey))).toBe(true)
    expect(stateOf(doc)).toMatchObject({ status: 'pending', wait: { short_seq: 2 } })
    only(events, 'queue.woken')
  })
})

describe("a run's settlement receipt", () => {
  const settlementOf = async (
    reference: string | undefined,
    prepare: (one: World) => Promise<unknown>,
  ) => {
    const one = world()
    await prepare(one)
    const evidence = reference === undefined ? {} : { settlement_reference: { reference } }
    const order = acceptedOrder({ tool: 'tokenops', evidence })
    const events = await one.when(order.work_order_id, accepted(order))
    return only(events, 'credits.held').data.settlement_receipt?.object.provider_reference
  }
  const two = async (one: World) => {
    await fund(one, 50, 'inv-1')
    await fund(one, 50, 'inv-2')
    await fund(one, 50, 'foreign', 'other')
  }

  test('is the account’s own one that the order names by id', async () => {
    expect(await settlementOf(settlementId('acme', 'inv-1', 0), two)).toBe('inv-1')
  })
  test('or by the provider’s reference', async () => {
    expect(await settlementOf('inv-1', two)).toBe('inv-1')
  })
  test('else the latest: when none is named, a foreign one, or one that does not exist', async () => {
    expect(await settlementOf(undefined, two)).toBe('inv-2')
    expect(await settlementOf(settlementId('other', 'foreign', 0), two)).toBe('inv-2')
    expect(await settlementOf('nothing', two)).toBe('inv-2')
  })

  test('is carried as issued', async () => {
    const one = world()
    const [issued] = await fund(one, 50)
    const order = acceptedOrder({ tool: 'tokenops' })
    const events = await one.when(order.work_order_id, accepted(order))
    expect(only(events, 'credits.held').data.settlement_receipt).toEqual(issued?.data)
  })

  test('is one of 0 credits, announced once, when an account without funding needs one', async () => {
    const one = world()
    const [first, second] = ['job-1', 'job-2'].map((job) =>
      acceptedOrder({ job, tool: 'tokenops', price: 0 }),
    )
    if (!first || !second) throw new Error('two orders')
    const events = await one.when(first.work_order_id, accepted(first))
    const announced = only(events, 'settlement-receipt.issued').data
    expect(announced.object.credits_funded).toBe(0)
    expect(only(events, 'credits.held').data.settlement_receipt).toEqual(announced)
    const again = await one.when(second.work_order_id, accepted(second))
    expect(again.map(({ type }) => type)).toEqual(['credits.held'])
    expect(only(again, 'credits.held').data.settlement_receipt).toEqual(announced)
    expect(one.stateOf(first.work_order_id).status).toBe('held')
  })
})

describe('an order that waits', () => {
  const waiting = async () => held(acceptedOrder({ price: 150 }))

  test('goes on when credits arrived, and its ticket is resolved', async () => {
    const one = await waiting()
    const more = await fund(one, 50, 'inv-2')
    only(more, 'queue.woken')
    const events = await one.when(one.doc, turn())
    expect(only(events, 'credits.held').data).toMatchObject({
      accepted: one.order,
      hold: { credits_held: 150, remaining_credits: 0 },
    })
    expect(only(events, 'exception.resolved').data).toMatchObject({
      exception_id: ticketId(one.doc, 'credit_hold', 0),
      status: 'resolved',
    })
  })

  test('woken without enough credits says nothing', async () => {
    const one = await waiting()
    expect(await one.when(one.doc, turn())).toEqual([])
  })

  test('looks again by itself, ever more seldom, and wakes the queue', async () => {
    const one = await waiting()
    const first = due(one.stateOf(one.doc)) ?? ''
    expect(first).toBe('2026-11-23T10:00:15.000Z')
    only(await one.when(one.doc, dueAt(first)), 'queue.woken')
    expect(due(one.stateOf(one.doc))).toBe('2026-11-23T10:00:45.000Z')
  })

  test('gives up when it expires: the ticket is closed and nothing is held, ever', async () => {
    const one = await waiting()
    const events = await one.when(one.doc, dueAt(AFTER_EXPIRY))
    expect(only(events, 'exception.resolved').data.status).toBe('closed')
    expect(one.stateOf(one.doc)).toEqual({ status: 'expired' })
    // its end is the whole of its trail, and the agent is told
    const { data } = only(events, 'run.expired')
    expect(data).toMatchObject({ runtime_state: 'expired', sequence: 1, expired_at: AFTER_EXPIRY })
    expect(data.expiry.object).toMatchObject({
      ...{ ends: 'run', state: 'credit_pending', reason: 'credit_allocation_pending' },
      work_order_digest: data.order?.digest,
    })
    expect(data.expiry.after).toEqual([data.order?.ref])
    await fund(one, 500, 'inv-2')
    expect(await one.when(one.doc, turn())).toEqual([])
    expect(due(one.stateOf(one.doc))).toBeUndefined()
    expect(one.list.entries.at(-1)).toMatchObject({ held: 0, waiting: 0, free: 600 })
  })

  test('whose hold was written by a process that died does not give up', async () => {
    const one = await waiting()
    await fund(one, 50, 'inv-2')
    await one.ask(one.doc, turn())
    const events = await one.when(one.doc, dueAt(AFTER_EXPIRY))
    expect(only(events, 'credits.held').data.hold.credits_held).toBe(150)
  })
})

describe('an accepted result', () => {
  test.each(['ready', 'partial'] as const)('that is %s debits the hold', async (status) => {
    const one = await held()
    const events = await one.when(one.doc, result(one.order, status))
    expect(only(events, 'usage-receipt.issued').data.usage_receipt.object).toEqual({
      object_type: 'usage_receipt',
      receipt_id: deriveId('usage', one.doc, 0),
      receipt_type: 'energyops_usage_receipt',
      operating_tool: 'energyops',
      work_order_id: one.doc,
      agent_task_run_id: deriveId('run', one.doc, 0),
      task_token: 'tt_job-1',
      requested_tool: 'energyops',
      requested_capability: 'check',
      credits_held: 10,
      credits_debited: 10,
      credits_released: 0,
      remaining_credits: 90,
      result_status: status,
      evidence_status: status === 'ready' ? 'sufficient' : 'partial',
      credit_ledger_entry: {
        ledger_entry_id: deriveId('le', one.doc, 0),
        agent_account_id: 'acme',
        credit_entry: 'acme/000000000003',
        credits_funded: 100,
        credits_debited: 10,
        remaining_credits: 90,
        currency_or_unit: 'credits',
      },
      issued_at: LATER,
    })
  })

  test('that failed debits nothing and releases all', async () => {
    const one = await held()
    const events = await one.when(one.doc, result(one.order, 'failed'))
    expect(only(events, 'usage-receipt.issued').data.usage_receipt.object).toMatchObject({
      credits_held: 10,
      credits_debited: 0,
      credits_released: 10,
      remaining_credits: 100,
      credit_ledger_entry: { credits_debited: 0, remaining_credits: 100 },
    })
  })

  test('gets a signed receipt that follows the contract, with all that the callback needs', async () => {
    const one = await held(
      acceptedOrder({
        tool: 'tokenops',
        evidence: { payment_request_artifact: [{ reference: 'pr-7' }] },
      }),
    )
    const events = await one.when(one.doc, result(one.order))
    const { data } = only(events, 'usage-receipt.issued')
    const { usage_receipt, settlement_receipt, callback, result_contract } = data
    expect(usage_receipt.after.map(({ name }) => name)).toEqual([
      'result_contract',
      'settlement_receipt',
    ])
    expect(usage_receipt.object).toMatchObject({
      settlement_reference: settlement_receipt?.object.settlement_id,
      payment_request_reference: 'pr-7',
    })
    expect(usage_receipt.isSignedBy(publicJwk(key.privateKey))).toBe(true)
    expect(result_contract).toEqual(acceptedResult(one.order).result_contract)
    expect(callback).toEqual({
      agent_id: 'agent-1',
      callback_url: 'https://agent.example/callback',
      callback_policy: 'callback_required',
      callback_event_id: deriveId('cb', one.doc, 0),
    })
  })

  test('wakes the queue when it frees credits that somebody waits for', async () => {
    const one = await held()
    const big = acceptedOrder({ job: 'job-2', price: 95 })
    await one.when(big.work_order_id, accepted(big))
    only(await one.when(one.doc, result(one.order, 'failed')), 'queue.woken')
    only(await one.when(big.work_order_id, turn()), 'credits.held')
  })

  test('without a hold is asked again, and refused after 30 seconds', async () => {
    const one = world()
    const input = result(acceptedOrder())
    const doc = acceptedOrder().work_order_id
    await expect(one.ask(doc, input)).rejects.toBeInstanceOf(RetryLater)
    await expect(one.ask(doc, { ...input, waited: 29 })).rejects.toBeInstanceOf(RetryLater)
    await expect(one.ask(doc, { ...input, waited: 30 })).rejects.toMatchObject({ code: 'PT-4001' })
    await expect(one.ask(doc, { ...input, waited: 30 })).rejects.toBeInstanceOf(Refusal)
    expect(one.list.entries).toEqual([])
  })

  test('said again says nothing; another one for the same order is refused', async () => {
    const one = await held()
    await one.when(one.doc, result(one.order))
    expect(await one.when(one.doc, result(one.order))).toEqual([])
    const other = result(one.order, 'failed', 'otherwise')
    await expect(one.ask(one.doc, other)).rejects.toMatchObject({ code: 'PT-4005' })
  })
})

describe('a hold', () => {
  const END = '2026-11-23T12:05:00.000Z'

  test('ends by itself an hour and five minutes after its order', async () => {
    const one = await held()
    expect(due(one.stateOf(one.doc))).toBe(END)
    const events = await one.when(one.doc, dueAt(END))
    expect(events).toEqual([{ type: 'hold.released', data: { at: END } }])
    expect(one.list.entries.at(-1)).toMatchObject({ kind: 'release', held: 0, free: 100 })
    await expect(one.ask(one.doc, result(one.order))).rejects.toMatchObject({ code: 'PT-4004' })
  })

  test('that another process ended first is not charged', async () => {
    const one = await held()
    await one.ask(one.doc, dueAt(END))
    await expect(one.ask(one.doc, result(one.order))).rejects.toMatchObject({ code: 'PT-4004' })
    expect(one.list.entries.at(-1)).toMatchObject({ held: 0, debited: 0, free: 100 })
  })

  test('asked before its time stays', async () => {
    const one = await held()
    expect(await one.when(one.doc, dueAt(LATER))).toEqual([])
  })
})
