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
  const sizes = topicData.map(({ partitions }) => partitions.map(sizeOfBatch))
  const frame = 2 + 2 + 4 + 4
  const size = topicData.reduce((sum, { topic }, t) => {
    const batches = sizes[t] ?? []
    return sum + 2 + Buffer.byteLength(topic) + 4 + batches.reduce((all, one) => all + 8 + one, 0)
  }, frame)
  const out = new RecordWriter(size)
  out.int16(-1)
  out.int16(acks)
  out.int32(timeout)
  out.int32(topicData.length)
  for (const [t, { topic, partitions }] of topicData.entries()) {
    out.int16(Buffer.byteLength(topic))
    out.text(topic)
    out.int32(partitions.length)
    for (const [p, data] of partitions.entries()) {
      const bytes = sizes[t]?.[p] ?? 0
      out.int32(data.partition)
      out.int32(bytes)
      writeBatch(out, data, bytes, now)
    }
  }
  return out.bytes
}

function sizeOfBatch({ messages }: PartitionData): number {
  let size = BATCH_HEAD
  for (let i = 0; i < messages.length; i += 1) {
    const record = sizeOfRecord(messages[i] as OutMessage, i)
    size += sizeOfVarint(record) + record
  }
  return size
}

function writeBatch(
  out: RecordWriter,
  { messages, firstSequence = 0 }: PartitionData,
  bytes: number,
  now: number,
): void {
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
  for (let i = 0; i < messages.length; i += 1) out.record(messages[i] as OutMessage, i)
  out.bytes.writeUInt32BE(crc32c(out.bytes, crcAt + 4, end), crcAt)
}
