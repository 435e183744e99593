/**
 * Avro bytes → JSON form, exactly: nulls are absent members, `json` strings are values, links are
 * `Link`s that keep their bytes. Reading is bounded by the bytes that are there. (The Avro library
 * trusts the counts it reads: an array that claims four thousand million items keeps it busy for
 * minutes; and it repairs broken UTF-8.)
 */
import { canonicalizeChecked } from '@prooftrail/trail/encoding'
import {
  type Cursor,
  readBoolean,
  readCount,
  readInt,
  readLong,
  readPresence,
  readString,
  skipString,
  spend,
  TooDense,
  textFrom,
  Undecodable,
} from './cursor.ts'
import { isDenseJson } from './json-density.ts'
import { kindOfRecord } from './link-shape.ts'
import { compileLink } from './read-link.ts'
import { type FieldShape, leastBytes, type RecordShape, type Shape } from './shape.ts'

/**
 * How far bytes are believed. `outside`: everything is read and checked at once. `own`: written by
 * our services after such a check; a link's object is passed over, and read when somebody asks.
 */
export type Trust = 'outside' | 'own'

export type Read = (cursor: Cursor) => unknown

/**
 * What may be made of `bytes` bytes: so many records and entries of maps, and in a `json` text so many
 * lists and objects. In memory one takes some 60 bytes; on the bus it may take two, a real one takes
 * 20 and more. So a message takes fifteen times its bytes at most before anybody has judged it.
 */
const ALLOWED: Readonly<Record<Trust, (bytes: number) => number>> = {
  outside: (bytes) => 64 + bytes / 8,
  own: (bytes) => 1_024 + bytes / 4,
}

/**
 * The reader for one schema: the value that starts at `offset` and ends with the bytes.
 * It throws `Undecodable` for truncated or trailing bytes, counts or lengths beyond the bytes,
 * integers longer than they need be, and,
 * but for the objects of links that our own services wrote, for text that is not UTF-8, integers
 * that are not safe, `json` text that is not in JCS form; `TooDense` for more values than `ALLOWED`.
 */
export function compileReader(
  shape: RecordShape,
  trust: Trust,
): (bytes: Buffer, offset: number) => unknown {
  const read = compileRead(shape, trust, readJsonChecked)
  const allowed = ALLOWED[trust]
  return (bytes, offset) => {
    const cursor: Cursor = { bytes, position: offset, left: allowed(bytes.length - offset) }
    const value = read(cursor)
    const rest = bytes.length - cursor.position
    if (rest !== 0) throw new Undecodable(`${rest} bytes follow the value`)
    return value
  }
}

/** The reader for one shape. @param json reads the text of a `json` member */
export function compileRead(shape: Shape, trust: Trust, json: Read): Read {
  switch (shape.kind) {
    case 'string':
      return readString
    case 'boolean':
      return readBoolean
    case 'int':
      return readInt
    case 'long':
      return readLong
    case 'json':
      return json
    case 'array':
      return arrayOf(compileRead(shape.items, trust, json), shape.items)
    case 'map':
      return mapOf(compileRead(shape.values, trust, json), leastBytes(shape.values) + 1)
    case 'record': {
      const kind = kindOfRecord(shape)
      return kind === undefined
        ? recordOf(shape.fields, (one) => compileRead(one, trust, json))
        : compileLink(shape, kind, trust)
    }
  }
}

function recordOf(fields: readonly FieldShape[], compile: (shape: Shape) => Read): Read {
  const members = fields.map(({ optional, shape }) => ({ optional, read: compile(shape) }))
  // members are set in the order of JCS, so that a canonical text needs no copy in that order
  const order = fields
    .map(({ name }, place) => ({ name, place }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  return (cursor) => {
    spend(cursor)
    const read: unknown[] = []
    for (const member of members) {
      read.push(member.optional && !readPresence(cursor) ? undefined : member.read(cursor))
    }
    const value: Record<string, unknown> = {}
    for (const { name, place } of order) {
      const member = read[place]
      if (member !== undefined) value[name] = member
    }
    return value
  }
}

function arrayOf(read: Read, shape: Shape): Read {
  const least = leastBytes(shape)
  const isCounted = shape.kind === 'record'
  return (cursor) => {
    const items: unknown[] = []
    for (let count = readCount(cursor, least); count > 0; count = readCount(cursor, least)) {
      if (isCounted && count > cursor.left) throw new TooDense()
      for (let i = 0; i < count; i++) items.push(read(cursor))
    }
    return items
  }
}

function mapOf(read: Read, least: number): Read {
  return (cursor) => {
    const value: Record<string, unknown> = {}
    for (let count = readCount(cursor, least); count > 0; count = readCount(cursor, least)) {
      for (let i = 0; i < count; i++) {
        spend(cursor)
        const key = readString(cursor)
        if (key === '__proto__') throw new Undecodable('a map has a forbidden key')
        if (Object.hasOwn(value, key)) throw new Undecodable('a map has a key twice')
        value[key] = read(cursor)
      }
    }
    return value
  }
}

/** The value of a `json` member whose text is its one canonical spelling (RFC 8785). */
export function readJsonChecked(cursor: Cursor): unknown {
  const start = skipString(cursor)
  const text = textFrom(cursor, start)
  if (isDenseJson(cursor.bytes, start, cursor.position, ALLOWED.outside)) throw new TooDense()
  const value = parse(text)
  if (canonicalText(value) === text) return value
  throw new Undecodable('a json member is not in canonical form')
}

/** The value of a `json` member that was checked where it came in. */
export function readJsonBelieved(cursor: Cursor): unknown {
  return parse(readString(cursor))
}

function canonicalText(value: unknown): string {
  try {
    return canonicalizeChecked(value)
  } catch (error) {
    throw noJson(error)
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw noJson(error)
  }
}

/** Without a cause: what has one is taken for an outage. */
function noJson(error: unknown): Undecodable {
  const detail = error instanceof Error ? error.message : String(error)
  return new Undecodable(`a json member holds no JSON of the wire format: ${detail}`)
}
