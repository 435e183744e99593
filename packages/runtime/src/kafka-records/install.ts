import { createRequire } from 'node:module'
import { gatherHeadersLinearly } from './header-patch.ts'
import { encodeProduce, isPlain, type ProduceData } from './produce-request.ts'
import { endOfBatch, MAGIC, type ReadBatch, readBatch } from './record-batch.ts'

/**
 * kafkajs's record batches, written and read in one pass. As it comes it makes a buffer for every
 * header and record, copies each of them level by level, and reads every header of every message,
 * whether anybody looks at it or not: a fifth of what an order costs.
 * W1 The bytes written are those that kafkajs writes; a message read is the one that kafkajs reads.
 * W2 What this does not know (compression, transactions, control batches, old message sets, bytes
 *    that are not in order) kafkajs writes and reads itself.
 */

/** kafkajs's writer of bytes: its buffer and how much of it is filled. */
interface Encoder {
  buf: Buffer
  offset: number
}

/** kafkajs's reader of bytes. */
interface Decoder {
  buffer: Buffer
  offset: number
}

type DecodeMessages = (decoder: Decoder) => Promise<unknown[]>

interface ProduceRequest {
  encode(): Promise<Encoder>
}

const require = createRequire(import.meta.url)
let isDone = false

/**
 * Changes the kafkajs of this process, before its first request: modules that kafkajs loaded before
 * go on as they were, slower and as right.
 */
export function useRecordsInOnePass(): void {
  if (isDone) return
  isDone = true
  gatherHeadersLinearly()
  growUnfilled()
  replace<(data: ProduceData) => ProduceRequest>(
    'kafkajs/src/protocol/requests/produce/v3/request',
    writesInOnePass,
  )
  replace<DecodeMessages>('kafkajs/src/protocol/requests/fetch/v4/decodeMessages', readsInOnePass)
}

/**
 * Lets kafkajs's writer grow to what is asked for. As it comes, a request of 100 kB is copied twice
 * into buffers that are up to twice as large, and filled with zeros before; what lies behind `offset`
 * is never sent.
 */
function growUnfilled(): void {
  const { prototype } = require('kafkajs/src/protocol/encoder') as {
    prototype: { ensureAvailable(this: Encoder, length: number): void }
  }
  prototype.ensureAvailable = function (length) {
    const wanted = this.offset + length
    if (wanted <= this.buf.length) return
    const grown = Buffer.allocUnsafe(Math.max(wanted, 2 * this.buf.length))
    this.buf.copy(grown, 0, 0, this.offset)
    this.buf = grown
  }
}

/** Puts another function in the place of the one that a module of kafkajs exports. */
function replace<F>(path: string, make: (before: F) => F): void {
  const before = require(path) as F
  const module = require.cache[require.resolve(path)]
  if (module) module.exports = make(before)
}

function writesInOnePass(before: (data: ProduceData) => ProduceRequest) {
  const EncoderClass = require('kafkajs/src/protocol/encoder') as new (size: number) => Encoder
  return (data: ProduceData): ProduceRequest => {
    const request = before(data)
    if (!isPlain(data)) return request
    const encode = async () => {
      const bytes = encodeProduce(data, Date.now())
      return Object.assign(new EncoderClass(1), { buf: bytes, offset: bytes.length })
    }
    return { ...request, encode }
  }
}

/**
 * The messages of one partition's answer, batch by batch. kafkajs's own function hands all of a batch
 * on as arguments of one call, which the 120,000 least of a batch of 1 MB exceed: the partition
 * would be fetched for ever.
 */
function readsInOnePass(before: DecodeMessages): DecodeMessages {
  const DecoderClass = require('kafkajs/src/protocol/decoder') as new (bytes: Buffer) => Decoder
  const readBatchBefore = require('kafkajs/src/protocol/recordBatch/v0/decoder') as (
    decoder: Decoder,
  ) => Promise<{ records: unknown[] }>
  return async (decoder) => {
    const set = batchesAt(decoder)
    if (set === undefined) return before(decoder)
    decoder.offset += SIZE + set.length
    const all: unknown[] = []
    const inner = new DecoderClass(set)
    try {
      while (inner.offset + BATCH_OVERHEAD <= set.length) {
        const batch = readNext(inner) ?? (await readBatchBefore(inner))
        for (const record of batch.records) all.push(record)
      }
    } catch (error) {
      // The last batch of an answer may be cut off: it comes whole with the next one.
      if (!(error instanceof Error) || error.name !== 'KafkaJSPartialMessageError') throw error
    }
    return all
  }
}

/** Of a size before the bytes of batches. */
const SIZE = 4
/** What kafkajs asks to be there before it reads a batch. */
const BATCH_OVERHEAD = 49
const MAGIC_AT = 16

/** The bytes of record batches behind their size; undefined where something else stands. */
function batchesAt({ buffer, offset }: Decoder): Buffer | undefined {
  if (offset + SIZE > buffer.length) return undefined
  const size = buffer.readInt32BE(offset)
  const end = offset + SIZE + size
  if (size <= MAGIC_AT || end > buffer.length) return undefined
  const set = buffer.subarray(offset + SIZE, end)
  return set[MAGIC_AT] === MAGIC ? set : undefined
}

/** The batch that comes next, and the decoder behind it; undefined, and as it was, for another. */
function readNext(decoder: Decoder): ReadBatch | undefined {
  const { buffer, offset } = decoder
  const end = endOfBatch(buffer, offset)
  const batch = end === undefined ? undefined : readBatch(buffer, offset, end)
  if (batch && end !== undefined) decoder.offset = end
  return batch
}
