import { crc32c } from './crc32c.ts'
import { RecordWriter, sizeOfRecord, sizeOfVarint } from './record-writer.ts'

/**
 * The body of a Kafka produce request, versions 3 to 7, written in one pass: sizes first, then every
 * byte once. Layout: KIP-98, "ProduceRequest v3" and "RecordBatch".
 */

/** A message as kafkajs hands it to its encoder. */
export interface OutMessage {
  key?: Buffer | string | null
  value: Buffer | string | null
  headers?: Record<string, Buffer | string | (Buffer | string)[]>
  timestamp?: unknown
}

export interface PartitionData {
  partition: number
  messages: readonly OutMessage[]
  firstSequence?: number
}

export interface ProduceData {
  acks: number
  timeout: number
  transactionalId?: string | null
  producerId?: unknown
  producerEpoch?: number
  compression?: number
  topicData: readonly { topic: string; partitions: readonly PartitionData[] }[]
}

/** A record batch before its records. */
const BATCH_HEAD = 61
/** Of it, offset and length, which the length does not count. */
const BATCH_FRAME = 12
const MAGIC = 2
const NO_PRODUCER = -1n

/** Whether the request is one that `encodeProduce` writes: no transaction, no sequence, no compression. */
export function isPlain({
  transactionalId,
  compression,
  producerId,
  producerEpoch = 0,
  topicData,
}: ProduceData): boolean {
  return (
    transactionalId == null &&
    !compression &&
    String(producerId ?? NO_PRODUCER) === '-1' &&
    producerEpoch === 0 &&
    topicData.every(({ partitions }) =>
      partitions.every(({ messages }) => messages.length > 0 && messages.every(isPlainMessage)),
    )
  )
}

function isPlainMessage({ key, value, headers, timestamp }: OutMessage): boolean {
  if (timestamp != null || !isBytes(key ?? null) || !isBytes(value)) return false
  for (const name in headers) {
    const given = headers[name]
    const isPlain = Array.isArray(given) ? given.every(isPlainValue) : isPlainValue(given)
    if (!isPlain || !Object.hasOwn(headers, name)) return false
  }
  return true
}

function isBytes(value: unknown): boolean {
  return value === null || isPlainValue(value)
}

function isPlainValue(value: unknown): boolean {
  return typeof value === 'string' || Buffer.isBuffer(value)
}

/** @param now create time of all records (epoch ms) */
export function encodeProduce({ acks, timeout, topicData }: ProduceData, now: number): Buffer {
  const sized = topicData.map(({ topic, partitions }) => ({
    topic,
    batches: partitions.map(sizeOf),
  }))
  const frame = 2 + 2 + 4 + 4
  const size = sized.reduce((sum, { topic, batches }) => {
    const all = batches.reduce((some, { bytes }) => some + 8 + bytes, 0)
    return sum + 2 + Buffer.byteLength(topic) + 4 + all
  }, frame)
  const out = new RecordWriter(size)
  out.int16(-1)
  out.int16(acks)
  out.int32(timeout)
  out.int32(sized.length)
  for (const { topic, batches } of sized) {
    out.int16(Buffer.byteLength(topic))
    out.text(topic)
    out.int32(batches.length)
    for (const batch of batches) {
      out.int32(batch.data.partition)
      out.int32(batch.bytes)
      writeBatch(out, batch, now)
    }
  }
  return out.bytes
}

/** A batch with what it takes, and each of its records. */
interface Sized {
  data: PartitionData
  bytes: number
  records: number[]
}

function sizeOf(data: PartitionData): Sized {
  const records = data.messages.map(sizeOfRecord)
  const bytes = records.reduce((sum, record) => sum + sizeOfVarint(record) + record, BATCH_HEAD)
  return { data, bytes, records }
}

function writeBatch(out: RecordWriter, { data, bytes, records }: Sized, now: number): void {
  const { messages, firstSequence = 0 } = data
  const end = out.at + bytes
  out.int64(0n)
  out.int32(bytes - BATCH_FRAME)
  out.int32(0) // partition leader epoch
  out.int8(MAGIC)
  const crcAt = out.at
  out.int32(0)
  out.int16(0) // attributes
  out.int32(messages.length - 1)
  out.int64(BigInt(now))
  out.int64(BigInt(now))
  out.int64(NO_PRODUCER)
  out.int16(0)
  out.int32(firstSequence)
  out.int32(messages.length)
  messages.forEach((message, i) => {
    out.record(message, i, records[i] ?? 0)
  })
  out.bytes.writeUInt32BE(crc32c(out.bytes, crcAt + 4, end), crcAt)
}
