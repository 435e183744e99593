import { type Money, minorUnits, sum } from '@prooftrail/executor-sdk'
import type { Book } from './book.ts'
import type { Difference } from './findings.ts'
import { amountOf } from './once.ts'
import {
  billsOf,
  explanationOf,
  type Figures,
  figuresOf,
  listed,
  namesOf,
  type Part,
  strangersOf,
} from './part.ts'
import type { Scope } from './scope.ts'

/** Every difference, the worst first: F-15 to F-21. */
export function differencesOf(
  part: Part,
  figures: Figures,
  scope: Scope,
  book: Book,
): Difference[] {
  const { payments, foreign } = part
  const told: Difference[] = []
  if (payments.length === 0 && foreign.length === 0) {
    return figures.expected.isZero() ? [] : [unconfirmed(part, book)]
  }
  if (scope.check_currency && foreign.length > 0) {
    const named = foreign.map(({ record_id, currency }) => `${record_id} is in ${currency}`)
    const text = `${listed(named)}; amounts are not compared across currencies`
    told.push({ outcome: 'currency_differs', text })
    book.rules.apply('F-16', { invoices: namesOf(part.invoices) }, text)
  }
  if (scope.check_amounts && payments.length > 0) {
    const amount = amountDifference(part, figures, scope, book)
    if (amount) told.push(amount)
  }
  if (scope.check_counterparty) {
    for (const member of ['counterparty', 'provider'] as const) {
      const strangers = strangersOf(part, member)
      if (strangers.length === 0) continue
      told.push({ outcome: 'counterparty_differs', text: listed(strangers), member })
      book.rules.apply('F-17', { invoices: namesOf(part.invoices) }, listed(strangers))
    }
  }
  return told
}

function unconfirmed(part: Part, book: Book): Difference {
  const isCreditOnly = billsOf(part).length === 0
  const plain = isCreditOnly
    ? 'no refund names this credit note, and no invoice is here that it belongs to'
    : 'no confirmation names this invoice'
  const text = part.notes.length === 0 ? plain : `${plain} and stands: ${listed(part.notes)}`
  book.rules.apply('F-21', { invoices: namesOf(part.invoices) }, text)
  return { outcome: 'unconfirmed', text }
}

function amountDifference(
  part: Part,
  figures: Figures,
  scope: Scope,
  book: Book,
): Difference | undefined {
  const { expected, received, fees, difference, oddFees } = figures
  if (explanationOf(figures, scope.tolerance) !== undefined) return undefined
  const { currency, payments } = part
  const invoices = namesOf(part.invoices)
  const back = takenAfterPayment(part, figures, scope)
  if (back) {
    book.rules.apply('F-18', { invoices }, back.text)
    return back
  }
  const times = payments.filter((record) => amountOf(record).eq(expected)).length
  const isPaidTwice = times > 1 && times === payments.length
  const parts = payments.length > 1 ? `${payments.length} part payments` : 'one payment'
  const after = isPaidTwice ? `${times} payments of the whole amount` : parts
  const what = difference.isNegative()
    ? `${difference.abs().toFixed()} ${currency} are outstanding after ${after}`
    : `${difference.toFixed()} ${currency} too much in ${after}`
  const factor = unitFactor(expected, received, currency)
  const factorNote =
    factor === undefined ? '' : `, exactly the factor ${factor}, as if one were in minor units`
  const feeNote = fees.isZero() ? '' : `, a stated fee of ${fees.toFixed()} does not explain it`
  const oddNote = oddFees.isZero()
    ? ''
    : `, a negative fee of ${oddFees.toFixed()} explains nothing`
  const notes = part.notes.length === 0 ? '' : `; ${listed(part.notes)}`
  const text = `${what}${factorNote}${feeNote}${oddNote}${notes}`
  const inputs = { invoices, expected: expected.toFixed(), received: received.toFixed() }
  book.rules.apply(factor === undefined ? 'F-15' : 'F-19', inputs, text)
  if (feeNote !== '' || oddNote !== '') book.rules.apply('F-13', { invoices }, 'explains nothing')
  const units = factor === undefined ? {} : { next_action: 'review_minor_units' }
  return { outcome: 'amount_differs', text, ...units }
}

/** 100, or the factor of the currency's minor unit, where one side is exactly that much the other. */
function unitFactor(expected: Money, received: Money, currency: string): number | undefined {
  if (expected.isZero() || received.isZero()) return undefined
  const factors = new Set([100, 10 ** (minorUnits(currency) ?? 2)])
  return [...factors].find(
    (factor) =>
      factor > 1 && (received.eq(expected.times(factor)) || expected.eq(received.times(factor))),
  )
}

/** F-18: paid in full, and then given back or charged back. */
function takenAfterPayment(part: Part, figures: Figures, scope: Scope): Difference | undefined {
  const taken = part.payments.filter((record) => amountOf(record).isNegative())
  const paid = part.payments.filter((record) => !amountOf(record).isNegative())
  const { expected, difference } = figures
  if (taken.length === 0 || !difference.isNegative() || expected.isNegative()) return undefined
  const before = figuresOf({ invoices: part.invoices, payments: paid })
  if (explanationOf(before, scope.tolerance) === undefined) return undefined
  const amount = sum(taken.map(amountOf)).abs().toFixed()
  const isChargeback = taken.some((record) => record.isChargeback)
  const how = isChargeback ? 'charged back' : 'refunded'
  return {
    outcome: isChargeback ? 'charged_back' : 'refunded',
    text: `paid in full, then ${amount} ${part.currency} ${how} (${namesOf(taken)}), and no credit note says why`,
    next_action: isChargeback ? 'review_dispute' : 'review_refund',
  }
}
