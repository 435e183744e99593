import { type EvidenceItem, isOver, meaningOf, type Time } from '@prooftrail/executor-sdk'
import { type DateOrder, readDue } from './due-dates.ts'
import { firstOf } from './words.ts'

/** How far the project is, by its own milestone records. */
export interface MilestoneSummary {
  total: number
  done: number
  upcoming: number
  overdue: number
  /** Named in neither way: open, without a date that can be read. */
  undated: number
  next?: { milestone: string; due_at: string }
  overdue_milestones: string[]
}

/** One milestone as it was read. */
export interface Milestone {
  name: string
  item: EvidenceItem
  done: boolean
  /** As it was written. */
  due?: { text: string; read: { time: Time } | { reason: string } }
}

const DUE = ['due_at', 'due_on', 'due_date', 'due', 'target_date', 'date']
/** Members that say when a milestone was reached. */
const REACHED = ['completed_at', 'completed_on', 'done_at', 'achieved_at', 'actual_date']

/** Reads the records; one that says of itself that it is void or superseded is none. */
export function readMilestones(items: readonly EvidenceItem[], order: DateOrder): Milestone[] {
  return items.flatMap((item) => {
    const meaning = typeof item.status === 'string' ? meaningOf(item.status) : undefined
    if (meaning === 'void' || meaning === 'superseded') return []
    const due = firstOf(item, DUE)
    const named = firstOf(item, ['milestone', 'name', 'title'])?.value
    return [
      {
        name: typeof named === 'string' ? named : item.reference,
        item,
        done: meaning === 'done' || (meaning === undefined && isReached(item)),
        ...(due ? { due: { text: String(due.value), read: readDue(due.value, order) } } : {}),
      },
    ]
  })
}

function isReached(item: EvidenceItem): boolean {
  return item.status === undefined && firstOf(item, REACHED) !== undefined
}

/** Counts milestones against the command's time, as instants; a day is over at its end. */
export function summarizeMilestones(
  milestones: readonly Milestone[],
  now: number,
): { summary: MilestoneSummary; overdue: Milestone[]; unread: Milestone[] } {
  const open = milestones.filter(({ done }) => !done)
  const timed = open.flatMap((milestone) => {
    const { due } = milestone
    return due && 'time' in due.read ? [{ milestone, time: due.read.time, text: due.text }] : []
  })
  const overdue = timed.filter(({ time }) => isOver(time, now))
  const upcoming = timed.filter(({ time }) => !isOver(time, now))
  const [next] = [...upcoming].sort((a, b) => a.time.start - b.time.start)
  return {
    summary: {
      total: milestones.length,
      done: milestones.length - open.length,
      upcoming: upcoming.length,
      overdue: overdue.length,
      undated: open.length - timed.length,
      ...(next ? { next: { milestone: next.milestone.name, due_at: next.text } } : {}),
      overdue_milestones: overdue.map(({ milestone }) => milestone.name),
    },
    overdue: overdue.map(({ milestone }) => milestone),
    unread: open.filter(({ due }) => due !== undefined && 'reason' in due.read),
  }
}
