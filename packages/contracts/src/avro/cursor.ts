/** The primitives of Avro's binary form, read exactly and within the bytes that are there. */
import { isUtf8 } from 'node:buffer'

/** Bytes that are no value of the schema; the message says why. */
export class Undecodable extends RangeError {
  override readonly name = 'Undecodable'
}

export interface Cursor {
  readonly bytes: Buffer
  position: number
}

/** The items of the next block; every item takes a byte at least. */
export function readCount(cursor: Cursor): number {
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

export function readPresence(cursor: Cursor): boolean {
  const branch = readLong(cursor)
  if (branch === 0) return false
  if (branch === 1) return true
  throw new Undecodable(`branch ${branch} of a union of two`)
}

export function readBoolean(cursor: Cursor): boolean {
  const byte = readByte(cursor)
  if (byte > 1) throw new Undecodable('a boolean is 0 or 1')
  return byte === 1
}

export function readInt(cursor: Cursor): number {
  const value = readLong(cursor)
  if ((value | 0) !== value) throw new Undecodable('an integer is longer than 32 bits')
  return value
}

/** Zigzag varint; the first four bytes hold all usual numbers. */
export function readLong(cursor: Cursor): number {
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

export function readString(cursor: Cursor): string {
  const start = skipString(cursor)
  const end = cursor.position
  const text = cursor.bytes.toString('utf8', start, end)
  // broken UTF-8 shows as a replacement character, which may also be meant
  if (text.includes('\ufffd') && !isUtf8(cursor.bytes.subarray(start, end))) {
    throw new Undecodable('a text is not UTF-8')
  }
  return text
}

/** Passes over a text; answers where it begins. */
export function skipString(cursor: Cursor): number {
  const length = readLong(cursor)
  const start = cursor.position
  const end = start + length
  if (length < 0 || end > cursor.bytes.length) throw new Undecodable('a text leaves the bytes')
  cursor.position = end
  return start
}
