import { type Money, sum } from '@prooftrail/executor-sdk'
import { type Account, isCredit } from './accounts.ts'
import { amountOf } from './once.ts'
import type { FinancialRecord } from './records.ts'
import { fold } from './references.ts'
import type { Scope } from './scope.ts'

/** What is settled together in one currency: the invoices, and what was paid for them. */
export interface Part {
  accounts: readonly Account[]
  currency: string
  invoices: readonly FinancialRecord[]
  /** In the currency of the invoices, each once, without what was taken back. */
  payments: readonly FinancialRecord[]
  /** Payments for these invoices in other currencies. */
  foreign: readonly FinancialRecord[]
  /** The step that found the payments. */
  matched_by: string
  /** Whether a reference was found only folded. */
  isRespelled: boolean
  /** What a payment for all of a set names. */
  under: readonly string[]
  /** Confirmations of these invoices that do not count, each with its reason. */
  notes: readonly string[]
}

/** The figures of a part. */
export interface Figures {
  expected: Money
  received: Money
  fees: Money
  difference: Money
  /** Only what explains a difference: a negative fee on a payment does not. */
  oddFees: Money
}

export function figuresOf({ invoices, payments }: Pick<Part, 'invoices' | 'payments'>): Figures {
  const expected = sum(invoices.map(amountOf))
  const received = sum(payments.map(amountOf))
  const isOdd = (record: FinancialRecord) =>
    record.fee?.isNegative() === true && !amountOf(record).isNegative()
  const fees = sum(payments.flatMap((one) => (isOdd(one) ? [] : (one.fee ?? []))))
  const oddFees = sum(payments.flatMap((one) => (isOdd(one) ? (one.fee ?? []) : [])))
  return { expected, received, fees, difference: received.minus(expected), oddFees }
}

/** How the difference of a part is explained, if it is: F-13 and F-14. */
export function explanationOf(
  { difference, fees }: Figures,
  tolerance: Money,
): 'equal' | 'fee' | 'tolerance' | 'fee and tolerance' | undefined {
  if (difference.isZero()) return 'equal'
  const rest = difference.plus(fees)
  const isFee = difference.isNegative() && fees.isPositive() && !fees.isZero()
  if (isFee && rest.isZero()) return 'fee'
  if (difference.abs().lte(tolerance)) return 'tolerance'
  if (isFee && rest.abs().lte(tolerance)) return 'fee and tolerance'
  return undefined
}

/** Names by which a payment differs from every invoice of its part: F-17. */
export function strangersOf(
  { invoices, payments, foreign }: Part,
  member: 'counterparty' | 'provider',
): string[] {
  const named = invoices.flatMap((invoice) => invoice[member] ?? [])
  if (named.length === 0) return []
  const asWritten = new Set(named)
  let folded: Set<string> | undefined
  const isKnown = (name: string) => {
    if (asWritten.has(name)) return true
    folded ??= new Set(named.map(fold))
    return folded.has(fold(name))
  }
  return [...payments, ...foreign].flatMap((record) => {
    const name = record[member]
    if (name === undefined || isKnown(name)) return []
    return [`${record.record_id} names ${name}, the invoice ${named[0]}`]
  })
}

/** Invoices without the credit notes among them. */
export function billsOf({ invoices }: Pick<Part, 'invoices'>): FinancialRecord[] {
  return invoices.filter((invoice) => !isCredit(invoice))
}

/** `inv-1`, `inv-1 and inv-2`, or the first five of many. */
export function namesOf(records: readonly FinancialRecord[], most = 5): string {
  const names = records.slice(0, most).map(({ record_id }) => record_id)
  const beyond = records.length - most
  return beyond > 0 ? `${names.join(', ')} and ${beyond} more` : names.join(', ')
}

/** Texts in a sentence: the first five, the others counted. */
export function listed(texts: readonly string[]): string {
  const beyond = texts.length - 5
  return beyond > 0 ? `${texts.slice(0, 5).join(', ')} and ${beyond} more` : texts.join(', ')
}

/** Whether the scope's tolerance and the stated fees leave nothing of a part to explain. */
export function isBalanced(part: Pick<Part, 'invoices' | 'payments'>, scope: Scope): boolean {
  if (part.payments.length === 0) return false
  return explanationOf(figuresOf(part), scope.tolerance) !== undefined
}
