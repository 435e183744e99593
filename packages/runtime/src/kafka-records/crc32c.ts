/** CRC-32C (Castagnoli), which Kafka's record batches carry; eight bytes at a time. */

const POLYNOMIAL = 0x82f63b78

/** Table `t` at `256 * t`: what a byte contributes from `t` bytes ahead. */
const TABLES = makeTables()

function makeTables(): Int32Array {
  const tables = new Int32Array(8 * 256)
  for (let n = 0; n < 256; n += 1) {
    let crc = n
    for (let k = 0; k < 8; k += 1) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1
    tables[n] = crc
  }
  for (let i = 256; i < tables.length; i += 1) {
    const before = tables[i - 256] as number
    tables[i] = (before >>> 8) ^ (tables[before & 0xff] as number)
  }
  return tables
}

/** The checksum of the bytes from `start` up to `end`, as an unsigned number. */
export function crc32c(bytes: Uint8Array, start: number, end: number): number {
  let crc = -1
  let i = start
  for (; i + 8 <= end; i += 8) {
    crc =
      at(1792 + ((crc ^ byteAt(bytes, i)) & 0xff)) ^
      at(1536 + (((crc >>> 8) ^ byteAt(bytes, i + 1)) & 0xff)) ^
      at(1280 + (((crc >>> 16) ^ byteAt(bytes, i + 2)) & 0xff)) ^
      at(1024 + (((crc >>> 24) ^ byteAt(bytes, i + 3)) & 0xff)) ^
      at(768 + byteAt(bytes, i + 4)) ^
      at(512 + byteAt(bytes, i + 5)) ^
      at(256 + byteAt(bytes, i + 6)) ^
      at(byteAt(bytes, i + 7))
  }
  for (; i < end; i += 1) crc = at((crc ^ byteAt(bytes, i)) & 0xff) ^ (crc >>> 8)
  return (crc ^ -1) >>> 0
}

// Two functions, so that each sees one type of array: that is what makes them quick.

function at(i: number): number {
  return TABLES[i] as number
}

function byteAt(bytes: Uint8Array, i: number): number {
  return bytes[i] as number
}
