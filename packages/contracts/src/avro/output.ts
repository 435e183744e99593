/** The primitives of Avro's binary form, written into one buffer that grows. */

const LONE_SURROGATE = /\p{Surrogate}/u
/** Most strings have no surrogate at all, and this test is several times faster. */
const SURROGATE = /[\ud800-\udfff]/

/** Up to here a text is written character by character, which is faster than asking for its length. */
const SHORT = 48

/** Whether a text has no UTF-8 form. */
export function isMalformed(text: string): boolean {
  return SURROGATE.test(text) && LONE_SURROGATE.test(text)
}

/** What is written is put together here and copied out once. */
export class Output {
  #bytes = Buffer.allocUnsafe(64 * 1024)
  #end = 0

  /** Forgets what was written; leaves `header` bytes free. */
  begin(header: number): void {
    this.#end = header
  }

  /** A copy of what was written since `begin`. */
  take(): Buffer {
    return Buffer.from(this.#bytes.subarray(0, this.#end))
  }

  byte(value: number): void {
    this.#reserve(1)
    this.#bytes[this.#end++] = value
  }

  bytes(value: Uint8Array): void {
    this.#reserve(value.length)
    this.#bytes.set(value, this.#end)
    this.#end += value.length
  }

  /** Zigzag varint of a safe integer. */
  long(value: number): void {
    this.#reserve(10)
    if ((value | 0) === value) {
      let bits = ((value << 1) ^ (value >> 31)) >>> 0
      for (; bits > 0x7f; bits >>>= 7) this.#bytes[this.#end++] = (bits & 0x7f) | 0x80
      this.#bytes[this.#end++] = bits
      return
    }
    const wide = BigInt(value)
    let bits = wide < 0n ? -2n * wide - 1n : 2n * wide
    for (; bits > 0x7fn; bits >>= 7n) this.#bytes[this.#end++] = Number(bits & 0x7fn) | 0x80
    this.#bytes[this.#end++] = Number(bits)
  }

  /** A well-formed text. */
  text(value: string): void {
    if (value.length <= SHORT && this.#ascii(value)) return
    const length = Buffer.byteLength(value)
    this.long(length)
    this.#reserve(length)
    this.#end += this.#bytes.write(value, this.#end)
  }

  /** Writes a short text if it is ASCII; its length takes one byte. */
  #ascii(value: string): boolean {
    this.#reserve(SHORT + 1)
    const start = this.#end + 1
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i)
      if (code > 0x7f) return false
      this.#bytes[start + i] = code
    }
    this.#bytes[this.#end] = value.length << 1
    this.#end = start + value.length
    return true
  }

  #reserve(more: number): void {
    if (this.#end + more <= this.#bytes.length) return
    const larger = Buffer.allocUnsafe(2 * (this.#end + more))
    this.#bytes.copy(larger, 0, 0, this.#end)
    this.#bytes = larger
  }
}
