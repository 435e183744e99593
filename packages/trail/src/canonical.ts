/** One byte form per value: JSON that has exactly one spelling (RFC 8785, wire format section 1). */
import serialize from 'canonicalize'
import { encodeUtf8 } from './bytes.ts'
import { TrailError } from './errors.ts'
import { inOrder, ODD } from './ordered.ts'

/** How deep arrays and objects may nest. */
export const MAX_DEPTH = 64

const LONE_SURROGATE = /\p{Surrogate}/u

/**
 * The JCS text of a JSON value (RFC 8785).
 * Numbers must be finite and strings well-formed; `checkJson` says more.
 * @throws TrailError JSON_TYPE when the value has no JSON form
 */
export function canonicalize(value: unknown): string {
  const plain = plainText(value)
  if (plain !== undefined) return plain
  try {
    const text = serialize(value)
    if (text !== undefined) return text
  } catch (cause) {
    throw new TrailError('JSON_TYPE', 'the value has no canonical form', { cause })
  }
  throw new TrailError('JSON_TYPE', 'the value has no canonical form')
}

/**
 * The JCS text of a value that passes `checkJson`: both in one walk.
 * @throws TrailError JSON_* as `checkJson` does
 */
export function canonicalizeChecked(value: unknown): string {
  const plain = plainText(value)
  if (plain !== undefined) return plain
  checkJson(value)
  return canonicalize(value)
}

/**
 * The text of a value that is beyond doubt, at a quarter of the cost: the language's own serializer
 * writes numbers and strings as JCS does (RFC 8785 is defined by it), and keys as they stand.
 * Undefined leaves the value to the library and to `checkJson`.
 */
function plainText(value: unknown): string | undefined {
  const ordered = inOrder(value, MAX_DEPTH)
  if (ordered === ODD) return undefined
  const text = JSON.stringify(ordered)
  // a lone surrogate is written as an escape; a text that only quotes one goes the long way
  return text.includes('\\ud') ? undefined : text
}

/** The JCS text as UTF-8 bytes: what digests and signatures are over. */
export function canonicalBytes(value: unknown): Uint8Array {
  return encodeUtf8(canonicalize(value))
}

/**
 * Refuses what the JSON form of an object never holds (wire format section 1): null, undefined,
 * a lone surrogate, a number that is not finite or an integer beyond ±(2^53−1), nesting deeper
 * than 64, the key `__proto__`, anything that is not JSON.
 * @param levels how deep it may nest, where it stands inside of something
 * @throws TrailError JSON_* whose message ends in the path of the first fault
 */
export function checkJson(value: unknown, levels: number = MAX_DEPTH): void {
  check(value, '', 1 + MAX_DEPTH - levels)
}

function check(value: unknown, path: string, depth: number): void {
  switch (typeof value) {
    case 'string':
      checkString(value, path)
      return
    case 'boolean':
      return
    case 'number':
      if (Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value)))
        return
      throw new TrailError(
        'JSON_NUMBER',
        `a number that JSON does not carry exactly at ${at(path)}`,
      )
    case 'undefined':
      throw new TrailError('JSON_UNDEFINED', `undefined at ${at(path)}`)
    case 'object':
      if (value === null) throw new TrailError('JSON_NULL', `null at ${at(path)}`)
      checkMembers(value, path, depth)
      return
    default:
      throw new TrailError('JSON_TYPE', `a ${typeof value} at ${at(path)}`)
  }
}

function checkMembers(value: object, path: string, depth: number): void {
  if (depth > MAX_DEPTH) {
    throw new TrailError('JSON_DEPTH', `nesting deeper than ${MAX_DEPTH} at ${at(path)}`)
  }
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) check(value[i], `${path}/${i}`, depth + 1)
    return
  }
  const tag = Object.prototype.toString.call(value)
  if (tag !== '[object Object]' || typeof Reflect.get(value, 'toJSON') === 'function') {
    throw new TrailError('JSON_TYPE', `not a plain object at ${at(path)}`)
  }
  for (const [key, member] of Object.entries(value)) {
    const here = `${path}/${key}`
    if (key === '__proto__')
      throw new TrailError('JSON_FORBIDDEN_KEY', `a forbidden key at ${at(here)}`)
    checkString(key, here)
    check(member, here, depth + 1)
  }
}

function checkString(text: string, path: string): void {
  if (LONE_SURROGATE.test(text)) {
    throw new TrailError('JSON_SURROGATE', `a lone surrogate at ${at(path)}`)
  }
}

function at(path: string): string {
  return path === '' ? 'the root' : path
}
