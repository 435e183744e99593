import type { IHeaders } from 'kafkajs'
import { gathered } from './header-patch.ts'
import { RecordReader } from './record-reader.ts'

/**
 * Record batches of a fetch answer, read in one pass. Layout: KIP-98, "RecordBatch".
 * A batch that is compressed, belongs to a transaction, controls one, or has a number that JavaScript
 * does not hold exactly is not read here, nor is one that is not in order: kafkajs reads those, and
 * says what is wrong with them.
 */

/** What kafkajs tells with every message of a batch; its filter of aborted messages asks for it. */
export interface BatchContext {
  firstOffset: string
  firstTimestamp: string
  partitionLeaderEpoch: number
  inTransaction: boolean
  isControlBatch: boolean
  lastOffsetDelta: number
  producerId: string
  producerEpoch: number
  firstSequence: number
  maxTimestamp: string
  timestampType: number
}

export interface ReadBatch extends BatchContext {
  records: RecordMessage[]
}

/** The version of batches that this knows. */
export const MAGIC = 2
/** The one attribute of batches read here: the broker's append time stands for that of each record. */
const APPEND_TIME = 8
const HEAD = 61
const FRAME = 12

/** Where a batch that begins at `start` ends, as its length says; undefined where that is cut off. */
export function endOfBatch(bytes: Buffer, start: number): number | undefined {
  if (start + HEAD > bytes.length) return undefined
  const end = start + FRAME + bytes.readInt32BE(start + 8)
  return end >= start + HEAD && end <= bytes.length ? end : undefined
}

/** The batch from `start` up to `end`; undefined for one that kafkajs is to read. */
export function readBatch(bytes: Buffer, start: number, end: number): ReadBatch | undefined {
  const attributes = bytes.readInt16BE(start + 21)
  if (bytes[start + 16] !== MAGIC || (attributes & ~APPEND_TIME) !== 0) return undefined
  const firstOffset = int64(bytes, start)
  const firstTimestamp = int64(bytes, start + 27)
  const context = {
    firstOffset: String(firstOffset),
    firstTimestamp: String(firstTimestamp),
    partitionLeaderEpoch: bytes.readInt32BE(start + 12),
    inTransaction: false,
    isControlBatch: false,
    lastOffsetDelta: bytes.readInt32BE(start + 23),
    producerId: bytes.readBigInt64BE(start + 43).toString(),
    producerEpoch: bytes.readInt16BE(start + 51),
    firstSequence: bytes.readInt32BE(start + 53),
    maxTimestamp: bytes.readBigInt64BE(start + 35).toString(),
    timestampType: attributes === APPEND_TIME ? 1 : 0,
  }
  const count = bytes.readInt32BE(start + 57)
  const isExact = Number.isSafeInteger(firstOffset) && Number.isSafeInteger(firstTimestamp)
  if (!isExact || count < 0) return undefined
  const records = readRecords(new RecordReader(bytes, start + HEAD, end), count, {
    ...{ firstOffset, firstTimestamp },
    context: { ...context, magicByte: MAGIC },
  })
  return records && { ...context, records }
}

interface Base {
  firstOffset: number
  firstTimestamp: number
  context: BatchContext & { magicByte: number }
}

function readRecords(
  reader: RecordReader,
  count: number,
  { firstOffset, firstTimestamp, context }: Base,
): RecordMessage[] | undefined {
  const records: RecordMessage[] = []
  for (let i = 0; i < count; i += 1) {
    const record = reader.record()
    if (record === undefined) return undefined
    const { timestampDelta, offsetDelta } = record
    const time = firstTimestamp + timestampDelta
    const offset = firstOffset + offsetDelta
    if (!Number.isSafeInteger(time) || !Number.isSafeInteger(offset)) return undefined
    const timestamp = context.timestampType === 1 ? context.maxTimestamp : String(time)
    records.push(new RecordMessage(context, timestamp, String(offset), record))
  }
  return records
}

/** A signed number of eight bytes; not exact beyond the integers that JavaScript holds. */
function int64(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at) * 0x1_0000_0000 + bytes.readUInt32BE(at + 4)
}

/** A record's parts as they stand in the bytes of its batch. */
export interface RecordParts {
  attributes: number
  timestampDelta: number
  offsetDelta: number
  key: Buffer | null
  value: Buffer | null
  bytes: Buffer
  /** Where the number of headers stands. */
  headersAt: number
  end: number
}

/** A message as kafkajs hands it on; its headers are read when somebody asks for them. */
export class RecordMessage {
  readonly magicByte = MAGIC
  readonly attributes: number
  readonly timestamp: string
  readonly offset: string
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly isControlRecord = false
  readonly batchContext: BatchContext
  readonly #bytes: Buffer
  readonly #headersAt: number
  readonly #end: number
  #headers: IHeaders | undefined

  constructor(context: BatchContext, timestamp: string, offset: string, record: RecordParts) {
    this.attributes = record.attributes
    this.timestamp = timestamp
    this.offset = offset
    this.key = record.key
    this.value = record.value
    this.batchContext = context
    this.#bytes = record.bytes
    this.#headersAt = record.headersAt
    this.#end = record.end
  }

  get headers(): IHeaders {
    this.#headers ??= gathered([...this.#reader().headers()]) as IHeaders
    return this.#headers
  }

  /** The text of a header, without the others being made; undefined unless it comes exactly once. */
  header(name: string): string | undefined {
    return this.#reader().header(name)
  }

  #reader(): RecordReader {
    return new RecordReader(this.#bytes, this.#headersAt, this.#end)
  }
}
