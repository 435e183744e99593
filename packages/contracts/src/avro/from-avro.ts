/**
 * Avro bytes → JSON form, exactly: nulls are absent members, `json` strings are values. Reading is
 * bounded by the bytes that are there. (The Avro library trusts the counts it reads: an array that
 * claims four thousand million items keeps it busy for minutes; and it repairs broken UTF-8.)
 */
import { isUtf8 } from 'node:buffer'
import { readJson } from './json-text.ts'
import type { FieldShape, RecordShape, Shape } from './shape.ts'

/** Bytes that are no value of the schema; the message says why. */
export class Undecodable extends Error {
  override readonly name = 'Undecodable'
}

interface Cursor {
  readonly bytes: Buffer
  position: number
}

type Read = (cursor: Cursor) => unknown

/**
 * The reader for one schema: the value that starts at `offset` and ends with the bytes.
 * It throws `Undecodable` for truncated or trailing bytes, counts or lengths beyond the bytes,
 * text that is not UTF-8, integers that are not safe, `json` text that is not in JCS form.
 */
export function compileFromAvro(shape: RecordShape): (bytes: Buffer, offset: number) => unknown {
  const read = compile(shape)
  return (bytes, offset) => {
    const cursor: Cursor = { bytes, position: offset }
    const value = read(cursor)
    const rest = bytes.length - cursor.position
    if (rest !== 0) throw new Undecodable(`${rest} bytes follow the value`)
    return value
  }
}

function compile(shape: Shape): Read {
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
      return readJsonText
    case 'array':
      return arrayOf(compile(shape.items))
    case 'map':
      return mapOf(compile(shape.values))
    case 'record':
      return recordOf(shape.fields)
  }
}

function recordOf(fields: readonly FieldShape[]): Read {
  const members = fields.map(({ optional, shape }) => ({ optional, read: compile(shape) }))
  // members are set in the order of JCS, so that a canonical text needs no copy in that order
  const order = fields
    .map(({ name }, place) => ({ name, place }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  return (cursor) => {
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

function arrayOf(read: Read): Read {
  return (cursor) => {
    const items: unknown[] = []
    for (let count = readCount(cursor); count > 0; count = readCount(cursor)) {
      for (let i = 0; i < count; i++) items.push(read(cursor))
    }
    return items
  }
}

function mapOf(read: Read): Read {
  return (cursor) => {
    const value: Record<string, unknown> = {}
    for (let count = readCount(cursor); count > 0; count = readCount(cursor)) {
      for (let i = 0; i < count; i++) {
        const key = readString(cursor)
        if (key === '__proto__') throw new Undecodable('a map has a forbidden key')
        if (Object.hasOwn(value, key)) throw new Undecodable('a map has a key twice')
        value[key] = read(cursor)
      }
    }
    return value
  }
}

/** The items of the next block; every item takes a byte at least. */
function readCount(cursor: Cursor): number {
  let count = readLong(cursor)
  if (count < 0) {
    count = -count
    readLong(cursor)
  }
  if (count > cursor.bytes.length - cursor.position) {
    throw new Undecodable(`${count} items are claimed, more than there are bytes`)
  }
  return count
}

function readPresence(cursor: Cursor): boolean {
  const branch = readLong(cursor)
  if (branch === 0) return false
  if (branch === 1) return true
  throw new Undecodable(`branch ${branch} of a union of two`)
}

function readBoolean(cursor: Cursor): boolean {
  const byte = readByte(cursor)
  if (byte > 1) throw new Undecodable('a boolean is 0 or 1')
  return byte === 1
}

function readInt(cursor: Cursor): number {
  const value = readLong(cursor)
  if ((value | 0) !== value) throw new Undecodable('an integer is longer than 32 bits')
  return value
}

/** Zigzag varint; the first four bytes hold all usual numbers. */
function readLong(cursor: Cursor): number {
  let bits = 0
  for (let shift = 0; shift < 28; shift += 7) {
    const byte = readByte(cursor)
    bits |= (byte & 0x7f) << shift
    if (byte < 0x80) return (bits >>> 1) ^ -(bits & 1)
  }
  return readWideLong(cursor, BigInt(bits))
}

function readWideLong(cursor: Cursor, low: bigint): number {
  let bits = low
  for (let shift = 28n; shift < 70n; shift += 7n) {
    const byte = readByte(cursor)
    bits |= BigInt(byte & 0x7f) << shift
    if (byte >= 0x80) continue
    const value = Number((bits >> 1n) ^ -(bits & 1n))
    if (Number.isSafeInteger(value)) return value
    throw new Undecodable('an integer beyond the safe range')
  }
  throw new Undecodable('an integer longer than 10 bytes')
}

function readByte(cursor: Cursor): number {
  const byte = cursor.bytes[cursor.position++]
  if (byte === undefined) throw new Undecodable('the bytes end early')
  return byte
}

function readString(cursor: Cursor): string {
  const length = readLong(cursor)
  const start = cursor.position
  const end = start + length
  if (length < 0 || end > cursor.bytes.length) throw new Undecodable('a text leaves the bytes')
  cursor.position = end
  const text = cursor.bytes.toString('utf8', start, end)
  // broken UTF-8 shows as a replacement character, which may also be meant
  if (text.includes('\ufffd') && !isUtf8(cursor.bytes.subarray(start, end))) {
    throw new Undecodable('a text is not UTF-8')
  }
  return text
}

function readJsonText(cursor: Cursor): unknown {
  const text = readString(cursor)
  let value: unknown
  try {
    value = readJson(text)
  } catch (cause) {
    throw new Undecodable('a json member holds no JSON of the wire format', { cause })
  }
  if (value === undefined) throw new Undecodable('a json member is not in canonical form')
  return value
}
