import { settlementId } from '@prooftrail/trail'
import { expect, test } from 'vitest'
import type { Accounts } from './accounts.ts'
import type { Entry } from './credits.ts'
import { makeSettlementFinder, type Need } from './settlements.ts'

const ACCOUNT = 'acme'

/** Finds receipts of an account that was funded under this reference; what was asked for. */
function aFinder(reference: string) {
  const asked: string[] = []
  const ref = settlementId(ACCOUNT, reference, 0)
  // what a finder reads of an entry and of accounts
  const entry = {
    ref,
    account: ACCOUNT,
    key: `${ref}/fund/0`,
    receipt: { ref },
  } as unknown as Entry
  const accounts = {
    find: async (keys: readonly string[]) => {
      asked.push(...keys)
      return new Map(keys.includes(entry.key) ? [[entry.key, entry]] : [])
    },
    move: async () => new Map(),
  } as unknown as Accounts
  const find = makeSettlementFinder(accounts, () => {
    throw new Error('nothing is signed here')
  })
  return { find, asked }
}

const need = (references: readonly string[]): Need => ({
  ...{ work_order_id: 'wo_1', account: ACCOUNT, references, latest: undefined },
  at: '2026-11-23T12:00:00.000Z',
})

test('given an order that names thousands of references, then the first sixteen are looked at', async () => {
  const { find, asked } = aFinder('invoice-15')
  const references = Array.from({ length: 10_000 }, (_, n) => `invoice-${n}`)
  expect([...(await find([need(references)])).keys()]).toEqual(['wo_1'])
  expect(asked).toHaveLength(16)
})
