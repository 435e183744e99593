import type { RecordDraft, ToolResult } from '@prooftrail/executor-sdk'
import { type Comparison, isMatch } from './book.ts'

/** How a reconciliation ends, the worst last. */
export type Status =
  | 'matched'
  | 'not_fully_checked'
  | 'exceptions_found'
  | 'incomplete'
  | 'not_reconciled'

/**
 * The verdict. `matched` is said of invoices that were compared and agree, and of nothing else: what
 * the scope left unchecked makes it `not_fully_checked`.
 */
export function statusOf(
  evidence: string,
  findings: number,
  comparisons: readonly Comparison[],
): Status {
  if (evidence === 'insufficient') return 'not_reconciled'
  if (evidence === 'partial') return 'incomplete'
  if (findings > 0) return 'exceptions_found'
  return comparisons.every(isMatch) ? 'matched' : 'not_fully_checked'
}

export function countBy(names: readonly string[]): { [name: string]: number } {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return Object.fromEntries(counts)
}

type Action = { action: string; about: string; detail: string }

/** One per kind of finding: ten thousand records do not make ten thousand actions. */
export function nextActions(drafts: readonly RecordDraft[], status: Status): Action[] {
  const kindOf = (draft: RecordDraft) => `${draft.exception_type}/${draft.next_action}`
  const counts = countBy(drafts.map(kindOf))
  const firsts = new Map<string, RecordDraft>()
  for (const draft of drafts) if (!firsts.has(kindOf(draft))) firsts.set(kindOf(draft), draft)
  const actions = [...firsts].map(([kind, { next_action, exception_type, summary }]) => ({
    action: next_action,
    about: exception_type,
    detail: `${counts[kind]} of this kind; the first: ${summary}`,
  }))
  if (actions.length > 0) return actions
  const detail =
    status === 'matched'
      ? 'Every invoice is confirmed. Review the result and close the run.'
      : 'Nothing differs in what was compared, and not all was compared. Review the result.'
  return [{ action: 'review', about: 'reconciliation', detail }]
}

/** A finding in complete records is an exception of a ready result: one ticket points at all. */
export function reviewTicket(
  drafts: readonly RecordDraft[],
): NonNullable<ToolResult['exceptions']> {
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

/** The work, what was found, and what to do next, in plain words. */
export function summarize(
  records: number,
  comparisons: readonly Comparison[],
  drafts: readonly RecordDraft[],
  status: Status,
  next: readonly Action[],
): string {
  const agree = comparisons.filter(isMatch).length
  const done = `Compared ${comparisons.length} invoices among ${records} records: ${agree} agree.`
  const first = drafts.slice(0, 3).map(({ summary }) => summary)
  const found =
    drafts.length === 0
      ? 'No exceptions.'
      : `${drafts.length} exceptions: ${first.join('; ')}${drafts.length > 3 ? '; …' : ''}.`
  return `${done} ${found} Status: ${status.replaceAll('_', ' ')}. Next: ${next.map(({ action }) => action).join(', ')}.`
}
