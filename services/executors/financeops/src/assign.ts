import type { Account, Accounts, Step } from './accounts.ts'
import type { FinancialRecord } from './records.ts'
import { add } from './references.ts'

/** Accounts that are settled together, and every payment of theirs. */
export interface Settlement {
  accounts: Account[]
  invoices: FinancialRecord[]
  payments: FinancialRecord[]
  steps: Set<Step | 'spelling'>
  /** What the accounts of a set have in common: the references of the payments for all of them. */
  under: string[]
}

/** A payment that no account takes, and why. */
export interface Left {
  record: FinancialRecord
  reason: string
  /** An invoice that is spelled alike. */
  similar?: string
}

/** Payments for several accounts, which share one list. */
interface Pool {
  accounts: readonly Account[]
  under: string
  records: FinancialRecord[]
}

type Place =
  | { account: Account; step: Step; isExact: boolean }
  | { accounts: readonly Account[]; under: string }
  | { reason: string; similar?: string }

/**
 * Gives every payment to the account that it names, else to the accounts under its reference, which
 * are then settled as one set, without those that their own payments settle already.
 */
export function assign(
  accounts: Accounts,
  payments: readonly FinancialRecord[],
  isSettled: (account: Account) => boolean,
): { settlements: Settlement[]; left: Left[] } {
  const left: Left[] = []
  const pools = new Map<readonly Account[], Pool>()
  const placeOf = openPlaces(accounts)
  for (const record of payments) {
    const place = placeOf(record)
    if ('reason' in place) left.push({ record, ...place })
    else if ('account' in place) {
      const { account, step, isExact } = place
      account.payments.push(record)
      account.steps.add(record.isLine ? 'lines' : step)
      if (!isExact) account.steps.add('spelling')
    } else {
      const pool = pools.get(place.accounts) ?? { ...place, records: [] }
      pool.records.push(record)
      pools.set(place.accounts, pool)
    }
  }
  return { settlements: settlementsOf(accounts.all, [...pools.values()], isSettled), left }
}

function openPlaces(accounts: Accounts): (record: FinancialRecord) => Place {
  const lists = new Map<string, readonly Account[]>()
  const listOf = (key: string, make: () => readonly Account[]) => {
    const list = lists.get(key) ?? make()
    lists.set(key, list)
    return list
  }
  const under = (list: readonly Account[], name: string, step: Step, isExact: boolean): Place => {
    const [account, another] = list
    if (another !== undefined) return { accounts: list, under: name }
    return account ? { account, step, isExact } : { reason: 'it names no reference' }
  }
  return (record) => {
    const { invoice_id, invoice_ids, provider_reference } = record
    if (invoice_ids !== undefined) {
      const unknown = invoice_ids.filter((id) => accounts.byInvoice(id) === undefined)
      if (unknown.length > 0) return { reason: `no invoice ${unknown.join(', ')} is here` }
      const list = listOf(JSON.stringify(invoice_ids), () => [
        ...new Set(invoice_ids.flatMap((id) => accounts.byInvoice(id)?.account ?? [])),
      ])
      return under(list, invoice_ids.join(', '), 'invoice_id', true)
    }
    const named = accounts.byInvoice(invoice_id)
    if (named) return named
    const known = accounts.byReference(provider_reference)
    if (!known || provider_reference === undefined) return nowhere(accounts, record)
    if (invoice_id === undefined) {
      return under(known.accounts, provider_reference, 'provider_reference', known.isExact)
    }
    const open = listOf(`unnumbered ${provider_reference}`, () =>
      known.accounts.filter(isUnnumbered),
    )
    if (open.length > 0) return under(open, provider_reference, 'provider_reference', known.isExact)
    const others = known.accounts.slice(0, 3).map(({ key }) => key)
    const is = `under ${provider_reference} is ${others.join(', ')}`
    return { reason: `it names the invoice ${invoice_id}, which is not here; ${is}` }
  }
}

function nowhere(accounts: Accounts, { invoice_id, provider_reference }: FinancialRecord): Place {
  const by = invoice_id ?? provider_reference
  if (by === undefined) return { reason: 'it names no reference' }
  const similar = accounts.alike(by)
  if (similar === undefined) return { reason: `nothing else is under ${by}` }
  return { reason: `nothing else is under ${by}; ${similar} is spelled alike`, similar }
}

function isUnnumbered({ invoices }: Account): boolean {
  return invoices.every(({ invoice_id }) => invoice_id === undefined)
}

/** Joins the accounts of each pool; accounts that no pool touches are settlements of their own. */
function settlementsOf(
  all: readonly Account[],
  pools: readonly Pool[],
  isSettled: (account: Account) => boolean,
): Settlement[] {
  const { rootOf, join } = openUnion<Account>()
  const pooled = new Map<Account, Pool[]>()
  for (const pool of pools) {
    const open = pool.accounts.filter((account) => !isSettled(account))
    const [first, ...others] = open.length > 0 ? open : pool.accounts
    if (first === undefined) continue
    for (const other of others) join(first, other)
    add(pooled, first, pool)
  }
  const members = new Map<Account, Account[]>()
  for (const account of all) add(members, rootOf(account), account)
  return [...members.values()].map((accounts) => {
    const own = accounts.flatMap((account) => pooled.get(account) ?? [])
    const steps = new Set(accounts.flatMap((account) => [...account.steps]))
    if (own.length > 0) steps.add('set')
    return {
      ...{ accounts, steps },
      invoices: accounts.flatMap(({ invoices }) => invoices),
      payments: [
        ...accounts.flatMap(({ payments }) => payments),
        ...own.flatMap(({ records }) => records),
      ],
      under: own.map(({ under }) => under),
    }
  })
}

/** Disjoint sets, by path halving. */
function openUnion<T>(): { rootOf(thing: T): T; join(one: T, other: T): void } {
  const parents = new Map<T, T>()
  const rootOf = (thing: T): T => {
    let at = thing
    for (let up = parents.get(at); up !== undefined; up = parents.get(at)) {
      const above = parents.get(up)
      if (above !== undefined) parents.set(at, above)
      at = up
    }
    return at
  }
  return {
    rootOf,
    join(one, other) {
      const [a, b] = [rootOf(one), rootOf(other)]
      if (a !== b) parents.set(b, a)
    },
  }
}
