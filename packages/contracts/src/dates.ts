/**
 * The one parser of times that other people write (RFC 3339), and how two are compared.
 * T1 A date-time with seconds and a zone (`Z` or `±hh:mm`) is an instant. `T` and `Z` may be small
 *    (RFC 3339 section 5.6); a blank for `T`, `+01` and a time without a zone are no time.
 * T2 A bare date, `YYYY-MM-DD`, is its whole day in UTC: from its first to its last millisecond.
 * T3 A leap second (section 5.7) stands where UTC may have one, in the last minute of a month, and
 *    is read as the second that follows, as clocks that count POSIX seconds do.
 * T4 Years are 1970 to 9999, in UTC. Digits beyond the millisecond are dropped.
 * T5 Times are compared as instants, never as text. A day is before an instant when all of it is.
 */
import { CLOCK_SKEW_MS } from '@prooftrail/trail/format'

export { CLOCK_SKEW_MS }

/** A time as it was written, and the milliseconds since 1970 in UTC that it covers, both included. */
export interface Time {
  form: 'instant' | 'day'
  text: string
  start: number
  /** That of `start` for an instant. */
  end: number
}

/** A time, or why the value is none, in words that end a sentence about it. */
export type TimeRead = { time: Time } | { reason: string }

const DAY_MS = 86_400_000
const DATE = /^(\d{4})-(\d{2})-(\d{2})$/
const DATE_TIME =
  /^(\d{4}-\d{2}-\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d+))?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/
const FIRST = 0
const LAST = Date.UTC(9999, 11, 31, 23, 59, 59, 999)

/** Reads a value of any kind; never throws. */
export function readTime(value: unknown): TimeRead {
  if (typeof value !== 'string') return { reason: 'it is no text' }
  const day = startOfDay(value)
  if (day !== undefined) return within(value, 'day', day, day + DAY_MS - 1)
  if (DATE.test(value)) return { reason: 'no calendar has this day' }
  const match = DATE_TIME.exec(value)
  if (match === null) return { reason: formFault(value) }
  const [, date = '', hour, minute, second, fraction = '', sign, zoneHour, zoneMinute] = match
  const midnight = startOfDay(date)
  if (midnight === undefined) return { reason: 'no calendar has this day' }
  const [h, m, s] = [Number(hour), Number(minute), Number(second)]
  const [zh, zm] = [Number(zoneHour ?? 0), Number(zoneMinute ?? 0)]
  if (h > 23 || m > 59 || s > 60 || zh > 23 || zm > 59) return { reason: 'no clock shows this' }
  const offset = (sign === '-' ? -1 : 1) * (zh * 60 + zm) * 60_000
  const at =
    midnight + ((h * 60 + m) * 60 + s) * 1000 + Number(fraction.slice(0, 3).padEnd(3, '0')) - offset
  if (s === 60 && !beginsMonth(at)) return { reason: 'no leap second can be here' }
  return within(value, 'instant', at, at)
}

/** Whether all of one time lies before all of the other. */
export function isBefore(one: Pick<Time, 'end'>, other: Pick<Time, 'start'>): boolean {
  return one.end < other.start
}

/** Whether a time is over: an instant from itself on, a day when it has ended. */
export function isOver({ form, end }: Time, now: number): boolean {
  return form === 'instant' ? end <= now : end < now
}

/** Whether a time lies ahead of now by more than clocks may differ. */
export function isAhead({ start }: Pick<Time, 'start'>, now: number): boolean {
  return start > now + CLOCK_SKEW_MS
}

/** Whether a time is more than so many days before now; a day counts from its end. */
export function isOlderThan({ end }: Pick<Time, 'end'>, days: number, now: number): boolean {
  return now - end > days * DAY_MS
}

function within(text: string, form: Time['form'], start: number, end: number): TimeRead {
  if (start < FIRST || end > LAST) return { reason: 'its year is not of 1970 to 9999' }
  return { time: { form, text, start, end } }
}

function startOfDay(date: string): number | undefined {
  const match = DATE.exec(date)
  if (match === null) return undefined
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])]
  // Date.UTC takes years below 100 for those of the twentieth century
  const at = new Date(0).setUTCFullYear(year, month - 1, day)
  const made = new Date(at)
  return made.getUTCMonth() === month - 1 && made.getUTCDate() === day ? at : undefined
}

function beginsMonth(at: number): boolean {
  const date = new Date(at)
  const ofDay = at - Math.floor(at / DAY_MS) * DAY_MS
  return date.getUTCDate() === 1 && ofDay < 1000
}

function formFault(text: string): string {
  if (/^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?$/.test(text)) return 'it names no zone'
  return 'it is neither YYYY-MM-DD nor YYYY-MM-DDThh:mm:ss with a zone (RFC 3339)'
}
