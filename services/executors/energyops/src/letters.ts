import { type EvidenceItem, isBefore, isOver, meaningOf, readTime } from '@prooftrail/executor-sdk'
import { firstOf, isDescribedBy } from './words.ts'

const DEFICIENCY = [
  'deficien',
  'notice to cure',
  'cure notice',
  'incomplete application',
  'data request',
]
const WITHDRAWAL = [
  'notice of withdrawal',
  'withdrawal notice',
  'deemed withdrawn',
  'withdrawal of',
]
const ANSWERS = ['answers', 'in_reply_to', 'responds_to', 'response_to', 'cures']
const DUE = ['response_due', 'response_due_at', 'cure_by', 'due_at', 'due_date', 'due']
/** Words by which the utility, not the sender, says that the matter is over. */
const CLOSED = [
  'answered',
  'resolved',
  'cured',
  'closed',
  'satisfied',
  'accepted',
  'complete',
  'completed',
]

/** What a letter leaves open. */
export interface OpenLetter {
  letter: EvidenceItem
  kind: 'deficiency' | 'withdrawal' | 'answered_late'
  detail: string
}

/**
 * Letters of the utility that want an answer. A notice of deficiency is open until the packet holds
 * its answer (`answers` or `in_reply_to` names it) or says that it was cured.
 */
export function openLetters(items: readonly EvidenceItem[], now: number): OpenLetter[] {
  return items.flatMap((letter): OpenLetter[] => {
    if (
      answeredBy(letter, items) === undefined &&
      isDescribedBy(letter, WITHDRAWAL) &&
      !isClosed(letter)
    ) {
      return [
        { letter, kind: 'withdrawal', detail: `${letter.reference} is a notice of withdrawal` },
      ]
    }
    if (!isDescribedBy(letter, DEFICIENCY) || isAnswer(letter) || isClosed(letter)) return []
    const due = firstOf(letter, DUE)
    const answer = answeredBy(letter, items)
    if (answer !== undefined) return answeredLate(letter, answer, due?.value)
    return [
      {
        letter,
        kind: 'deficiency',
        detail: `${letter.reference} is a notice of deficiency without an answer${dueWords(due, now)}`,
      },
    ]
  })
}

function dueWords(due: { member: string; value: unknown } | undefined, now: number): string {
  if (due === undefined) return ''
  const read = readTime(due.value)
  if ('reason' in read) return `; ${due.member} ${String(due.value)} cannot be read: ${read.reason}`
  return isOver(read.time, now)
    ? `; its answer was due ${String(due.value)}, which has passed`
    : `; its answer is due ${String(due.value)}`
}

function answeredLate(letter: EvidenceItem, answer: EvidenceItem, due: unknown): OpenLetter[] {
  const wanted = readTime(due)
  const given = readTime(answer.issued_at)
  if ('reason' in wanted || 'reason' in given || !isBefore(wanted.time, given.time)) return []
  const detail = `${letter.reference} was answered by ${answer.reference} on ${given.time.text}, after ${wanted.time.text}`
  return [{ letter, kind: 'answered_late', detail }]
}

function answeredBy(
  letter: EvidenceItem,
  items: readonly EvidenceItem[],
): EvidenceItem | undefined {
  return items.find((item) => {
    const meaning = typeof item.status === 'string' ? meaningOf(item.status) : 'done'
    if (item === letter || meaning !== 'done' || item.unresolved) return false
    return ANSWERS.some((member) => [item[member]].flat().includes(letter.reference))
  })
}

function isAnswer(item: EvidenceItem): boolean {
  return ANSWERS.some((member) => item[member] !== undefined && item[member] !== '')
}

function isClosed({ status }: EvidenceItem): boolean {
  return typeof status === 'string' && CLOSED.includes(status.trim().toLowerCase())
}
