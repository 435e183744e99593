import { isPayable } from '@prooftrail/executor-sdk'
import { type Account, openAccounts } from './accounts.ts'
import { assign } from './assign.ts'
import { type Book, openBook } from './book.ts'
import { asideOf, duplicateOf, leftOf, review, takenBack } from './findings.ts'
import { type Mapping, mapReceipts } from './map-receipts.ts'
import { amountOf, billOnce, type Repeat, sayOnce } from './once.ts'
import { isBalanced } from './part.ts'
import { expandPayouts } from './payouts.ts'
import type { FinancialRecord, Normalized, SetAside } from './records.ts'
import { fold } from './references.ts'
import type { Scope } from './scope.ts'
import { settle } from './settle.ts'

/** What a reconciliation came to. */
export interface Reconciled {
  book: Book
  set_aside: SetAside[]
  mappings: Mapping[]
  credits_consumed: number | string
  /** Records that stand, by class: none, and the class is no evidence. */
  standing: FinancialRecord[]
}

/**
 * Reconciles sets of records, in steps whose order is the order of their strength: each record once,
 * payouts as their lines, bills with their credit notes, payments to what they name, settlements, and
 * receipts against what these came to. Linear in the records, but for putting them in order.
 */
export function reconcile({ records, set_aside }: Normalized, scope: Scope): Reconciled {
  const once = sayOnce(records)
  const invoices = billOnce(once.kept.filter(({ record_type }) => record_type === 'invoice'))
  const payouts = expandPayouts(
    once.kept.filter(({ record_type }) => record_type === 'provider_confirmation'),
  )
  const receipts = once.kept.filter(
    ({ record_type }) => record_type !== 'invoice' && record_type !== 'provider_confirmation',
  )
  const book = openBook(scope.map_receipts && receipts.length > 0)
  const aside = [...set_aside, ...once.conflicting, ...payouts.set_aside]
  for (const repeat of [...once.twice, ...invoices.twice]) noteRepeat(repeat, book)
  for (const invoice of invoices.kept) if (invoice.taken_back) noteDispute(invoice, book)
  const accounts = openAccounts(invoices.kept)
  const asides = openAsides(aside)
  const { settlements, left } = assign(accounts, payouts.payments, isSettled(scope))
  for (const settlement of settlements) settle(settlement, scope, book, asides.notesOf)
  for (const one of left) {
    const reason = asides.reasonOf(one.record)
    const told = reason === undefined ? one : { record: one.record, reason }
    const draft = leftOf(told)
    book.findings.push(reason === undefined ? draft : { ...draft, next_action: 'correct_record' })
    book.add(one.record.currency, { unmatched: amountOf(one.record) })
    const rule = one.similar === undefined ? 'F-22' : 'F-09'
    book.rules.apply(rule, { record: one.record.record_id }, told.reason)
  }
  const mapped = scope.map_receipts
    ? mapReceipts(receipts, accounts, scope, book, asides.reasonOf)
    : { mappings: [], credits_consumed: 0 }
  const all = [...invoices.kept, ...payouts.payments, ...receipts]
  for (const record of all) noteUnpayable(record, book)
  const standing = all.filter(({ taken_back }) => taken_back === undefined)
  for (const one of aside) noteAside(one, book)
  return { book, set_aside: aside, standing, ...mapped }
}

function isSettled(scope: Scope): (account: Account) => boolean {
  return ({ invoices, payments }) => {
    const currencies = new Set([...invoices, ...payments].map(({ currency }) => currency))
    return currencies.size === 1 && isBalanced({ invoices, payments }, scope)
  }
}

function noteRepeat(repeat: Repeat, book: Book): void {
  const { record } = repeat
  book.findings.push(duplicateOf(repeat))
  book.rules.apply('F-04', { record: record.record_id }, 'said again')
  if (record.record_type === 'provider_confirmation') {
    book.add(record.currency, { repeated: amountOf(record) })
  }
}

function noteDispute(invoice: FinancialRecord, book: Book): void {
  book.findings.push(takenBack(invoice))
  book.rules.apply('F-03', { record: invoice.record_id }, 'asked for all the same')
}

/** F-20. */
function noteUnpayable(
  { amount, currency = '', record_id, record_type }: FinancialRecord,
  book: Book,
): void {
  if (amount === undefined || isPayable(amount, currency)) return
  const text = `${amount.toFixed()} ${currency} is finer than the smallest unit of ${currency}`
  book.findings.push(
    review(`${record_type} ${record_id}: ${text}`, record_id, 'review_minor_units'),
  )
  book.rules.apply('F-20', { record: record_id }, text)
}

function noteAside(one: SetAside, book: Book): void {
  if (one.because === 'review') book.findings.push(asideOf(one))
  const rule = one.because === 'review' ? 'F-01' : 'F-02'
  book.rules.apply(rule, { record: one.record_id }, `set aside: ${one.reason}`)
}

/** Payments set aside under one reference that a finding names. */
const MAX_NOTES = 5

/** What was set aside, for whoever looks for it: a payment for an invoice, an invoice for a payment. */
function openAsides(aside: readonly SetAside[]): {
  notesOf(invoices: readonly FinancialRecord[]): string[]
  reasonOf(record: FinancialRecord): string | undefined
} {
  const payments = new Map<string, SetAside[]>()
  const invoices = new Map<string, SetAside>()
  for (const one of aside) {
    const { invoice_id, provider_reference, record_id, record_type } = one
    const references = [invoice_id, provider_reference].flatMap((name) => (name ? fold(name) : []))
    if (record_type === 'invoice') {
      for (const name of [...references, fold(record_id)]) invoices.set(name, one)
    } else if (record_type === 'provider_confirmation') {
      const [name] = references
      const known = (name === undefined ? undefined : payments.get(name)) ?? []
      if (name !== undefined && known.length < MAX_NOTES) payments.set(name, [...known, one])
    }
  }
  return {
    notesOf: (asked) => {
      if (payments.size === 0) return []
      const names = asked.flatMap(({ invoice_id, record_id, provider_reference }) =>
        [invoice_id, record_id, provider_reference].flatMap((name) => (name ? fold(name) : [])),
      )
      const found = new Set(names.flatMap((name) => [...(payments.get(name) ?? [])]))
      return [...found].map(({ record_id, reason }) => `${record_id} is set aside: ${reason}`)
    },
    reasonOf: ({ invoice_id, provider_reference }) => {
      const name = [invoice_id, provider_reference].find((one) => one && invoices.has(fold(one)))
      const one = name === undefined ? undefined : invoices.get(fold(name))
      return one && `its invoice ${one.record_id} is set aside`
    },
  }
}
