import { expect, onTestFinished, test, vi } from 'vitest'
import { emptyHead } from './credits.ts'
import { sumAccounts } from './sums.ts'

test('accounts are added up page by page, and the sums stand until the next round is whole', async () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const accounts = ['a', 'b', 'c', 'd', 'e']
  const pages: number[] = []
  const sums = sumAccounts(
    {
      async find(filter, { limit }) {
        const { $gt: after } = Object(filter['ix.owned'])
        const page = accounts.filter((one) => one > after).slice(0, limit)
        return page.map((account) => ({
          id: account,
          state: { status: 'agent', agent_id: account, account, revision: 0 },
        }))
      },
    },
    async (page) => {
      pages.push(page.length)
      return page.map((account) => ({ ...emptyHead(account), funded: 10, held: 3, free: 7 }))
    },
    2,
  )
  await vi.advanceTimersByTimeAsync(6_000)
  expect(sums.value()).toBeUndefined()
  await vi.advanceTimersByTimeAsync(5_000)
  expect(sums.value()).toMatchObject({ accounts: 5, funded: 50, held: 15, free: 35 })
  expect(pages).toEqual([2, 2, 1])
  await vi.advanceTimersByTimeAsync(5_000)
  expect(sums.value()).toMatchObject({ accounts: 5, funded: 50 })
  await sums.stop()
})
