import {
  type Command,
  type Execute,
  exceptionRecords,
  type RecordDraft,
  type ToolResult,
} from '@prooftrail/executor-sdk'
import { type Comparison, compare, isMatch } from './compare.ts'
import { type Mapping, mapReceipts } from './map-receipts.ts'
import { normalize, showRecord } from './normalize.ts'
import { readScope, type Scope } from './scope.ts'
import { shorten } from './shorten.ts'
import { findStale } from './stale.ts'
import { totalsByCurrency } from './totals.ts'

/**
 * Reconciles what was expected with what was confirmed. Pure: the command alone decides.
 * What agrees is counted and digested, what differs is listed; so ten thousand records fit.
 */
export const execute: Execute = (command, { assessment }) => {
  const { evidence_status, evidence_score } = assessment
  const scope = readScope(command)
  const { records, findings: unreadable } = normalize(command)
  const { comparisons, findings: differing } = compare(records, scope)
  const receipts = scope.map_receipts
    ? mapReceipts(records)
    : { mappings: [], credits_consumed: 0, findings: [] }
  const stale = findStale(records, scope.stale_after_days, command.issued_at)
  const all = [...differing, ...receipts.findings, ...stale, ...unreadable]
  const drafts = scope.identify_exceptions ? all : []
  const records_listed = exceptionRecords(command, listed(drafts))
  const status = statusOf(evidence_status, drafts.length)
  const summary = {
    reconciliation_status: status,
    evidence_status,
    evidence_score,
    exceptions_by_type: countBy(drafts.map(({ exception_type }) => exception_type)),
    exception_count: drafts.length,
    comparisons_by_outcome: countBy(comparisons.map(({ outcome }) => outcome)),
    totals: totalsByCurrency(comparisons),
  }
  const next_actions = nextActions(drafts)
  return {
    next_actions,
    human_summary: summarize(records.length, comparisons, drafts, status, next_actions),
    exceptions: reviewTicket(drafts),
    links: [
      {
        name: 'reconciliation_result',
        object: {
          ...summary,
          intake_context: intakeContext(command, scope, records.length + unreadable.length),
          normalized_records: {
            by_type: countBy(records.map(({ record_type }) => record_type)),
            ...shorten(records.map(showRecord)),
          },
          reconciliation_checks: {
            agreeing: shorten(comparisons.filter(isMatch).map(showComparison)),
            differing: comparisons
              .filter((one) => !isMatch(one))
              .slice(0, MAX_LISTED)
              .map(showComparison),
          },
          exception_records: records_listed,
          receipt_mapping: {
            credits_consumed: receipts.credits_consumed,
            ...shorten(receipts.mappings.map(showMapping)),
          },
          result_package: {
            package_type: 'financeops_result_package',
            reconciliation_status: status,
          },
          callback_state:
            command.callback_url && command.callback_policy !== 'status_polling_only'
              ? 'pending'
              : 'ready',
          task_ledger: { ledger_reference: command.ids.ledger_entry ?? '' },
          attestation: { attestation_reference: command.ids.attestation ?? '' },
        },
      },
    ],
    result_package: {
      package_type: 'financeops_result_package',
      operating_tool: 'financeops',
      ...summary,
      records_given: records.length + unreadable.length,
      next_actions,
    },
  }
}

/** Findings and differing comparisons that one result lists; what goes beyond is counted. */
const MAX_LISTED = 1_000

function listed(drafts: readonly RecordDraft[]): RecordDraft[] {
  if (drafts.length <= MAX_LISTED) return [...drafts]
  const beyond = drafts.length - MAX_LISTED
  const rest: RecordDraft = {
    exception_type: 'needs_operator_review',
    status: 'waiting_on_operator',
    summary: `${beyond} further findings are counted in exceptions_by_type and not listed; split the order`,
    next_action: 'split_order',
  }
  return [...drafts.slice(0, MAX_LISTED), rest]
}

/** matched, exceptions_found, incomplete, not_reconciled. */
function statusOf(evidence: string, exceptions: number): string {
  if (evidence === 'insufficient') return 'not_reconciled'
  if (evidence === 'partial') return 'incomplete'
  return exceptions > 0 ? 'exceptions_found' : 'matched'
}

function intakeContext(command: Command, scope: Scope, records_given: number) {
  const { tolerance, ...flags } = scope
  return {
    requested_capability: command.requested_capability,
    records_given,
    reconciliation_scope: { ...flags, tolerance: tolerance.toFixed() },
    matching_keys: ['provider_reference', 'invoice_id'],
  }
}

function showComparison(comparison: Comparison): { [member: string]: string | string[] } {
  return { ...comparison }
}

function showMapping(mapping: Mapping): { [member: string]: string | number } {
  return { ...mapping }
}

function countBy(names: readonly string[]): { [name: string]: number } {
  const counts: { [name: string]: number } = {}
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1
  return counts
}

type NextActions = { action: string; about: string; detail: string }[]

/** One per kind of finding: ten thousand records do not make ten thousand actions. */
function nextActions(drafts: readonly RecordDraft[]): NextActions {
  const kindOf = (draft: RecordDraft) => `${draft.exception_type}/${draft.next_action}`
  const counts = countBy(drafts.map(kindOf))
  const firsts = new Map<string, RecordDraft>()
  for (const draft of drafts) if (!firsts.has(kindOf(draft))) firsts.set(kindOf(draft), draft)
  const actions = [...firsts].map(([kind, { next_action, exception_type, summary }]) => ({
    action: next_action,
    about: exception_type,
    detail: `${counts[kind]} of this kind; the first: ${summary}`,
  }))
  const detail = 'Every invoice is confirmed. Review the result and close the run.'
  return actions.length > 0 ? actions : [{ action: 'review', about: 'reconciliation', detail }]
}

/** A finding in complete records is an exception of a ready result: one ticket points at all. */
function reviewTicket(drafts: readonly RecordDraft[]): NonNullable<ToolResult['exceptions']> {
  if (drafts.length === 0) return []
  const kinds = Object.entries(countBy(drafts.map(({ exception_type }) => exception_type)))
  return [
    {
      exception_type: 'manual_review_required',
      severity: 'medium',
      summary: `reconciliation found ${kinds.map(([type, n]) => `${n} ${type}`).join(', ')}`,
      next_action: drafts[0]?.next_action ?? 'review',
    },
  ]
}

function summarize(
  count: number,
  comparisons: readonly Comparison[],
  drafts: readonly RecordDraft[],
  status: string,
  next: NextActions,
): string {
  const agree = comparisons.filter(isMatch).length
  const done = `Compared ${comparisons.length} invoices among ${count} records: ${agree} agree.`
  const found =
    drafts.length === 0
      ? 'No exceptions.'
      : `${drafts.length} exceptions: ${drafts
          .slice(0, 3)
          .map(({ summary }) => summary)
          .join('; ')}${drafts.length > 3 ? '; …' : ''}.`
  return `${done} ${found} Status: ${status.replaceAll('_', ' ')}. Next: ${next.map(({ action }) => action).join(', ')}.`
}
