import {
  type EvidenceClass,
  isAhead,
  isOlderThan,
  isOver,
  readTime,
  type TimeRead,
} from '@prooftrail/contracts'
import type { EvidenceItem } from './assess-evidence.ts'
import { KNOWN_WORDS, readStanding } from './status-words.ts'

/**
 * Whether one item may be relied on, from what it says of itself. Pure; times are compared as
 * instants with the command's own.
 * J1 An item that says that it does not stand, or says so in words that nobody knows, is unresolved.
 * J2 A date that cannot be read, or lies ahead of the command, makes it unresolved: never fresh.
 * J3 What is over (`expires_at` and its like) or older than its class allows is stale.
 * J4 One that another holds in place of is superseded: it counts only where nothing else is there.
 */
export type Judgement =
  | { state: 'present' }
  | { state: 'superseded'; detail: string }
  | { state: 'stale' | 'unresolved'; detail: string }

/** Members that say until when an item holds, and from when. */
const UNTIL = [
  'expires_at',
  'expires_on',
  'expires',
  'expiry',
  'expiry_date',
  'expiration',
  'expiration_date',
  'valid_until',
  'valid_to',
  'valid_through',
  'not_after',
] as const
const FROM = ['valid_from', 'not_before'] as const

/** @param issued_at the command's time */
export function judgeItem(
  item: EvidenceItem,
  { max_age_days, status_words, usable_statuses = ['done'] }: Partial<EvidenceClass>,
  issued_at: string,
): Judgement {
  const standing = readStanding(item, status_words)
  const unresolved = (detail: string): Judgement => ({ state: 'unresolved', detail })
  if (standing.meaning === 'unknown') {
    return unresolved(`has a ${standing.said} that is on no list (known are ${KNOWN_WORDS}; …)`)
  }
  if (standing.meaning === 'superseded') {
    return { state: 'superseded', detail: `is superseded (${standing.said})` }
  }
  if (standing.meaning === 'unresolved') {
    const isPlain = item.unresolved === true || item.status === 'unresolved'
    return unresolved(`is marked unresolved${isPlain ? '' : ` (${standing.said})`}`)
  }
  const isUsable = usable_statuses.some((meaning) => meaning === standing.meaning)
  if (standing.meaning !== 'unsaid' && !isUsable) {
    return unresolved(`is ${standing.meaning} (${standing.said})`)
  }
  return judgeTimes(item, max_age_days, Date.parse(issued_at))
}

/**
 * What the dates of an item, or of a row inside one, say: J2 and J3 alone.
 * @param now the command's time, in milliseconds
 */
export function judgeTimes(
  item: { readonly [member: string]: unknown },
  days: number | undefined,
  now: number,
): Exclude<Judgement, { state: 'superseded' }> {
  const dated = (['issued_at', ...FROM, ...UNTIL] as const).flatMap((member) => {
    const value = item[member]
    const isGiven = value !== undefined && value !== null && value !== ''
    return isGiven ? [{ member, value, read: readTime(value) }] : []
  })
  for (const { member, value, read } of dated) {
    if ('reason' in read) {
      const detail = `has the ${member} ${JSON.stringify(value)}, which cannot be read: ${read.reason}`
      return { state: 'unresolved', detail }
    }
    const begins = member === 'issued_at' || isOneOf(FROM, member)
    if (begins && isAhead(read.time, now)) {
      const detail = `has the ${member} ${read.time.text}, which is ahead of the command`
      return { state: 'unresolved', detail }
    }
  }
  const over = dated.find(({ member, read }) => isOneOf(UNTIL, member) && isPast(read, now))
  if (over) return { state: 'stale', detail: `ended: ${over.member} ${String(over.value)}` }
  const own = dated.find(({ member }) => member === 'issued_at')?.read
  if (days !== undefined && own && 'time' in own && isOlderThan(own.time, days, now)) {
    return { state: 'stale', detail: `is older than ${days} days` }
  }
  return { state: 'present' }
}

function isPast(read: TimeRead, now: number): boolean {
  return 'time' in read && isOver(read.time, now)
}

function isOneOf(members: readonly string[], member: string): boolean {
  return members.includes(member)
}
