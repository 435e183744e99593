import type { RecordDraft } from '@prooftrail/executor-sdk'
import { isCredit } from './accounts.ts'
import type { Left } from './assign.ts'
import type { Outcome } from './book.ts'
import type { Repeat } from './once.ts'
import type { Figures, Part } from './part.ts'
import type { FinancialRecord, SetAside } from './records.ts'

/** One thing in which a part differs; several are told side by side. */
export interface Difference {
  outcome: Exclude<Outcome, `matched${string}` | 'not_checked'>
  text: string
  /** Which name differs. */
  member?: 'counterparty' | 'provider'
  /** Where the outcome alone does not say. */
  next_action?: string
}

/** Records that one finding names; the others are counted. */
const MAX_NAMED = 50

/** The finding of a difference, about the invoices and confirmations of its part. */
export function findingOf(part: Part, figures: Figures, difference: Difference): RecordDraft {
  const { outcome, text } = difference
  const { currency, invoices, payments, foreign } = part
  const missing_items = idsOf([...invoices, ...payments, ...foreign])
  const expected = figures.expected.toFixed()
  const received = figures.received.toFixed()
  const summary = `${subjectOf(invoices)}: ${text}`
  switch (outcome) {
    case 'unconfirmed': {
      const isCreditOnly = invoices.every(isCredit)
      return {
        exception_type: 'missing_confirmation',
        status: 'waiting_on_agent',
        summary: `${subjectOf(invoices)} over ${expected} ${currency}: ${text}`,
        missing_items,
        next_action: isCreditOnly ? 'settle_credit_note' : 'submit_confirmation',
      }
    }
    case 'counterparty_differs':
      return {
        exception_type: 'needs_operator_review',
        status: 'waiting_on_operator',
        summary,
        missing_items,
        next_action: difference.member === 'provider' ? 'review_provider' : 'review_counterparty',
      }
    case 'currency_differs':
      return { ...mismatch(summary, missing_items, difference), details: { currency, expected } }
    case 'amount_differs':
    case 'refunded':
    case 'charged_back': {
      const details = { currency, expected, received, difference: figures.difference.toFixed() }
      return { ...mismatch(summary, missing_items, difference), details }
    }
  }
}

function mismatch(
  summary: string,
  missing_items: string[],
  { next_action = 'review_amount' }: Difference,
): RecordDraft {
  const status = 'waiting_on_operator'
  return { exception_type: 'amount_mismatch', status, summary, missing_items, next_action }
}

/** `invoice inv-1`, `invoice inv-1 with credit note cn-1`, `invoices a, b and 3 more`. */
function subjectOf(invoices: readonly FinancialRecord[]): string {
  const bills = invoices.filter((invoice) => !isCredit(invoice))
  const credits = invoices.filter(isCredit)
  const named = (kind: string, records: readonly FinancialRecord[]) =>
    records.length === 0 ? [] : [`${kind}${records.length > 1 ? 's' : ''} ${shortList(records)}`]
  return [...named('invoice', bills), ...named('credit note', credits)].join(' with ')
}

function shortList(records: readonly FinancialRecord[]): string {
  const names = records.slice(0, 5).map(({ record_id }) => record_id)
  return records.length > 5
    ? `${names.join(', ')} and ${records.length - 5} more`
    : names.join(', ')
}

function idsOf(records: readonly FinancialRecord[]): string[] {
  const ids = records.slice(0, MAX_NAMED).map(({ record_id }) => record_id)
  return records.length > MAX_NAMED ? [...ids, `${records.length - MAX_NAMED} more`] : ids
}

export function duplicateOf({ record, original }: Repeat): RecordDraft {
  return {
    exception_type: 'duplicate_record',
    status: 'waiting_on_operator',
    summary: `${record.record_type} ${record.record_id} says again what ${original.record_id} says`,
    missing_items: [record.record_id],
    next_action: 'remove_duplicate',
    details: { duplicates: original.record_id },
  }
}

/** A record that belongs to no invoice. */
export function leftOf({ record, reason, similar }: Left): RecordDraft {
  return {
    exception_type: 'unmatched_record',
    status: 'waiting_on_agent',
    summary: `${record.record_type} ${record.record_id}: ${reason}`,
    missing_items: [record.record_id],
    next_action: similar === undefined ? 'submit_matching_record' : 'review_reference',
    ...(similar === undefined ? {} : { details: { similar } }),
  }
}

/** A payment, or an invoice, that its own status calls refunded or disputed. */
export function takenBack({ record_id, record_type, taken_back }: FinancialRecord): RecordDraft {
  return review(
    `${record_type} ${record_id} is ${taken_back ?? 'taken back'} by its own status`,
    record_id,
    taken_back === 'disputed' ? 'review_dispute' : 'review_refund',
  )
}

/** A record that cannot be compared. */
export function asideOf({ record_id, record_type, reason }: SetAside): RecordDraft {
  return review(
    `${record_type} ${record_id} cannot be compared: ${reason}`,
    record_id,
    'correct_record',
  )
}

/** Something about one record that only a person can settle. */
export function review(summary: string, record_id: string, next_action: string): RecordDraft {
  return {
    exception_type: 'needs_operator_review',
    status: 'waiting_on_operator',
    summary,
    missing_items: [record_id],
    next_action,
  }
}
