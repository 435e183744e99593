import { readTime, type Time } from '@prooftrail/executor-sdk'

/** How a utility's tables write dates that are not RFC 3339. */
export type DateOrder = 'month_first' | 'day_first' | 'unsaid'

const SLASHED = /^\s*(\d{1,2})[/.](\d{1,2})[/.](\d{4})\s*$/

/**
 * Reads a date of a queue table: RFC 3339 or a bare date as everywhere, else M/D/YYYY or D/M/YYYY as the
 * profile says. Where it says neither, only what can be read in one way is read.
 */
export function readDue(value: unknown, order: DateOrder): { time: Time } | { reason: string } {
  const [, one = '', two = '', year] = typeof value === 'string' ? (SLASHED.exec(value) ?? []) : []
  if (year === undefined) return readTime(value)
  const monthFirst = readTime(`${year}-${one.padStart(2, '0')}-${two.padStart(2, '0')}`)
  const dayFirst = readTime(`${year}-${two.padStart(2, '0')}-${one.padStart(2, '0')}`)
  if (order === 'month_first') return monthFirst
  if (order === 'day_first') return dayFirst
  if ('reason' in monthFirst) return dayFirst
  if ('reason' in dayFirst || one === two) return monthFirst
  return { reason: 'it can be read with the month first or the day first' }
}
