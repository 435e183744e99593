/** The primitives of Avro's binary form, read exactly and within the bytes that are there. */
import { isUtf8 } from 'node:buffer'

/** Bytes that are no value of the schema; the message says why. */
export class Undecodable extends RangeError {
  override readonly name = 'Undecodable'
}

/** Bytes of which more would be made than their number allows. */
export class TooDense extends Undecodable {
  constructor() {
    super('more lists and objects than its bytes may hold')
  }
}

export interface Cursor {
  readonly bytes: Buffer
  position: number
  /** How many records and entries of maps may still be made of the bytes. */
  left: number
}

/** One more record or entry. @throws TooDense */
export function spend(cursor: Cursor): void {
  if (--cursor.left < 0) throw new TooDense()
}

/** The items of the next block, each of which takes `least` bytes at least. */
export function readCount(cursor: Cursor, least: number): number {
  let count = readLong(cursor)
  if (count < 0) {
    count = -count
    readLong(cursor)
  }
  if (count * least > cursor.bytes.length - cursor.position) {
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

/** Zigzag varint in as few bytes as it takes; the first four hold all usual numbers. */
export function readLong(cursor: Cursor): number {
  let bits = 0
  for (let shift = 0; shift < 28; shift += 7) {
    const byte = readByte(cursor)
    bits |= (byte & 0x7f) << shift
    if (byte < 0x80) {
      if (byte === 0 && shift > 0) throw tooLong()
      return (bits >>> 1) ^ -(bits & 1)
    }
  }
  return readWideLong(cursor, BigInt(bits))
}

function readWideLong(cursor: Cursor, low: bigint): number {
  let bits = low
  for (let shift = 28n; shift < 70n; shift += 7n) {
    const byte = readByte(cursor)
    bits |= BigInt(byte & 0x7f) << shift
    if (byte >= 0x80) continue
    if (byte === 0) throw tooLong()
    const value = Number((bits >> 1n) ^ -(bits & 1n))
    if (Number.isSafeInteger(value)) return value
    throw new Undecodable('an integer beyond the safe range')
  }
  throw new Undecodable('an integer longer than 10 bytes')
}

/** One value has one spelling: a message's id is over its bytes. */
function tooLong(): Undecodable {
  return new Undecodable('an integer takes more bytes than it needs')
}

function readByte(cursor: Cursor): number {
  const byte = cursor.bytes[cursor.position++]
  if (byte === undefined) throw new Undecodable('the bytes end early')
  return byte
}

export function readString(cursor: Cursor): string {
  return textFrom(cursor, skipString(cursor))
}

/** The text from `start` to where the cursor is. */
export function textFrom(cursor: Cursor, start: number): string {
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
