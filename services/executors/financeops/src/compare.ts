import type { RecordDraft } from '@prooftrail/executor-sdk'
import { Exact, type FinancialRecord, type Money } from './normalize.ts'
import type { Scope } from './scope.ts'
import { openShelf } from './shelf.ts'

/**
 * Invoices against confirmations.
 * C1 A pair is found by provider reference, then by invoice id; nothing is paired by amount.
 * C2 Amounts are compared exactly, within one currency or asset; a tolerance only where given.
 * C3 Fees and part payments are explained in the comparison, never folded into a match silently.
 * C4 Every record ends in one comparison, as a duplicate, or as unmatched.
 */

export type Outcome =
  | 'matched'
  | 'matched_in_parts'
  | 'matched_with_fee'
  | 'matched_within_tolerance'
  | 'not_checked'
  | 'amount_differs'
  | 'currency_differs'
  | 'counterparty_differs'
  | 'unconfirmed'

export interface Comparison {
  invoice: string
  confirmations: string[]
  matched_by: 'provider_reference' | 'invoice_id' | 'nothing'
  currency: string
  expected: string
  received: string
  fees: string
  difference: string
  outcome: Outcome
  explanation: string
}

export interface Compared {
  comparisons: Comparison[]
  findings: RecordDraft[]
}

const MATCHES: ReadonlySet<Outcome> = new Set([
  'matched',
  'matched_in_parts',
  'matched_with_fee',
  'matched_within_tolerance',
  'not_checked',
])

export function isMatch({ outcome }: Comparison): boolean {
  return MATCHES.has(outcome)
}

/** Compares all; pure, and linear in the number of records. */
export function compare(records: readonly FinancialRecord[], scope: Scope): Compared {
  const findings: RecordDraft[] = []
  const invoices = withoutDuplicates(ofType(records, 'invoice'), findings)
  const confirmations = ofType(records, 'provider_confirmation')
  const takeFor = openShelf(confirmations)
  const left = new Set(confirmations)

  const comparisons = invoices.map((invoice) => {
    const { found, matched_by } = takeFor(invoice)
    for (const record of found) left.delete(record)
    const { kept, twice } = settleTwice(invoice, found)
    findings.push(...twice.map((record) => duplicateOf(record, kept)))
    const comparison = compareOne(invoice, kept, matched_by, scope)
    findings.push(...findingOf(comparison))
    return comparison
  })
  const seen = new Map<string, FinancialRecord>()
  for (const record of left) {
    const first = seen.get(identityOf(record))
    if (first) findings.push(duplicateOf(record, [first]))
    else {
      seen.set(identityOf(record), record)
      findings.push(unmatched(record))
    }
  }
  return { comparisons, findings }
}

function ofType(
  records: readonly FinancialRecord[],
  type: FinancialRecord['record_type'],
): FinancialRecord[] {
  return records.filter(({ record_type }) => record_type === type)
}

/** The same bill said twice (its references, currency and amount, or its record id): the first stays. */
function withoutDuplicates(
  invoices: FinancialRecord[],
  findings: RecordDraft[],
): FinancialRecord[] {
  const first = new Map<string, FinancialRecord>()
  return invoices.filter((invoice) => {
    const isNamed = invoice.invoice_id !== undefined || invoice.provider_reference !== undefined
    const keys = [`id ${invoice.record_id}`, ...(isNamed ? [identityOf(invoice)] : [])]
    const earlier = keys.map((key) => first.get(key)).find((one) => one !== undefined)
    if (earlier) findings.push(duplicateOf(invoice, [earlier]))
    else for (const key of keys) first.set(key, invoice)
    return earlier === undefined
  })
}

/**
 * Confirmations alike in reference, amount and currency are parts of one payment as long as they
 * do not exceed what was asked; beyond that they are the same payment said twice.
 */
function settleTwice(
  invoice: FinancialRecord,
  found: readonly FinancialRecord[],
): { kept: FinancialRecord[]; twice: FinancialRecord[] } {
  const kept: FinancialRecord[] = []
  const twice: FinancialRecord[] = []
  const ids = new Set<string>()
  const alike = new Set<string>()
  const total = sum(inCurrencyOf(invoice, found).map(amountOf))
  const tooMuch = total.gt(amountOf(invoice))
  for (const record of found) {
    const said = ids.has(record.record_id) || (tooMuch && alike.has(identityOf(record)))
    ids.add(record.record_id)
    alike.add(identityOf(record))
    if (said) twice.push(record)
    else kept.push(record)
  }
  return { kept, twice }
}

function identityOf(record: FinancialRecord): string {
  const { provider_reference = '', invoice_id = '', currency = '' } = record
  return JSON.stringify([provider_reference, invoice_id, currency, amountOf(record).toFixed()])
}

function compareOne(
  invoice: FinancialRecord,
  found: readonly FinancialRecord[],
  matched_by: Comparison['matched_by'],
  scope: Scope,
): Comparison {
  const same = inCurrencyOf(invoice, found)
  const expected = amountOf(invoice)
  const received = sum(same.map(amountOf))
  const fees = sum(same.map(({ fee }) => fee ?? new Exact(0)))
  const difference = received.minus(expected)
  const { currency = '' } = invoice
  const say = (outcome: Outcome, explanation: string): Comparison => ({
    invoice: invoice.record_id,
    confirmations: found.map(({ record_id }) => record_id),
    matched_by,
    currency,
    expected: expected.toFixed(),
    received: received.toFixed(),
    fees: fees.toFixed(),
    difference: difference.toFixed(),
    outcome,
    explanation,
  })
  if (found.length === 0) return say('unconfirmed', 'no confirmation names this invoice')
  if (scope.check_currency && same.length < found.length) {
    const others = found.filter((record) => record.currency !== currency)
    const named = others.map(({ record_id, currency: other }) => `${record_id} is in ${other}`)
    return say(
      'currency_differs',
      `${named.join(', ')}; amounts are not compared across currencies`,
    )
  }
  const stranger = found.find((record) => differs(record.counterparty, invoice.counterparty))
  if (scope.check_counterparty && stranger) {
    return say(
      'counterparty_differs',
      `${stranger.record_id} names ${stranger.counterparty}, the invoice ${invoice.counterparty}`,
    )
  }
  if (!scope.check_amounts) return say('not_checked', 'the scope asks for no comparison of amounts')
  const parts = same.length > 1 ? `${same.length} part payments` : 'one payment'
  if (difference.isZero()) {
    if (same.length > 1) return say('matched_in_parts', `${parts} add up to the amount`)
    return say('matched', 'the amounts are equal')
  }
  if (difference.plus(fees).isZero()) {
    return say(
      'matched_with_fee',
      `${parts}; the provider kept a fee of ${fees.toFixed()} ${currency}`,
    )
  }
  if (difference.abs().lte(scope.tolerance)) {
    return say(
      'matched_within_tolerance',
      `the difference is within ${scope.tolerance.toFixed()} ${currency}`,
    )
  }
  const feeNote = fees.isZero() ? '' : `, a stated fee of ${fees.toFixed()} does not explain it`
  const what = difference.isNegative()
    ? `${difference.abs().toFixed()} ${currency} are outstanding after ${parts}`
    : `${difference.toFixed()} ${currency} too much in ${parts}`
  return say('amount_differs', `${what}${feeNote}`)
}

function differs(one: string | undefined, other: string | undefined): boolean {
  return one !== undefined && other !== undefined && one !== other
}

function inCurrencyOf(
  invoice: FinancialRecord,
  found: readonly FinancialRecord[],
): FinancialRecord[] {
  return found.filter(({ currency }) => currency === invoice.currency)
}

function amountOf({ amount }: FinancialRecord): Money {
  return amount ?? new Exact(0)
}

export function sum(amounts: readonly Money[]): Money {
  return amounts.reduce((total, amount) => total.plus(amount), new Exact(0))
}

function findingOf(comparison: Comparison): RecordDraft[] {
  if (isMatch(comparison)) return []
  const { invoice, confirmations, outcome, explanation, currency, expected, received } = comparison
  const missing_items = [invoice, ...confirmations]
  const details = { currency, expected, received, difference: comparison.difference }
  if (outcome === 'unconfirmed') {
    return [
      {
        exception_type: 'missing_confirmation',
        status: 'waiting_on_agent',
        summary: `invoice ${invoice} over ${expected} ${currency}: ${explanation}`,
        missing_items,
        next_action: 'submit_confirmation',
      },
    ]
  }
  if (outcome === 'counterparty_differs') {
    return [
      {
        exception_type: 'needs_operator_review',
        status: 'waiting_on_operator',
        summary: `invoice ${invoice}: ${explanation}`,
        missing_items,
        next_action: 'review_counterparty',
      },
    ]
  }
  return [
    {
      exception_type: 'amount_mismatch',
      status: 'waiting_on_operator',
      summary: `invoice ${invoice}: ${explanation}`,
      missing_items,
      next_action: 'review_amount',
      details: outcome === 'currency_differs' ? { currency, expected } : details,
    },
  ]
}

function duplicateOf(record: FinancialRecord, first: readonly FinancialRecord[]): RecordDraft {
  const original =
    first.find((other) => identityOf(other) === identityOf(record)) ?? first[0] ?? record
  return {
    exception_type: 'duplicate_record',
    status: 'waiting_on_operator',
    summary: `${record.record_type} ${record.record_id} says again what ${original.record_id} says`,
    missing_items: [record.record_id],
    next_action: 'remove_duplicate',
    details: { duplicates: original.record_id },
  }
}

export function unmatched(record: FinancialRecord): RecordDraft {
  const by = record.provider_reference ?? record.invoice_id
  return {
    exception_type: 'unmatched_record',
    status: 'waiting_on_agent',
    summary: `${record.record_type} ${record.record_id}: ${by ? `nothing else is under ${by}` : 'it names no reference'}`,
    missing_items: [record.record_id],
    next_action: 'submit_matching_record',
  }
}
