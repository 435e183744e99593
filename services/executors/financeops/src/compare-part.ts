import { Exact } from '@prooftrail/executor-sdk'
import { agreementOf, type Verdict } from './agreement.ts'
import type { Book, Comparison, Outcome } from './book.ts'
import { differencesOf } from './differences.ts'
import { findingOf } from './findings.ts'
import { amountOf } from './once.ts'
import { type Figures, figuresOf, namesOf, type Part } from './part.ts'
import type { FinancialRecord } from './records.ts'
import type { Scope } from './scope.ts'

/** Payments that a comparison names; a set of thousands does not name each of them each time. */
const MAX_NAMED = 20

/** Compares one part, tells every difference, and writes a comparison per invoice that agrees. */
export function comparePart(part: Part, scope: Scope, book: Book): void {
  const figures = figuresOf(part)
  const differences = differencesOf(part, figures, scope, book)
  for (const difference of differences) book.findings.push(findingOf(part, figures, difference))
  const { expected, received, fees } = figures
  book.add(part.currency, { expected, received, fees })
  const [worst] = differences
  const verdict = worst
    ? { outcome: worst.outcome, explanation: differences.map(({ text }) => text).join('; ') }
    : agreementOf(part, figures, scope, book)
  const isSet = worst === undefined && verdict.outcome !== 'not_checked'
  book.comparisons.push(
    ...(isSet ? shares(part, figures, verdict) : [whole(part, figures, verdict)]),
  )
  if (part.payments.length > 0) book.found(part.matched_by)
  applySteps(part, verdict.outcome, book)
}

function whole(part: Part, figures: Figures, verdict: Verdict): Comparison {
  const [first, ...others] = part.invoices
  return {
    invoice: first?.record_id ?? '',
    ...(others.length > 0 ? { settled_with: idsOf(others) } : {}),
    confirmations: idsOf([...part.payments, ...part.foreign]),
    matched_by: part.payments.length + part.foreign.length > 0 ? part.matched_by : 'nothing',
    currency: part.currency,
    ...textsOf(figures),
    outcome: verdict.outcome,
    explanation: part.isRespelled
      ? `${verdict.explanation}; the reference is spelled otherwise`
      : verdict.explanation,
  }
}

/** One comparison per invoice of a set: each has its own amount, the largest bears difference and fees. */
function shares(part: Part, figures: Figures, verdict: Verdict): Comparison[] {
  const { invoices } = part
  if (invoices.length < 2) return [whole(part, figures, verdict)]
  const largest = invoices.reduce((one, other) => (amountOf(other).gt(amountOf(one)) ? other : one))
  const [first, second] = invoices
  return invoices.map((invoice) => {
    const expected = amountOf(invoice)
    const zero = new Exact(0)
    const { difference, fees } = invoice === largest ? figures : { difference: zero, fees: zero }
    const own = { expected, received: expected.plus(difference), fees, difference }
    const other = invoice === first ? second : first
    const others = invoices.length - 2
    const beyond = others > 0 ? [`${others} more`] : []
    return {
      ...whole(part, figures, verdict),
      invoice: invoice.record_id,
      settled_with: [...(other ? [other.record_id] : []), ...beyond],
      ...textsOf(own),
    }
  })
}

function textsOf(figures: Omit<Figures, 'oddFees'>) {
  return {
    expected: figures.expected.toFixed(),
    received: figures.received.toFixed(),
    fees: figures.fees.toFixed(),
    difference: figures.difference.toFixed(),
  }
}

function idsOf(records: readonly FinancialRecord[]): string[] {
  const ids = records.slice(0, MAX_NAMED).map(({ record_id }) => record_id)
  return records.length > MAX_NAMED ? [...ids, `${records.length - MAX_NAMED} more`] : ids
}

function applySteps(
  { matched_by, payments, invoices, isRespelled }: Part,
  outcome: Outcome,
  book: Book,
): void {
  if (payments.length === 0) return
  const inputs = { invoices: namesOf(invoices), confirmations: namesOf(payments) }
  if (isRespelled) book.rules.apply('F-09', inputs, 'found, spelled otherwise')
  if (matched_by === 'lines') book.rules.apply('F-08', inputs, outcome)
  if (matched_by === 'invoice_id' || matched_by === 'record_id') {
    book.rules.apply('F-05', inputs, outcome)
  }
  if (matched_by === 'provider_reference') book.rules.apply('F-06', inputs, outcome)
}
