import { randomUUID } from 'node:crypto'
import { MongoClient } from 'mongodb'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeAccounts } from './accounts.ts'
import { type Entry, entryId, type Movement } from './credits.ts'
import { openEntryList } from './entry-list.ts'
import { makeSigner } from './receipt.fixtures.ts'
import { issueSettlementReceipt } from './settlements.ts'

const at = '2026-11-23T10:00:00.000Z'
const { sign } = makeSigner()
const client = new MongoClient(process.env.MONGODB_URL ?? 'mongodb://127.0.0.1:27017')
const db = client.db(`receipt_${randomUUID().slice(0, 8)}`)

beforeAll(() => client.connect())
afterAll(async () => {
  await db.dropDatabase()
  await client.close()
})

const hold = (account: string, ref: string, amount: number): Movement => ({
  ...{ type: 'hold', account, ref, amount, at, queued: false },
})

function fund(account: string, ref: string, amount: number): Movement {
  const terms = { account, reference: ref, credits: amount, settlement_provider: 'manual_invoice' }
  return {
    type: 'fund',
    account,
    ref,
    amount,
    at,
    receipt: issueSettlementReceipt(terms, at, sign),
  }
}

/** Every entry of an account, in order, read by pages as a door does. */
async function all(accounts: ReturnType<typeof makeAccounts>, account: string): Promise<Entry[]> {
  const entries: Entry[] = []
  for (;;) {
    const page = await accounts.entries(account, entries.length, 200)
    entries.push(...page)
    if (page.length < 200) return entries
  }
}

describe('accounts on a real database', () => {
  test('three writers with duplicates on one hot account: none wrong', async () => {
    const list = await openEntryList(db, 'hot')
    const writers = [1, 2, 3].map(() => makeAccounts(list))
    const ORDERS = 300
    const PRICE = 7
    await writers[0]?.move([fund('hot', 'stl_1', ORDERS * PRICE)])
    const orders = Array.from({ length: ORDERS }, (_, n) => `wo_${n}`)
    await Promise.all(
      writers.map(async (accounts, writer) => {
        // Each writer takes two thirds of the orders, in rounds of its own size.
        const own = orders.filter((_, n) => n % 3 !== writer)
        const size = 10 + writer * 15
        for (let start = 0; start < own.length; start += size) {
          const round = own.slice(start, start + size)
          await accounts.move(round.map((ref) => hold('hot', ref, PRICE)))
          await accounts.move(
            round.map((ref, n) => ({
              ...{ type: 'settle', account: 'hot', ref, at, held: PRICE },
              debit: n % 5 === 0 ? 0 : PRICE,
            })),
          )
        }
      }),
    )
    const entries = await all(makeAccounts(list), 'hot')
    expect(new Set(entries.map(({ key }) => key)).size).toBe(entries.length)
    let [held, debited] = [0, 0]
    for (const [index, entry] of entries.entries()) {
      expect(entry.seq).toBe(index + 1)
      if (entry.kind === 'hold') held += entry.amount
      if (entry.kind === 'debit') [held, debited] = [held - entry.amount, debited + entry.amount]
      if (entry.kind === 'release') held -= entry.amount
      const free = ORDERS * PRICE - held - debited
      expect(entry).toMatchObject({ funded: ORDERS * PRICE, held, debited, free })
      expect(free).toBeGreaterThanOrEqual(0)
    }
    expect(held).toBe(0)
    expect(entries.filter(({ kind }) => kind === 'hold')).toHaveLength(ORDERS)
    expect(entries.filter(({ kind }) => kind === 'debit')).toHaveLength(ORDERS)
  })

  test('an entry comes back as it was said, its settlement receipt byte for byte', async () => {
    const accounts = makeAccounts(await openEntryList(db, 'same'))
    const movement = fund('a/b c', 'stl_1', 5)
    const answer = (await accounts.move([movement])).get('stl_1/fund')
    const [entry] = await accounts.entries('a/b c', 0, 10)
    expect(answer).toEqual({ entry, last: entry })
    expect(JSON.stringify(entry?.receipt)).toBe(
      JSON.stringify(movement.type === 'fund' ? movement.receipt : undefined),
    )
  })

  test('an ordered insert stops at the first refusal', async () => {
    const list = await openEntryList(db, 'stops')
    const accounts = makeAccounts(list)
    await accounts.move([fund('a', 'stl_1', 5), fund('a', 'stl_2', 5), fund('a', 'stl_3', 5)])
    const [first, second, third] = await accounts.entries('a', 0, 3)
    if (!first || !second || !third) throw new Error('three entries')
    const fresh = [
      { ...first, seq: 4, key: 'x/fund/0' },
      { ...second, seq: 5 },
      { ...third, seq: 6, key: 'y/fund/0' },
    ]
    expect(await list.insert(fresh, true)).toEqual([1])
    expect(await list.byId([entryId('a', 4), entryId('a', 6)])).toHaveLength(1)
  })

  test('many accounts move together, and a single race lost holds up nobody else', async () => {
    const list = await openEntryList(db, 'many')
    const one = makeAccounts(list)
    const other = makeAccounts(list)
    const names = Array.from({ length: 60 }, (_, n) => `account-${n}`)
    await one.move(names.map((account) => fund(account, `stl_${account}`, 100)))
    await other.move([hold('account-7', 'wo_other', 60)])
    const answers = await one.move(names.map((account) => hold(account, `wo_${account}`, 60)))
    const kinds = [...answers.values()].map((answer) =>
      'entry' in answer ? answer.entry.kind : '',
    )
    expect(kinds.filter((kind) => kind === 'hold')).toHaveLength(59)
    expect(answers.get('wo_account-7/hold')).toMatchObject({ entry: { kind: 'short', free: 40 } })
  })
})
