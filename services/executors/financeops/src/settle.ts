import { type Money, sum } from '@prooftrail/executor-sdk'
import { type Account, isCredit } from './accounts.ts'
import type { Settlement } from './assign.ts'
import type { Book } from './book.ts'
import { comparePart } from './compare-part.ts'
import { duplicateOf, leftOf, takenBack } from './findings.ts'
import { alikeKey, amountOf, dropRepeats } from './once.ts'
import { figuresOf, isBalanced, type Part } from './part.ts'
import type { FinancialRecord } from './records.ts'
import { add } from './references.ts'
import type { Scope } from './scope.ts'

/**
 * Settles accounts together, currency by currency.
 * P1 What was taken back counts only beside the record that takes it back.
 * P2 What goes beyond the amount asked and is alike is said again.
 * P3 A set that does not balance is told apart by equal amounts, under its own reference only; what
 *    is left then is compared together.
 */
export function settle(
  settlement: Settlement,
  scope: Scope,
  book: Book,
  notesOf: (invoices: readonly FinancialRecord[]) => string[],
): void {
  const currencies = new Map<string, FinancialRecord[]>()
  for (const invoice of settlement.invoices) add(currencies, invoice.currency ?? '', invoice)
  const foreign = settlement.payments.filter(({ currency = '' }) => !currencies.has(currency))
  const inCurrency = new Map<string, FinancialRecord[]>()
  for (const payment of settlement.payments) add(inCurrency, payment.currency ?? '', payment)
  const matched_by = stepOf(settlement)
  const isRespelled = settlement.steps.has('spelling')
  let others: readonly FinancialRecord[] = foreign
  for (const [currency, invoices] of currencies) {
    const all = inCurrency.get(currency) ?? []
    const { counted, notes } = withoutTakenBack(all, book)
    const asked = sum(invoices.map(amountOf))
    const { kept, twice } = dropRepeats(asked, scope.tolerance, counted)
    for (const repeat of twice) {
      book.findings.push(duplicateOf(repeat))
      book.add(currency, { repeated: amountOf(repeat.record) })
      book.rules.apply('F-12', { record: repeat.record.record_id }, 'said again')
    }
    const { accounts, under } = settlement
    const part: Part = {
      ...{ accounts, currency, invoices, under, matched_by, isRespelled, foreign: others },
      payments: kept,
      notes: [...notes, ...notesOf(invoices)],
    }
    others = []
    if (accounts.length > 1 && !isBalanced(part, scope)) tellApart(part, scope, book)
    else comparePart(part, scope, book)
    if (book.wantsSettled) noteSettled(part, book)
  }
  for (const record of foreign) book.add(record.currency, { unmatched: amountOf(record) })
}

/** The figures for the receipts and entries that speak of these accounts. */
function noteSettled(part: Part, book: Book): void {
  const { expected, received, fees } = figuresOf(part)
  const { currency } = part
  for (const account of part.accounts) {
    const own = account.invoices.filter((invoice) => (invoice.currency ?? '') === currency)
    if (own.length === 0) continue
    const asked = sum(own.map(amountOf))
    add(book.settled, account, { currency, asked, expected, received, gross: received.plus(fees) })
  }
}

function withoutTakenBack(
  payments: readonly FinancialRecord[],
  book: Book,
): { counted: FinancialRecord[]; notes: string[] } {
  const takes = payments.some(isCredit)
  const notes: string[] = []
  const counted = payments.filter((record) => {
    const { taken_back, record_id } = record
    if (taken_back === undefined) return true
    book.findings.push(takenBack(record))
    book.rules.apply('F-03', { record: record_id }, takes ? 'counted' : 'not counted')
    if (takes) return true
    notes.push(`${record_id} is ${taken_back} and does not count`)
    book.add(record.currency, { unmatched: amountOf(record) })
    return false
  })
  return { counted, notes }
}

const STEPS = ['lines', 'set', 'invoice_id', 'record_id', 'provider_reference'] as const

/** The first of the steps that found a payment. */
function stepOf({ steps }: Settlement): string {
  return STEPS.find((step) => steps.has(step)) ?? 'nothing'
}

interface Unit {
  account: Account
  invoices: FinancialRecord[]
  payments: FinancialRecord[]
  open: Money
}

/** Pairs what a set's own payments and equal amounts settle, and compares what is left together. */
function tellApart(part: Part, scope: Scope, book: Book): void {
  const left = new Set(part.payments)
  const units = part.accounts.flatMap((account): Unit[] => {
    const invoices = account.invoices.filter(({ currency = '' }) => currency === part.currency)
    if (invoices.length === 0) return []
    const payments = account.payments.filter((payment) => left.has(payment))
    const open = sum(invoices.map(amountOf)).minus(sum(payments.map(amountOf)))
    return [{ account, invoices, payments, open }]
  })
  for (const { payments } of units) for (const payment of payments) left.delete(payment)
  const byOpen = new Map<string, Unit[]>()
  for (const unit of [...units].reverse()) add(byOpen, unit.open.toFixed(), unit)
  const paired = new Set<Unit>(units.filter((unit) => isBalanced(unit, scope)))
  for (const payment of left) {
    const unit = popOpen(byOpen.get(amountOf(payment).toFixed()), paired)
    if (unit === undefined) continue
    unit.payments.push(payment)
    paired.add(unit)
    left.delete(payment)
  }
  const rest = units.filter((unit) => !paired.has(unit))
  for (const unit of paired) comparePart({ ...part, ...partOf(unit), foreign: [] }, scope, book)
  const { foreign } = part
  if (left.size === 0 && foreign.length === 0) {
    compareUnpaid(rest, [...paired], part, scope, book)
  } else if (rest.length === 0) {
    for (const record of left) leaveOver(record, part, book)
  } else {
    const accounts = rest.map(({ account }) => account)
    const invoices = rest.flatMap((unit) => unit.invoices)
    const payments = [...rest.flatMap((unit) => unit.payments), ...left]
    comparePart({ ...part, accounts, invoices, payments }, scope, book)
  }
}

function partOf({ account, invoices, payments }: Unit) {
  return { accounts: [account], invoices, payments }
}

function popOpen(units: Unit[] | undefined, paired: ReadonlySet<Unit>): Unit | undefined {
  for (let unit = units?.pop(); unit !== undefined; unit = units?.pop()) {
    if (!paired.has(unit)) return unit
  }
  return undefined
}

/** What nothing is left for: the same bill said again, where it has no number of its own; else unpaid. */
function compareUnpaid(
  rest: readonly Unit[],
  paired: readonly Unit[],
  part: Part,
  scope: Scope,
  book: Book,
): void {
  const known = new Map<string, FinancialRecord>()
  for (const { invoices } of paired) for (const one of invoices) known.set(alikeKey(one), one)
  for (const unit of rest) {
    const [invoice] = unit.invoices
    const original = invoice && known.get(alikeKey(invoice))
    const isPlain = unit.payments.length === 0 && unit.invoices.length === 1
    if (invoice && original && isPlain && invoice.invoice_id === undefined) {
      book.findings.push(duplicateOf({ record: invoice, original }))
      book.rules.apply('F-12', { record: invoice.record_id }, 'said again')
    } else {
      const matched_by = unit.payments.length > 0 ? part.matched_by : 'nothing'
      comparePart({ ...part, ...partOf(unit), matched_by, foreign: [] }, scope, book)
    }
  }
}

/** A payment beyond what all invoices under its reference ask. */
function leaveOver(record: FinancialRecord, { under }: Part, book: Book): void {
  const reason = `every invoice under ${under.join(', ')} is paid without it`
  book.findings.push(leftOf({ record, reason }))
  book.add(record.currency, { unmatched: amountOf(record) })
  book.rules.apply('F-22', { record: record.record_id }, reason)
}
