import type { RecordParts } from './record-batch.ts'

/** One header: its name, and anybody's bytes. */
export interface Header {
  key: string
  value: Buffer | null
}

/** Where a header's parts stand. */
interface Span {
  nameAt: number
  nameEnd: number
  valueAt: number
  /** Before `valueAt` for a value that is null. */
  valueEnd: number
}

/** Reads records from bytes up to an end; whatever would leave them is answered with undefined. */
export class RecordReader {
  readonly #bytes: Buffer
  #at: number
  #end: number
  /** Whether something did not fit. */
  #isBroken = false
  readonly #span: Span = { nameAt: 0, nameEnd: 0, valueAt: 0, valueEnd: 0 }

  constructor(bytes: Buffer, at: number, end: number) {
    this.#bytes = bytes
    this.#at = at
    this.#end = end
  }

  /** The next record; undefined unless it, its headers included, fills its length exactly. */
  record(): RecordParts | undefined {
    const bytes = this.#bytes
    const length = this.#varint()
    const start = this.#at
    const end = start + length
    if (this.#isBroken || length < 0 || end > this.#end) return undefined
    const attributes = bytes.readInt8(start)
    this.#at = start + 1
    const timestampDelta = this.#varlong()
    const offsetDelta = this.#varint()
    const key = this.#part(end)
    const value = this.#part(end)
    const headersAt = this.#at
    const count = this.#varint()
    if (count < 0) return undefined
    for (let i = 0; i < count && !this.#isBroken; i += 1) this.#next(end)
    if (this.#isBroken || this.#at !== end) return undefined
    return { attributes, timestampDelta, offsetDelta, key, value, bytes, headersAt, end }
  }

  /** The headers from here on, in order. */
  *headers(): Generator<Header> {
    const bytes = this.#bytes
    const count = this.#varint()
    for (let i = 0; i < count; i += 1) {
      const { nameAt, nameEnd, valueAt, valueEnd } = this.#next(this.#end)
      const value = valueEnd < valueAt ? null : bytes.subarray(valueAt, valueEnd)
      yield { key: bytes.toString('utf8', nameAt, nameEnd), value }
    }
  }

  /** The text of the header of this name (ASCII); undefined unless it comes once, with a value. */
  header(name: string): string | undefined {
    const count = this.#varint()
    let found: string | undefined
    for (let i = 0; i < count; i += 1) {
      const { nameAt, nameEnd, valueAt, valueEnd } = this.#next(this.#end)
      if (nameEnd - nameAt !== name.length || !this.#isAt(nameAt, name)) continue
      if (found !== undefined || valueEnd < valueAt) return undefined
      found = this.#bytes.toString('utf8', valueAt, valueEnd)
    }
    return found
  }

  #isAt(at: number, name: string): boolean {
    for (let i = 0; i < name.length; i += 1) {
      if (this.#bytes[at + i] !== name.charCodeAt(i)) return false
    }
    return true
  }

  /** Passes a header. Its places are valid until the next one. */
  #next(end: number): Span {
    const span = this.#span
    const nameLength = this.#varint()
    // a header without a name is none that a producer may write
    if (nameLength < 0) this.#isBroken = true
    span.nameAt = this.#at
    span.nameEnd = this.#pass(nameLength, end)
    const valueLength = this.#varint()
    span.valueAt = this.#at
    span.valueEnd = valueLength === -1 ? -1 : this.#pass(valueLength, end)
    return span
  }

  /** Bytes behind their length; null for length -1. */
  #part(end: number): Buffer | null {
    const length = this.#varint()
    if (length === -1) return null
    const start = this.#at
    const stop = this.#pass(length, end)
    return this.#bytes.subarray(start, stop)
  }

  #pass(length: number, end: number): number {
    const stop = this.#at + length
    if (length < 0 || stop > end) {
      this.#isBroken = true
      return this.#at
    }
    this.#at = stop
    return stop
  }

  #varint(): number {
    let v = 0
    for (let shift = 0; shift <= 28; shift += 7) {
      const byte = this.#byte()
      v |= (byte & 0x7f) << shift
      if (byte < 0x80) return (v >>> 1) ^ -(v & 1)
    }
    this.#isBroken = true
    return 0
  }

  /** Of up to seven bytes; more would be years between records of a batch. */
  #varlong(): number {
    let v = 0
    let factor = 1
    for (let i = 0; i < 7; i += 1) {
      const byte = this.#byte()
      v += (byte & 0x7f) * factor
      if (byte < 0x80) return v % 2 === 0 ? v / 2 : -(v + 1) / 2
      factor *= 0x80
    }
    this.#isBroken = true
    return 0
  }

  #byte(): number {
    if (this.#at >= this.#end) {
      this.#isBroken = true
      return 0
    }
    const byte = this.#bytes[this.#at] as number
    this.#at += 1
    return byte
  }
}
