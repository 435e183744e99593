import { timeOf } from '../shape.ts'

/**
 * The time so many milliseconds after another, in the one form of wire format section 1. Times of
 * that form are ordered as text as they are as instants, which a year beyond 9999 would break.
 * @throws RangeError where either is no time of the years 1970 to 9999
 */
export function timePlus(time: string, ms: number): string {
  const from = timeOf(time)
  if (from === undefined) throw new RangeError(`${time} is no time of the wire format`)
  const later = new Date(from + ms)
  const text = Number.isNaN(later.getTime()) ? '' : later.toISOString()
  if (timeOf(text) === undefined) throw new RangeError(`${time} and ${ms} ms is no time any more`)
  return text
}
