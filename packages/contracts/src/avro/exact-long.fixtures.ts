/**
 * Avro's long over the whole range of safe integers. The Avro library's own arithmetic is off by
 * one beyond ±2^52.
 */
import avsc from 'avsc'

const compare = (a: number, b: number): -1 | 0 | 1 => (a < b ? -1 : a > b ? 1 : 0)

/** The type to name `long` in the registry of `avsc.Type.forSchema`. */
export const exactLong = avsc.types.LongType.__with({
  fromBuffer: (bytes: Buffer) => Number(bytes.readBigInt64LE()),
  toBuffer: (value: number) => {
    const bytes = Buffer.alloc(8)
    bytes.writeBigInt64LE(BigInt(value))
    return bytes
  },
  fromJSON: Number,
  toJSON: (value: number) => value,
  isValid: Number.isSafeInteger,
  compare,
})
