import { type Reader, type Reads, type Sampled, sample } from '@prooftrail/runtime'
import type { Head } from './credits.ts'
import type { metrics } from './metric-table.ts'
import type { State } from './state.ts'

/** What all agents' accounts hold together, in credits, and when the last of them was looked at. */
export interface Sums {
  funded: number
  held: number
  debited: number
  free: number
  /** Orders that wait for credits. */
  waiting: number
  accounts: number
  /** Epoch milliseconds. */
  at: number
}

/** Accounts that are read at once, and the pause between two pages. */
const PAGE = 200
const EVERY_MS = 5_000

/**
 * Adds the accounts up, over and over, a page of owners at a time: what a turn costs does not grow
 * with the accounts, only how old the sums are. Their lists are read at their ends alone.
 */
export function sumAccounts(
  store: Pick<Reader<State>, 'find'>,
  headsOf: (accounts: readonly string[]) => Promise<Iterable<Head>>,
  page: number = PAGE,
): Sampled<Sums | undefined> {
  let after = ''
  let round = nothing()
  let whole: Sums | undefined
  return sample(EVERY_MS, async () => {
    const owners = await store.find(
      { 'ix.owned': { $gt: after } },
      { sort: { 'ix.owned': 1 }, limit: page },
    )
    const accounts = owners.flatMap(({ state }) => (state.status === 'agent' ? state.account : []))
    for (const head of await headsOf(accounts)) round = added(round, head)
    after = accounts.at(-1) ?? ''
    if (owners.length < page) {
      whole = { ...round, at: Date.now() }
      after = ''
      round = nothing()
    }
    return whole
  })
}

function nothing(): Omit<Sums, 'at'> {
  return { funded: 0, held: 0, debited: 0, free: 0, waiting: 0, accounts: 0 }
}

function added(sums: Omit<Sums, 'at'>, head: Head): Omit<Sums, 'at'> {
  return {
    funded: sums.funded + head.funded,
    held: sums.held + head.held,
    debited: sums.debited + head.debited,
    free: sums.free + head.free,
    waiting: sums.waiting + head.waiting,
    accounts: sums.accounts + 1,
  }
}

/** What the gauges read of the newest sums. */
export function readsOf(sums: () => Sums | undefined): Reads<typeof metrics> {
  return {
    credits() {
      const known = sums()
      if (!known) return undefined
      return (['funded', 'held', 'debited', 'free'] as const).map((state) => ({
        labels: { state },
        value: known[state],
      }))
    },
    credit_orders_waiting: () => sums()?.waiting,
    credit_accounts: () => sums()?.accounts,
    credit_sums_age_seconds() {
      const known = sums()
      return known && (Date.now() - known.at) / 1000
    },
  }
}
