import { sha256Hex, statementText } from '@prooftrail/trail/encoding'

/** A signed order as its bytes stand: what is asked before anything is made of them. */
export interface RawOrder {
  agentId: string
  keyId: string
  signature: string
  /** Whether `after` is the empty list. */
  isFirst: boolean
  /** The bytes of the object. */
  object: Uint8Array
}

const LINK = ['object', 'after', 'key_id', 'signature'] as const
const OBJECT = ['agent_id'] as const
/** No id, key id or signature that counts is longer. */
const MAX_TEXT = 512

/**
 * Finds the members that authenticate an order in the bytes of its JSON, in one pass that makes no
 * values. It judges nothing: whether the bytes are JSON is asked of those whose key is known.
 * @returns undefined where a member is missing, or no text of a sensible length
 */
export function readRawOrder(body: Uint8Array): RawOrder | undefined {
  const link = memberSpans(body, LINK)
  const object = link?.get('object')
  const after = link?.get('after')
  const inner = object && memberSpans(object, OBJECT)
  const agentId = textOf(inner?.get('agent_id'))
  const keyId = textOf(link?.get('key_id'))
  const signature = textOf(link?.get('signature'))
  if (object === undefined || after === undefined) return undefined
  if (agentId === undefined || keyId === undefined || signature === undefined) return undefined
  const isFirst = after.length < MAX_TEXT && /^\[\s*\]$/.test(decode(after))
  return { agentId, keyId, signature, isFirst, object }
}

/** What the signature of an order is over, if its object is spelled as it stands here. */
export function rawStatement(object: Uint8Array): { text: string; statement: string } {
  const text = decode(object)
  return { text, statement: statementText('work_order', text, sha256Hex(object), []) }
}

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a]
const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_ARRAY, CLOSE_ARRAY] = [0x7b, 0x7d, 0x5b, 0x5d]

/** The values of the wanted members of an object, by name; undefined where the bytes are no object. */
function memberSpans<N extends string>(
  bytes: Uint8Array,
  wanted: readonly N[],
): Map<N, Uint8Array> | undefined {
  const found = new Map<N, Uint8Array>()
  let at = afterSpace(bytes, 0)
  if (bytes[at] !== OPEN_OBJECT) return undefined
  while (found.size < wanted.length) {
    at = afterSpace(bytes, at + 1)
    if (bytes[at] !== QUOTE) return found
    const start = at
    at = endOfString(bytes, at)
    const name = wanted.find((one) => isName(bytes, start, at, one))
    at = afterSpace(bytes, at + 1)
    if (bytes[at] !== COLON) return undefined
    const value = afterSpace(bytes, at + 1)
    at = endOfValue(bytes, value)
    if (name && !found.has(name)) found.set(name, trimmed(bytes.subarray(value, at)))
    if (bytes[at] !== COMMA) return bytes[at] === CLOSE_OBJECT ? found : undefined
  }
  return found
}

/** Whether the text between two quotes is this name, of ASCII, letter by letter. */
function isName(bytes: Uint8Array, start: number, end: number, name: string): boolean {
  if (end - start - 1 !== name.length) return false
  for (let n = 0; n < name.length; n += 1) {
    if (bytes[start + 1 + n] !== name.charCodeAt(n)) return false
  }
  return true
}

/** Where the comma or bracket stands that ends a value. */
function endOfValue(bytes: Uint8Array, start: number): number {
  let depth = 0
  for (let at = start; at < bytes.length; at += 1) {
    switch (bytes[at]) {
      case QUOTE:
        at = endOfString(bytes, at)
        break
      case OPEN_OBJECT:
      case OPEN_ARRAY:
        depth += 1
        break
      case CLOSE_OBJECT:
      case CLOSE_ARRAY:
        if (depth === 0) return at
        depth -= 1
        break
      case COMMA:
        if (depth === 0) return at
        break
    }
  }
  return bytes.length
}

/** Where the quote stands that ends a text. */
function endOfString(bytes: Uint8Array, start: number): number {
  let at = start + 1
  while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1
  return at
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}

function afterSpace(bytes: Uint8Array, start: number): number {
  let at = start
  while (isSpace(bytes[at])) at += 1
  return at
}

function trimmed(bytes: Uint8Array): Uint8Array {
  let end = bytes.length
  while (isSpace(bytes[end - 1])) end -= 1
  return bytes.subarray(0, end)
}

/** The text of a JSON string of a sensible length. */
function textOf(bytes: Uint8Array | undefined): string | undefined {
  if (bytes === undefined || bytes.length > MAX_TEXT || bytes[0] !== QUOTE) return undefined
  try {
    const value: unknown = JSON.parse(decode(bytes))
    return typeof value === 'string' ? value : undefined
  } catch {
    return undefined
  }
}

function decode(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString()
}
