import { RELEASE_RULE, type RecoveryAccepted, type RecoveryAct } from '@prooftrail/contracts'
import { exampleKey } from '@prooftrail/testing/trail'
import { deriveId, Link, ticketId } from '@prooftrail/trail'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { makeAccounts } from './accounts.ts'
import { prepare } from './prepare.ts'
import {
  acceptedOrder,
  acceptedResult,
  makeMemoryList,
  makeSigner,
  T0,
} from './receipt.fixtures.ts'
import { receipt } from './service.ts'
import { fundMovement, makeSettlementFinder } from './settlements.ts'
import type { ReceiptEvent, ReceiptInput, State } from './state.ts'

const { sign } = makeSigner()
const order = acceptedOrder({ price: 10 })
const { work_order_id } = order
const LATER = '2026-11-23T14:00:00.000Z'

/** One run on an account, input by input, as the loop would have it. */
function runOn(funded: number) {
  const list = makeMemoryList()
  const accounts = makeAccounts(list)
  const tools = {
    accounts,
    sign,
    isDoors: () => true,
    findSettlements: makeSettlementFinder(accounts, sign),
  }
  let state: State = receipt.initial
  const said: ReceiptEvent[] = []
  let n = 0
  const tell = async (type: ReceiptInput['type'], data: unknown, at = T0) => {
    n += 1
    // each test says what its type holds
    const input = { id: `i${n}`, type, at, data, waited: 60 } as unknown as ReceiptInput
    const context = await prepare([{ doc: work_order_id, state, input }], tools)
    const events = receipt.decide(state, input, context)
    state = events.reduce((folded, event) => receipt.evolve(folded, event), state)
    said.push(...events)
    return events
  }
  const fund = (credits: number) => {
    const paid = { account: 'acme', credits, settlement_provider: 'manual_invoice' }
    return accounts.move([fundMovement({ ...paid, reference: `invoice-${n}` }, T0, sign)])
  }
  return {
    tell,
    fund,
    said,
    state: () => state,
    head: () => accounts.head('acme'),
    begin: async () => {
      await fund(funded)
      await tell('work-order.accepted', { accepted: order })
    },
  }
}

const replay = (hold_number: number, credits: number, result_number = 1): RecoveryAccepted => ({
  ...{
    work_order_id,
    sequence: hold_number,
    agent_id: 'agent-1',
    accepted_at: T0,
    accepted: order,
  },
  // receipt reads nothing of it
  act: sign('usage_receipt', {}, []) as never,
  replay: { result_number, hold_number, credits, ends_at: LATER },
})

const result = (status: 'ready' | 'partial' | 'failed', result_number = 0) => {
  const accepted = acceptedResult(order, status, `result ${result_number}`)
  return { ...accepted, ...(result_number === 0 ? {} : { result_number }) }
}

describe('a replay', () => {
  test('of a failed result holds the price again, and its receipt is one more', async () => {
    const run = runOn(10)
    await run.begin()
    await run.tell('result.accepted', result('failed'))
    await run.tell('recovery.accepted', replay(1, 10))
    expect(run.said.at(-1)).toMatchObject({
      type: 'credits.held',
      data: { hold: { credits_held: 10 }, replay: { hold_number: 1 } },
    })
    await run.tell('result.accepted', result('ready', 1))
    expect(run.said.at(-1)).toMatchObject({
      type: 'usage-receipt.issued',
      data: {
        result_number: 1,
        usage_receipt: {
          object: { receipt_id: deriveId('usage', work_order_id, 1), credits_debited: 10 },
        },
      },
    })
    expect(await run.head()).toMatchObject({ held: 0, debited: 10, free: 0 })
  })

  test('leaves the receipts before it to be found, also while it goes on', async () => {
    const run = runOn(20)
    await run.begin()
    const ids = () => receipt.index?.(run.state())
    await run.tell('result.accepted', result('partial'))
    const [first, second] = [0, 1].map((n) => deriveId('usage', work_order_id, n))
    expect(ids()).toMatchObject({ receipt_id: first })
    await run.tell('recovery.accepted', replay(1, 0))
    expect(ids()).toMatchObject({ receipt_id: first })
    await run.tell('result.accepted', result('ready', 1))
    expect(ids()).toMatchObject({ receipt_id: [first, second] })
  })

  test('of a result that was paid for holds nothing, and never waits', async () => {
    const run = runOn(10)
    await run.begin()
    await run.tell('result.accepted', result('partial'))
    await run.tell('recovery.accepted', replay(1, 0))
    await run.tell('result.accepted', result('ready', 1))
    expect(await run.head()).toMatchObject({ held: 0, debited: 10, free: 0 })
  })

  test('short of credits waits under a ticket of its own, and goes on when they come', async () => {
    const run = runOn(10)
    await run.begin()
    await run.tell('result.accepted', result('partial'))
    const [opened] = await run.tell('recovery.accepted', replay(1, 10))
    const exception_id = ticketId(work_order_id, 'credit_hold', 1)
    expect(opened).toMatchObject({ type: 'exception.opened', data: { object: { exception_id } } })
    expect(run.state().status).toBe('pending')
    await run.fund(10)
    await run.tell('funds.arrived', {})
    expect(run.state()).toMatchObject({ status: 'held', again: { terms: { hold_number: 1 } } })
    expect(run.said.at(-1)).toMatchObject({ type: 'exception.resolved', data: { exception_id } })
  })

  test('whose credits never come falls back to the charge before it, and may be asked for again', async () => {
    const run = runOn(10)
    await run.begin()
    await run.tell('result.accepted', result('partial'))
    await run.tell('recovery.accepted', replay(1, 10))
    await run.tell('due', {}, LATER)
    expect(run.state()).toMatchObject({ status: 'charged', hold_number: 1 })
    await run.fund(10)
    await run.tell('recovery.accepted', replay(2, 10))
    expect(run.state().status).toBe('held')
  })

  test('that brings no result gives its hold back in the end', async () => {
    const run = runOn(20)
    await run.begin()
    await run.tell('result.accepted', result('partial'))
    await run.tell('recovery.accepted', replay(1, 10))
    await run.tell('due', {}, '2026-11-24T10:00:00.000Z')
    expect(run.state().status).toBe('charged')
    expect(await run.head()).toMatchObject({ held: 0, debited: 10, free: 10 })
  })

  test('said again, or before its run is charged, moves nothing', async () => {
    const run = runOn(20)
    await run.begin()
    await expect(run.tell('recovery.accepted', replay(1, 10))).rejects.toThrow('PT-4007')
    await run.tell('result.accepted', result('failed'))
    await run.tell('recovery.accepted', replay(1, 10))
    expect(await run.tell('recovery.accepted', replay(1, 10))).toEqual([])
    expect(await run.tell('result.accepted', result('failed'))).toEqual([])
    expect(await run.head()).toMatchObject({ held: 10, debited: 0 })
  })
})

test('whatever results and replays follow each other, no more than the price is debited, and nothing stays held', async () => {
  const status = fc.constantFrom('ready', 'partial', 'failed')
  const step = fc.record({ status, ends: fc.boolean() })
  await fc.assert(
    fc.asyncProperty(status, fc.array(step, { maxLength: 5 }), async (first, steps) => {
      const run = runOn(1000)
      await run.begin()
      await run.tell('result.accepted', result(first))
      let debited = first === 'failed' ? 0 : 10
      let number = 0
      for (const [i, { status: next, ends }] of steps.entries()) {
        await run.tell('recovery.accepted', replay(i + 1, 10 - debited, number + 1))
        if (ends) await run.tell('due', {}, '2026-11-24T10:00:00.000Z')
        else {
          number += 1
          await run.tell('result.accepted', result(next, number))
          if (next !== 'failed') debited = 10
        }
      }
      expect(await run.head()).toMatchObject({ held: 0, debited, free: 1000 - debited })
      expect(run.said.filter(({ type }) => type === 'usage-receipt.issued')).toHaveLength(
        number + 1,
      )
    }),
    { numRuns: 100 },
  )
})

describe('credits that are released', () => {
  // receipt reads who asked, and nothing else of it
  const object = { requested_by: 'ada' } as RecoveryAct
  const act = Link.sign('recovery_request', object, [], exampleKey('dispatch', ['operator']))
  const release = (released_hold: number): RecoveryAccepted => {
    const { replay: _, accepted: __, ...said } = replay(released_hold, 0)
    return { ...said, act, sequence: 1, released_hold }
  }

  test('of an order whose result never came: nothing is debited, nothing stays held', async () => {
    const run = runOn(10)
    await run.begin()
    await run.tell('recovery.accepted', release(0))
    expect(await run.head()).toMatchObject({ held: 0, debited: 0, free: 10 })
    expect(run.state()).toEqual({ status: 'released' })
    // said again by a process that ended before it saved its offset
    expect(await run.tell('recovery.accepted', release(0))).toEqual([])
    expect(await run.head()).toMatchObject({ held: 0, debited: 0, free: 10 })
    expect(receipt.due?.(run.state())).toBeUndefined()
  })

  test('of an order that waits: it leaves the queue, and its ticket is closed', async () => {
    const run = runOn(5)
    await run.begin()
    expect(await run.head()).toMatchObject({ waiting: 1 })
    const said = await run.tell('recovery.accepted', release(0))
    expect(said).toMatchObject([
      { type: 'exception.resolved', data: { exception_type: 'credit_hold', status: 'closed' } },
      {
        type: 'run.expired',
        data: {
          ...{ runtime_state: 'released', sequence: 2, release: act },
          expiry: {
            object: { state: 'credit_pending', rule: RELEASE_RULE },
            after: [{ name: 'work_order' }, { name: 'recovery_request', digest: act.digest }],
          },
        },
      },
    ])
    expect(await run.head()).toMatchObject({ held: 0, waiting: 0, free: 5 })
    await run.fund(10)
    expect(await run.tell('funds.arrived', {})).toEqual([])
    expect(await run.head()).toMatchObject({ held: 0, free: 15 })
  })

  test('of a replay, held or waiting: the receipt before it stands', async () => {
    for (const credits of [5, 50]) {
      const run = runOn(20)
      await run.begin()
      await run.tell('result.accepted', result('partial'))
      const charged = run.state()
      await run.tell('recovery.accepted', replay(1, credits))
      await run.tell('recovery.accepted', release(1))
      expect(await run.head()).toMatchObject({ held: 0, debited: 10, waiting: 0, free: 10 })
      expect(run.state()).toEqual({ ...charged, hold_number: 1 })
    }
  })

  test('before the hold was asked for wait for it', async () => {
    const run = runOn(10)
    await run.begin()
    await run.tell('result.accepted', result('partial'))
    await expect(run.tell('recovery.accepted', release(1))).rejects.toMatchObject({
      code: 'PT-4007',
    })
  })

  test('of a hold that ended, or an older one, change nothing', async () => {
    const run = runOn(20)
    await run.begin()
    await run.tell('result.accepted', result('partial'))
    expect(await run.tell('recovery.accepted', release(0))).toEqual([])
    await run.tell('recovery.accepted', replay(1, 5))
    expect(await run.tell('recovery.accepted', release(0))).toEqual([])
    expect(await run.head()).toMatchObject({ held: 5, debited: 10, free: 5 })
  })
})
