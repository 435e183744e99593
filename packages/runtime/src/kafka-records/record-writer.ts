import type { OutMessage } from './produce-request.ts'

/** Bytes of a number as a zigzag varint. */
export function sizeOfVarint(n: number): number {
  const v = zigzag(n)
  if (v < 0x80) return 1
  if (v < 0x4000) return 2
  if (v < 0x200000) return 3
  return v < 0x10000000 ? 4 : 5
}

function zigzag(n: number): number {
  return ((n << 1) ^ (n >> 31)) >>> 0
}

type Bytes = Buffer | string

function lengthOf(value: Bytes): number {
  return typeof value === 'string' ? Buffer.byteLength(value) : value.length
}

function sizeOfBytes(value: Bytes | null | undefined): number {
  if (value == null) return 1
  const length = lengthOf(value)
  return sizeOfVarint(length) + length
}

/** What a record takes behind its length. `i` is its place in the batch. */
export function sizeOfRecord({ key, value, headers }: OutMessage, i: number): number {
  // attributes and the time's delta, which is none
  let size = 2 + sizeOfVarint(i) + sizeOfBytes(key) + sizeOfBytes(value)
  let count = 0
  for (const name in headers) {
    const given = headers[name] as Bytes | Bytes[]
    const named = sizeOfBytes(name)
    if (Array.isArray(given)) {
      for (const one of given) size += named + sizeOfBytes(one)
      count += given.length
    } else {
      size += named + sizeOfBytes(given)
      count += 1
    }
  }
  return size + sizeOfVarint(count)
}

/** Writes into bytes whose size is known before. */
export class RecordWriter {
  readonly bytes: Buffer
  at = 0

  constructor(size: number) {
    this.bytes = Buffer.allocUnsafe(size)
  }

  int8(n: number): void {
    this.at = this.bytes.writeInt8(n, this.at)
  }

  int16(n: number): void {
    this.at = this.bytes.writeInt16BE(n, this.at)
  }

  int32(n: number): void {
    this.at = this.bytes.writeInt32BE(n, this.at)
  }

  int64(n: bigint): void {
    this.at = this.bytes.writeBigInt64BE(n, this.at)
  }

  text(text: string): void {
    this.at += this.bytes.write(text, this.at)
  }

  /** A record with its length, which is `sizeOfRecord`. `i` is its place in the batch. */
  record({ key, value, headers }: OutMessage, i: number, size: number): void {
    this.#varint(size)
    this.int16(0) // attributes, and the time's delta
    this.#varint(i)
    this.#sized(key)
    this.#sized(value)
    let count = 0
    for (const name in headers) {
      const given = headers[name]
      count += Array.isArray(given) ? given.length : 1
    }
    this.#varint(count)
    for (const name in headers) {
      const given = headers[name] as Bytes | Bytes[]
      if (Array.isArray(given)) for (const one of given) this.#header(name, one)
      else this.#header(name, given)
    }
  }

  #header(name: string, value: Bytes): void {
    this.#sized(name)
    this.#sized(value)
  }

  #sized(value: Bytes | null | undefined): void {
    if (value == null) {
      this.#varint(-1)
      return
    }
    this.#varint(lengthOf(value))
    if (typeof value === 'string') this.text(value)
    else this.at += value.copy(this.bytes, this.at)
  }

  #varint(n: number): void {
    let v = zigzag(n)
    while (v > 0x7f) {
      this.bytes[this.at] = (v & 0x7f) | 0x80
      this.at += 1
      v >>>= 7
    }
    this.bytes[this.at] = v
    this.at += 1
  }
}
