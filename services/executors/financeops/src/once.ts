import { Exact, type Money, sum } from '@prooftrail/executor-sdk'
import type { FinancialRecord, SetAside } from './records.ts'
import { add, fold } from './references.ts'

/** A record that says again what another says. */
export interface Repeat {
  record: FinancialRecord
  original: FinancialRecord
}

/**
 * Records by their own ids. One id with one content is one record, however often it is said; one
 * id with several contents is none that could be relied on. A provider's event id, with the same
 * amount, is one event under whatever record ids.
 */
export function sayOnce(records: readonly FinancialRecord[]): {
  kept: FinancialRecord[]
  twice: Repeat[]
  conflicting: SetAside[]
} {
  const byId = new Map<string, FinancialRecord[]>()
  for (const record of records) {
    if (!record.isUnnamed) add(byId, keyOf(record), record)
  }
  const several = new Map<string, { first: FinancialRecord; times: number; isOne: boolean }>()
  for (const [key, same] of byId) {
    const [first, second] = same
    if (first === undefined || second === undefined) continue
    const isOne = new Set(same.map(contentOf)).size === 1
    several.set(key, { first, times: same.length, isOne })
  }
  const kept: FinancialRecord[] = []
  const twice: Repeat[] = []
  const conflicting: SetAside[] = []
  const events = new Map<string, FinancialRecord>()
  for (const record of records) {
    const said = record.isUnnamed ? undefined : several.get(keyOf(record))
    const event = eventOf(record)
    const earlier = event === undefined ? undefined : events.get(event)
    if (said && !said.isOne) {
      if (record === said.first) conflicting.push(conflictOf(record, said.times))
    } else if (said && record !== said.first) twice.push({ record, original: said.first })
    else if (earlier !== undefined) twice.push({ record, original: earlier })
    else {
      kept.push(record)
      if (event !== undefined) events.set(event, record)
    }
  }
  return { kept, twice, conflicting }
}

/**
 * Payments alike in references, names, amount, currency and day are parts while together they do not
 * exceed what is asked; what goes beyond is the same event said twice. Payments of different times
 * are never that: then somebody paid twice.
 */
export function dropRepeats(
  asked: Money,
  tolerance: Money,
  payments: readonly FinancialRecord[],
): { kept: FinancialRecord[]; twice: Repeat[] } {
  const isCredit = asked.isNegative()
  let total = sum(payments.map(amountOf))
  const exceeds = () =>
    isCredit ? total.lt(asked.minus(tolerance)) : total.gt(asked.plus(tolerance))
  if (payments.length < 2 || !exceeds()) return { kept: [...payments], twice: [] }
  const firsts = new Map<string, FinancialRecord>()
  const originals = payments.map((record) => {
    const key = alikeKey(record)
    const first = firsts.get(key)
    if (first === undefined) firsts.set(key, record)
    return first ?? record
  })
  const dropped = new Set<FinancialRecord>()
  const twice: Repeat[] = []
  for (let at = payments.length - 1; at >= 0 && exceeds(); at -= 1) {
    const [record, original] = [payments[at], originals[at]]
    if (record === undefined || original === undefined || record === original) continue
    if (amountOf(record).isNegative() !== isCredit) continue
    total = total.minus(amountOf(record))
    dropped.add(record)
    twice.push({ record, original })
  }
  return { kept: payments.filter((record) => !dropped.has(record)), twice: twice.reverse() }
}

/** What two records of one event, or two equal parts of one day, have in common. */
export function alikeKey(record: FinancialRecord): string {
  const { provider_reference, invoice_id, currency, issued_at, isChargeback } = record
  const amount = amountOf(record).toFixed()
  const about = [provider_reference ?? null, invoice_id ?? null, currency ?? null, ...names(record)]
  return JSON.stringify([...about, amount, issued_at?.start ?? null, isChargeback ?? false])
}

export function amountOf({ amount }: FinancialRecord): Money {
  return amount ?? new Exact(0)
}

/**
 * Bills that say what another says, under another record id: invoice id, references, names, currency
 * and amount once more. The first stays; credit notes are told apart by their record ids.
 */
export function billOnce(invoices: readonly FinancialRecord[]): {
  kept: FinancialRecord[]
  twice: Repeat[]
} {
  const byInvoice = new Map<string, FinancialRecord[]>()
  for (const invoice of invoices) {
    const { invoice_id, applies_to } = invoice
    const isBill = applies_to === undefined && !amountOf(invoice).isNegative()
    if (invoice_id !== undefined && isBill) add(byInvoice, invoice_id, invoice)
  }
  const originals = new Map<FinancialRecord, FinancialRecord>()
  for (const same of byInvoice.values()) {
    const firsts = new Map<string, FinancialRecord>()
    for (const record of same.length > 1 ? same : []) {
      const { provider_reference = null, currency } = record
      const amount = amountOf(record).toFixed()
      const key = JSON.stringify([provider_reference, currency, amount, ...names(record)])
      const first = firsts.get(key)
      if (first === undefined) firsts.set(key, record)
      else originals.set(record, first)
    }
  }
  return {
    kept: invoices.filter((record) => !originals.has(record)),
    twice: [...originals].map(([record, original]) => ({ record, original })),
  }
}

/** Who is named tells two records apart that are alike otherwise. */
function names({ counterparty, provider }: FinancialRecord): string[] {
  return [fold(counterparty ?? ''), fold(provider ?? '')]
}

function keyOf({ record_type, record_id }: FinancialRecord): string {
  return `${record_type} ${record_id}`
}

function eventOf(record: FinancialRecord): string | undefined {
  const { event_id, record_type, currency = '' } = record
  if (event_id === undefined) return undefined
  return JSON.stringify([record_type, event_id, currency, amountOf(record).toFixed()])
}

function contentOf(record: FinancialRecord): string {
  const { currency, provider_reference, invoice_id, fee, credits_consumed } = record
  const amounts = [record.amount, fee, credits_consumed].map((one) => one?.toFixed() ?? null)
  return JSON.stringify([currency, provider_reference ?? null, invoice_id ?? null, ...amounts])
}

function conflictOf(record: FinancialRecord, times: number): SetAside {
  const { record_id, record_type, invoice_id, provider_reference } = record
  return {
    ...{ record_id, record_type, because: 'review' as const },
    reason: `its record id is said ${times} times, with different content`,
    ...(invoice_id === undefined ? {} : { invoice_id }),
    ...(provider_reference === undefined ? {} : { provider_reference }),
  }
}
