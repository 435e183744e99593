/**
 * JSON values as the JCS text that Avro carries (RFC 8785, wire format section 1). The language's
 * own serializer writes exactly that for a value whose keys stand in order, at a quarter of the
 * cost; what was read from the bus always does, and the rest is put in order first.
 */
import { canonicalize, checkJson, MAX_DEPTH } from '@prooftrail/trail'

/** The JCS text of a value. @throws TrailError JSON_* for what the JSON form refuses */
export function writeJson(value: unknown): string {
  checkJson(value)
  if (isOrdered(value)) return JSON.stringify(value)
  const ordered = inOrder(value)
  return isOrdered(ordered) ? JSON.stringify(ordered) : canonicalize(value)
}

/** A copy whose objects got their keys in order; an object with integer-like keys keeps its own. */
function inOrder(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(inOrder)
  const copy: Record<string, unknown> = {}
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  for (const [key, member] of members) copy[key] = inOrder(member)
  return copy
}

/**
 * The value of a JCS text, or undefined when the text is another spelling of it: other order,
 * spaces, escapes or numbers, a key given twice.
 * @throws SyntaxError, or TrailError JSON_*
 */
export function readJson(text: string): unknown {
  const value: unknown = JSON.parse(text)
  // a lone surrogate can only stand as an escape: the text came from UTF-8
  const isExact = isExactOrdered(value, 1) && !text.includes('\\ud')
  if (isExact && JSON.stringify(value) === text) return value
  checkJson(value)
  return canonicalize(value) === text ? value : undefined
}

/** Whether each object enumerates its keys by UTF-16 code units; integer-like keys may not. */
function isOrdered(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true
  if (Array.isArray(value)) {
    for (const item of value) if (!isOrdered(item)) return false
    return true
  }
  let before: string | undefined
  for (const [key, member] of Object.entries(value)) {
    if (before !== undefined && key <= before) return false
    if (!isOrdered(member)) return false
    before = key
  }
  return true
}

/** For a parsed value: ordered, and all that `checkJson` asks but surrogates, in one walk. */
function isExactOrdered(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true
    case 'number':
      return Number.isSafeInteger(value) || (Number.isFinite(value) && !Number.isInteger(value))
  }
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return false
  if (Array.isArray(value)) {
    for (const item of value) if (!isExactOrdered(item, depth + 1)) return false
    return true
  }
  // what JSON.parse made holds its members as own properties
  const members = value as Record<string, unknown>
  let before: string | undefined
  for (const key of Object.keys(members)) {
    if ((before !== undefined && key <= before) || key === '__proto__') return false
    if (!isExactOrdered(members[key], depth + 1)) return false
    before = key
  }
  return true
}
