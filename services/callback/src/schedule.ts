import { createHash } from 'node:crypto'

/**
 * When the next attempt is made: ten attempts over about 75 hours.
 * The gaps are those that the Standard Webhooks specification recommends (section "Deliverability
 * and reliability"); each is stretched or shrunk by up to a tenth, so that orders that failed
 * together do not come back together.
 */

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

/** What follows attempt 1, 2, … 9, in milliseconds. */
export const GAPS_MS: readonly number[] = [
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
]

/** Attempts in all, unless a deployment names other gaps; what fails after the last one is parked. */
export const MAX_ATTEMPTS = GAPS_MS.length + 1

/** The longest a receiver can put an attempt off with Retry-After. */
export const MAX_RETRY_AFTER_MS = 24 * HOUR

/** The shortest gap after 429 without Retry-After. */
const THROTTLED_MS = MINUTE

const JITTER = 0.1

/** What a receiver's answer says about the next attempt. */
export interface Answer {
  http_status?: number
  /** RFC 3339; what Retry-After named, as a point in time. */
  retry_after?: string
}

/**
 * When to try again after attempt `attempt` (from 1) that ended at `ended` (RFC 3339).
 * Never before the schedule, and later when the receiver asks for it (at most a day).
 * The jitter is derived from `callbackEventId` and the attempt: asked again, the answer is the same.
 * @param gaps what follows attempt 1, 2, …, in milliseconds
 * @returns RFC 3339 with milliseconds, or undefined when the attempts are used up
 */
export function nextAttemptAt(
  callbackEventId: string,
  attempt: number,
  ended: string,
  answer: Answer = {},
  gaps: readonly number[] = GAPS_MS,
): string | undefined {
  const gap = gaps[attempt - 1]
  if (gap === undefined) return undefined
  const end = Date.parse(ended)
  const jittered = gap * (1 + JITTER * (2 * fraction(`${callbackEventId}/${attempt}`) - 1))
  const scheduled = answer.http_status === 429 ? Math.max(jittered, THROTTLED_MS) : jittered
  const asked = answer.retry_after === undefined ? 0 : Date.parse(answer.retry_after) - end
  const wait = Math.max(scheduled, Math.min(asked, MAX_RETRY_AFTER_MS))
  return new Date(end + Math.round(wait)).toISOString()
}

/**
 * The point in time that a Retry-After header names (RFC 9110, section 10.2.3): whole seconds
 * after `now` (epoch milliseconds), or an HTTP date. Capped at a day after `now`.
 * @returns RFC 3339 with milliseconds; undefined for anything else, and for what is past
 */
export function parseRetryAfter(value: string | undefined, now: number): string | undefined {
  if (value === undefined) return undefined
  const text = value.trim()
  const at = /^[0-9]{1,10}$/.test(text) ? now + Number(text) * SECOND : parseHttpDate(text)
  if (at === undefined || at <= now) return undefined
  return new Date(Math.min(at, now + MAX_RETRY_AFTER_MS)).toISOString()
}

/** Only the forms of RFC 9110, section 5.6.7: what else Date.parse understands is no HTTP date. */
function parseHttpDate(text: string): number | undefined {
  if (!/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(text)) return undefined
  const at = Date.parse(text.endsWith('GMT') ? text : `${text} GMT`)
  return Number.isNaN(at) ? undefined : at
}

/** A number from 0 to 1 that depends on the text alone. */
function fraction(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE(0) / 0xffff_ffff
}
