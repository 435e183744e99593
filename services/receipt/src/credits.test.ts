import { describe, expect, test } from 'vitest'
import { type Entry, emptyHead, entryId, type Head, type Movement, plan } from './credits.ts'
import { makeSigner } from './receipt.fixtures.ts'
import { issueSettlementReceipt } from './settlements.ts'

const at = '2026-11-23T10:00:00.000Z'
const account = 'acme'
const { sign } = makeSigner()
const receipt = issueSettlementReceipt(
  { account, reference: 'r', credits: 1, settlement_provider: 'manual_invoice' },
  at,
  sign,
)
const fund = (ref: string, amount: number): Movement => ({
  type: 'fund',
  account,
  ref,
  amount,
  at,
  receipt,
})
const hold = (ref: string, amount: number, queued = false): Movement => ({
  ...{ type: 'hold', account, ref, amount, at, queued },
})
const settle = (ref: string, held: number, debit: number): Movement => ({
  ...{ type: 'settle', account, ref, held, debit, at },
})
const leave = (ref: string): Movement => ({ type: 'leave', account, ref, at })

/** Plans movements one behind the other, as one account sees them. */
function given(...movements: Movement[]) {
  const known = new Map<string, Entry>()
  let head: Head = emptyHead(account)
  const when = (movement: Movement) => {
    const planned = plan(head, movement, known)
    for (const entry of planned.entries) known.set(entry.key, entry)
    head = planned.entries.at(-1) ?? head
    return planned
  }
  for (const movement of movements) when(movement)
  return { when, totals: () => head }
}

describe('an account', () => {
  test('funding is free to be held, and names its settlement receipt', () => {
    const { when } = given()
    const [entry] = when(fund('stl_1', 100)).entries
    expect(entry).toMatchObject({ seq: 1, key: 'stl_1/fund/0', funded: 100, free: 100, held: 0 })
    expect(entry?.settlement).toBe('stl_1')
  })

  test('a hold takes from what is free; what does not fit is short and moves nothing', () => {
    const { when } = given(fund('stl_1', 100))
    expect(when(hold('wo_1', 60)).entries).toMatchObject([{ kind: 'hold', held: 60, free: 40 }])
    expect(when(hold('wo_2', 60)).entries).toMatchObject([
      { kind: 'short', key: 'wo_2/short/0', held: 60, free: 40, waiting: 1 },
    ])
  })

  test('an order that fits waits behind an older one that does not; a price of 0 never waits', () => {
    const { when } = given(fund('stl_1', 10), hold('wo_big', 50))
    expect(when(hold('wo_small', 5)).entries).toMatchObject([{ kind: 'short', waiting: 2 }])
    expect(when(hold('wo_free', 0)).entries).toMatchObject([
      { kind: 'hold', amount: 0, waiting: 2 },
    ])
  })

  test('an order that waited holds when it fits, and is declined without a trace when not', () => {
    const { when } = given(hold('wo_1', 50))
    expect(when(hold('wo_1', 50, true))).toEqual({ answer: { declined: 'short' }, entries: [] })
    when(fund('stl_1', 50))
    expect(when(hold('wo_1', 50, true)).entries).toMatchObject([{ kind: 'hold', waiting: 0 }])
  })

  test('a run is debited and the rest of its hold released', () => {
    const { when } = given(fund('stl_1', 100), hold('wo_1', 60))
    const { answer, entries } = when(settle('wo_1', 60, 0))
    expect(entries).toMatchObject([
      { kind: 'debit', amount: 0, held: 60, debited: 0, free: 40 },
      { kind: 'release', amount: 60, held: 0, debited: 0, free: 100 },
    ])
    expect(answer).toEqual({ entry: entries[0], last: entries[1] })
  })

  test('a debit of the whole hold releases nothing', () => {
    const { when } = given(fund('stl_1', 100), hold('wo_1', 60))
    const { entries } = when(settle('wo_1', 60, 60))
    expect(entries).toMatchObject([{ kind: 'debit', amount: 60, held: 0, debited: 60, free: 40 }])
  })

  test('a hold ends once: who comes second finds the first end', () => {
    const { when } = given(fund('stl_1', 100), hold('wo_1', 60))
    const first = when(settle('wo_1', 60, 60))
    expect(when(settle('wo_1', 60, 0))).toEqual({ answer: first.answer, entries: [] })
  })

  test('a release that a dead process did not write is written by the next', () => {
    const { when } = given(fund('stl_1', 100), hold('wo_1', 60))
    const debit: Entry = { ...firstOf(when(settle('wo_1', 60, 0)).entries) }
    const planned = plan(debit, settle('wo_1', 60, 0), new Map([[debit.key, debit]]))
    expect(planned.entries).toMatchObject([{ kind: 'release', amount: 60, held: 0, free: 100 }])
  })

  test('who gives up waiting holds nothing later, and who holds cannot give up', () => {
    const { when } = given(hold('wo_1', 50), hold('wo_2', 50))
    const left = when(leave('wo_1'))
    expect(left.entries).toMatchObject([{ key: 'wo_1/hold/0', amount: 0, waiting: 1 }])
    when(fund('stl_1', 100))
    expect(when(hold('wo_1', 50, true))).toEqual({ answer: left.answer, entries: [] })
    const held = when(hold('wo_2', 50, true))
    expect(when(leave('wo_2'))).toEqual({ answer: held.answer, entries: [] })
  })

  test('what is no count of credits is declined, and a sum beyond 2^53 too', () => {
    const { when } = given(fund('stl_1', Number.MAX_SAFE_INTEGER))
    for (const amount of [1, -1, 0.5, Number.NaN]) {
      expect(when(fund(`stl_${amount}/x`, amount)).answer).toEqual({ declined: 'overflow' })
    }
    expect(when(hold('wo_1', -5)).answer).toEqual({ declined: 'overflow' })
  })

  test('a hold that the list does not have is not debited', () => {
    const { when } = given(fund('stl_1', 100))
    expect(when(settle('wo_1', 60, 60)).answer).toEqual({ declined: 'uncovered' })
  })

  test('ids sort as numbers do', () => {
    expect(entryId('a', 9) < entryId('a', 10)).toBe(true)
    expect(entryId('a/b', 1)).toBe('a/b/000000000001')
  })
})

function firstOf(entries: Entry[]): Entry {
  const [first] = entries
  if (!first) throw new Error('nothing was planned')
  return first
}
