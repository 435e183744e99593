/** Small predicates over JSON values of unknown shape. */

export type JsonObject = Record<string, unknown>

/** Whether the value is a JSON object (not an array, not null). */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Whether the value is an object with all of `required`, maybe some of `optional`, nothing else. */
export function isClosed(
  value: unknown,
  required: readonly string[],
  optional: readonly string[] = [],
): value is JsonObject {
  if (!isObject(value)) return false
  const keys = Object.keys(value)
  return (
    required.every((key) => Object.hasOwn(value, key)) &&
    keys.every((key) => required.includes(key) || optional.includes(key))
  )
}

/** Whether the value is a string with something in it. */
export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

/** Whether the value is an integer from 0 that JSON carries exactly. */
export function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

/** Whether the value is an array of strings. */
export function isTextArray(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/
const TIME_LENGTH = 24

/** The milliseconds of a time `YYYY-MM-DDThh:mm:ss.sssZ` of the years 1970 to 9999 (wire format section 1), else undefined. */
export function timeOf(value: unknown): number | undefined {
  // the length first: it costs nothing, and a long text is not searched
  if (typeof value !== 'string' || value.length !== TIME_LENGTH || !TIME.test(value)) {
    return undefined
  }
  const year = 100 * pairAt(value, 0) + pairAt(value, 2)
  const [month, day, hour] = [pairAt(value, 5), pairAt(value, 8), pairAt(value, 11)]
  const [minute, second] = [pairAt(value, 14), pairAt(value, 17)]
  if (year < 1970 || hour > 23 || minute > 59 || second > 59) return undefined
  const isDay = month >= 1 && month <= 12 && day >= 1 && day <= daysOf(year, month)
  if (!isDay) return undefined
  const ms = 10 * pairAt(value, 20) + digitAt(value, 22)
  return Date.UTC(year, month - 1, day, hour, minute, second, ms)
}

function pairAt(text: string, i: number): number {
  return 10 * digitAt(text, i) + digitAt(text, i + 1)
}

function digitAt(text: string, i: number): number {
  return text.charCodeAt(i) - 0x30
}

/** How many days a month has in the Gregorian calendar. */
function daysOf(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}
