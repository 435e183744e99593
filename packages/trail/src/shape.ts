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

/** The milliseconds of a time `YYYY-MM-DDThh:mm:ss.sssZ` of the years 1970 to 9999 (wire format section 1), else undefined. */
export function timeOf(value: unknown): number | undefined {
  if (typeof value !== 'string' || !TIME.test(value)) return undefined
  const ms = Date.parse(value)
  return ms >= 0 && new Date(ms).toISOString() === value ? ms : undefined
}
