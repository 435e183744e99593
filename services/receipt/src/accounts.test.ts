import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Accounts, makeAccounts } from './accounts.ts'
import type { Answer, Entry, Movement } from './credits.ts'
import { findHeads } from './find-heads.ts'
import { makeMemoryList, makeSigner } from './receipt.fixtures.ts'
import { issueSettlementReceipt } from './settlements.ts'

const at = '2026-11-23T10:00:00.000Z'
const { sign } = makeSigner()
const terms = { settlement_provider: 'manual_invoice', credits: 1 }

function fund(account: string, ref: string, amount: number): Movement {
  const receipt = issueSettlementReceipt({ account, reference: ref, ...terms }, at, sign)
  return { type: 'fund', account, ref, amount, at, receipt }
}
const hold = (account: string, ref: string, amount: number, queued = false): Movement => ({
  ...{ type: 'hold', account, ref, amount, at, queued },
})

describe('moving a round', () => {
  test('one insert and no read while nobody else moves the account', async () => {
    const list = makeMemoryList()
    const accounts = makeAccounts(list)
    await accounts.move([fund('a', 'stl_1', 1_000)])
    const before = { ...list.calls }
    const answers = await accounts.move([1, 2, 3].map((n) => hold('a', `wo_${n}`, n)))
    expect(list.calls).toEqual({ reads: before.reads, inserts: before.inserts + 1 })
    expect([...answers.keys()]).toEqual(['wo_1/hold', 'wo_2/hold', 'wo_3/hold'])
    expect(list.entries.map(({ seq, free }) => [seq, free])).toEqual([
      [1, 1_000],
      [2, 999],
      [3, 997],
      [4, 994],
    ])
  })

  test('many accounts with one movement each share one insert', async () => {
    const list = makeMemoryList()
    const accounts = makeAccounts(list)
    const answers = await accounts.move(
      Array.from({ length: 50 }, (_, n) => fund(`account-${n}`, `stl_${n}`, n)),
    )
    expect(list.calls.inserts).toBe(1)
    expect(answers.size).toBe(50)
  })

  test('said again, in the same round or by another process, is answered byte for byte', async () => {
    const list = makeMemoryList()
    const movements = [fund('a', 'stl_1', 50), hold('a', 'wo_1', 20), hold('a', 'wo_2', 40)]
    const first = await makeAccounts(list).move([...movements, ...movements])
    const second = await makeAccounts(list).move(movements)
    expect(second).toEqual(first)
    expect(list.entries).toHaveLength(3)
  })

  test('a refusal by a remembered head does not count: credits that came meanwhile are seen', async () => {
    const list = makeMemoryList()
    const one = makeAccounts(list)
    const other = makeAccounts(list)
    await one.move([hold('a', 'wo_1', 20)])
    await other.move([fund('a', 'stl_1', 20)])
    const answer = (await one.move([hold('a', 'wo_1', 20, true)])).get('wo_1/hold')
    expect(answer).toMatchObject({ entry: { kind: 'hold', free: 0, waiting: 0 } })
  })

  test('of those who waited none overtakes an older one that does not fit', async () => {
    const list = makeMemoryList()
    const accounts = makeAccounts(list)
    await accounts.move([hold('a', 'wo_big', 50), hold('a', 'wo_small', 5), fund('a', 'stl_1', 10)])
    const answers = await accounts.move([
      hold('a', 'wo_big', 50, true),
      hold('a', 'wo_small', 5, true),
    ])
    expect(answers.get('wo_big/hold')).toEqual({ declined: 'short' })
    expect(answers.get('wo_small/hold')).toEqual({ declined: 'short' })
  })

  test('an outage is thrown, and asking again finds what was written before it', async () => {
    const list = makeMemoryList()
    let broken = false
    const accounts = makeAccounts({
      ...list,
      insert: async (entries, inOrder) => {
        const refused = await list.insert(broken ? entries.slice(0, 1) : entries, inOrder)
        if (broken) throw new Error('connection lost')
        return refused
      },
    })
    const movements = [fund('a', 'stl_1', 50), hold('a', 'wo_1', 20)]
    broken = true
    await expect(accounts.move(movements)).rejects.toThrow('connection lost')
    broken = false
    await accounts.move(movements)
    expect(list.entries.map(({ key }) => key)).toEqual(['stl_1/fund/0', 'wo_1/hold/0'])
  })
})

describe('finding the end of a list', () => {
  const entry = (seq: number): Entry => ({
    ...{ account: 'a', seq, key: `k${seq}`, kind: 'fund', ref: 'r', amount: 0, at },
    ...{ funded: seq, held: 0, debited: 0, free: seq, waiting: 0 },
  })

  test('of any length, from nothing and from an entry that was seen', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(3_000), fc.nat(3_000), async (length, entries) => {
        const seen = Math.min(entries, length)
        const list = makeMemoryList()
        await list.insert(
          Array.from({ length }, (_, at) => entry(at + 1)),
          true,
        )
        const hint = seen === 0 ? undefined : entry(seen)
        const heads = await findHeads(list, new Map([['a', hint]]))
        expect(heads.get('a')?.seq).toBe(length)
        expect(heads.get('a')?.funded).toBe(length)
      }),
      { numRuns: 40 },
    )
  })
})

type Step =
  | { do: 'fund'; n: number }
  | { do: 'hold'; n: number }
  | { do: 'turn'; n: number }
  | { do: 'leave'; n: number }
  | { do: 'run'; n: number; charged: boolean }

const accountOf = (n: number) => (n % 4 === 0 ? 'b' : 'a')
const priceOf = (n: number) => (n * 7) % 23

/** A process: does its rounds one after the other, as receipt would. */
async function work(accounts: Accounts, rounds: readonly Step[][], answers: [string, Answer][]) {
  const held = new Set<string>()
  const waits = new Set<string>()
  for (const round of rounds) {
    const movements = round.flatMap((step): Movement[] => {
      const account = accountOf(step.n)
      const ref = `wo_${step.n}`
      if (step.do === 'fund') return [fund(account, `stl_${step.n}`, step.n * 5)]
      if (step.do === 'hold') return [hold(account, ref, priceOf(step.n))]
      if (step.do === 'turn')
        return waits.has(ref) ? [hold(account, ref, priceOf(step.n), true)] : []
      if (step.do === 'leave') return waits.has(ref) ? [{ type: 'leave', account, ref, at }] : []
      const price = priceOf(step.n)
      const debit = step.charged ? price : 0
      return held.has(ref) ? [{ type: 'settle', account, ref, held: price, debit, at }] : []
    })
    const once = new Map(
      movements.map((movement) => [`${movement.ref}/${movement.type}`, movement]),
    )
    for (const [id, answer] of await accounts.move([...once.values()])) {
      answers.push([id, answer])
      if (!('entry' in answer)) continue
      if (answer.entry.kind === 'hold') held.add(answer.entry.ref)
      if (answer.entry.kind === 'short') waits.add(answer.entry.ref)
    }
  }
}

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('fund' as const), n: fc.nat(8) }),
  fc.record({ do: fc.constant('hold' as const), n: fc.nat(11) }),
  fc.record({ do: fc.constant('turn' as const), n: fc.nat(11) }),
  fc.record({ do: fc.constant('leave' as const), n: fc.nat(11) }),
  fc.record({ do: fc.constant('run' as const), n: fc.nat(11), charged: fc.boolean() }),
)
const rounds = fc.array(fc.array(step, { minLength: 1, maxLength: 6 }), { maxLength: 6 })

describe('any interleaving of processes, with duplicates', () => {
  test('keeps every account exact and every key said once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(rounds, { minLength: 2, maxLength: 3 }),
        async (scheduler, programs) => {
          const list = makeMemoryList(() => scheduler.schedule(Promise.resolve()))
          const answers: [string, Answer][] = []
          const done = Promise.all(
            programs.map((program) => work(makeAccounts(list), program, answers)),
          )
          await scheduler.waitFor(done)
          expectExact(list.entries)
          expectAgreement(answers)
        },
      ),
      { numRuns: 400 },
    )
  })
})

/** Folds the list anew, by what each kind means, and compares every total. */
function expectExact(entries: readonly Entry[]) {
  expect(new Set(entries.map(({ key }) => key)).size).toBe(entries.length)
  for (const account of ['a', 'b']) {
    const own = entries.filter((entry) => entry.account === account)
    const amounts = new Map<string, number>()
    const gone = new Set<string>()
    const waiting = new Set<string>()
    let [funded, held, debited] = [0, 0, 0]
    own.sort((one, other) => one.seq - other.seq)
    for (const [at, { seq, key, kind, ref, amount, ...totals }] of own.entries()) {
      expect(seq).toBe(at + 1)
      amounts.set(key, amount)
      if (kind === 'fund') funded += amount
      if (kind === 'hold') held += amount
      if (kind === 'debit') [held, debited] = [held - amount, debited + amount]
      if (kind === 'release') held -= amount
      if (kind === 'short' && key !== `${ref}/short/0`) gone.add(ref)
      if (key === `${ref}/short/0`) waiting.add(ref)
      else if (kind === 'short' || kind === 'hold') waiting.delete(ref)
      const free = funded - held - debited
      expect(free).toBeGreaterThanOrEqual(0)
      expect(held).toBeGreaterThanOrEqual(0)
      expect(totals).toMatchObject({ funded, held, debited, free, waiting: waiting.size })
    }
    for (const [key, debit] of amounts) {
      const [ref, kind] = key.split('/')
      if (kind !== 'debit') continue
      expect(gone.has(ref ?? '')).toBe(false)
      expect(amounts.get(`${ref}/hold/0`)).toBe(debit + (amounts.get(`${ref}/release/0`) ?? 0))
    }
  }
}

/** Whoever asked for the same funding, or for the end of the same hold, was answered the same. */
function expectAgreement(answers: readonly [string, Answer][]) {
  const first = new Map<string, Answer>()
  for (const [id, answer] of answers) {
    if (!id.endsWith('/fund') && !id.endsWith('/settle')) continue
    expect(answer).toEqual(first.get(id) ?? answer)
    first.set(id, answer)
  }
}
