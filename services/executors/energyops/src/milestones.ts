import { type Command, evidenceItems, type RecordDraft } from '@prooftrail/executor-sdk'

/** How far the project is, by its own milestone records. */
export interface MilestoneSummary {
  total: number
  done: number
  upcoming: number
  overdue: number
  /** Named in neither way: a status without a date. */
  undated: number
  next?: { milestone: string; due_at: string }
  overdue_milestones: string[]
}

const DONE: ReadonlySet<unknown> = new Set(['done', 'complete', 'completed', 'achieved', 'met'])

/** Counts milestones against the command's time; an overdue one wants an operator's eye. */
export function summarizeMilestones(command: Command): {
  summary: MilestoneSummary
  findings: RecordDraft[]
} {
  const milestones = evidenceItems(command.evidence, 'milestones').map((item) => ({
    milestone: typeof item.milestone === 'string' ? item.milestone : item.reference,
    done: DONE.has(item.status),
    due_at: typeof item.due_at === 'string' ? item.due_at : undefined,
  }))
  const open = milestones.filter(({ done }) => !done)
  const dated = open.flatMap(({ milestone, due_at }) => (due_at ? [{ milestone, due_at }] : []))
  const isPast = ({ due_at }: { due_at: string }) => due_at < command.issued_at
  const overdue = dated.filter(isPast)
  const upcoming = dated.filter((one) => !isPast(one))
  const [next] = [...upcoming].sort((a, b) => (a.due_at < b.due_at ? -1 : 1))
  return {
    summary: {
      total: milestones.length,
      done: milestones.length - open.length,
      upcoming: upcoming.length,
      overdue: overdue.length,
      undated: open.length - dated.length,
      ...(next ? { next } : {}),
      overdue_milestones: overdue.map(({ milestone }) => milestone),
    },
    findings: overdue.map(({ milestone, due_at }) => ({
      exception_type: 'needs_operator_review',
      status: 'waiting_on_operator',
      summary: `milestone ${milestone} was due ${due_at} and is not reported as done`,
      missing_items: [milestone],
      next_action: 'review_milestone',
    })),
  }
}
