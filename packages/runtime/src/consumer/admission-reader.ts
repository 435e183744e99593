import type { EachBatchPayload, KafkaMessage } from 'kafkajs'
import pLimit from 'p-limit'
import type { RoundInput } from '../round-input.ts'
import type { Parking } from '../rounds/park.ts'
import type { Input } from '../service.ts'
import type { Hands } from './admission.ts'
import { type Partition, resume } from './admission-partitions.ts'

type Batch = EachBatchPayload['batch']

/** Messages of one partition that were read together. */
export interface Chunk<I extends Input> {
  read: number
  bytes: number
  inputs: { message: KafkaMessage; input: RoundInput<I> }[]
  poison: { message: KafkaMessage; parking: Parking }[]
  /** Why the message after these cannot be read now. */
  outage: unknown
}

export interface ReaderOptions<I extends Input> {
  hands: Pick<Hands<I>, 'read' | 'pause'>
  /** Whether nothing more is to be read. */
  isStopped(): boolean
  /** Takes what was read; the next of the partition is read when it resolves. */
  sort(partition: Partition, chunk: Chunk<I>): Promise<void>
  /** All up to this offset was read. */
  readTo(partition: Partition, offset: string): void
}

/** What is read without a pause: so many messages, bytes, or milliseconds, whichever comes first. */
const CHUNK = { messages: 256, bytes: 512 * 1024, ms: 8 } as const
/** So many chunks, of as many partitions, are in hand at a time. */
const MAX_READING = 2

/**
 * Reads fetches in small parts, so that whoever else waits for the loop has it in between, and little
 * is in hand at a time: what is read takes many times the memory that it came in.
 */
export class FetchReader<I extends Input> {
  readonly #options: ReaderOptions<I>
  readonly #reading = pLimit(MAX_READING)

  constructor(options: ReaderOptions<I>) {
    this.#options = options
  }

  /** Reads a fetch to its end; then its partition is fetched again. */
  async readAll(partition: Partition, payload: EachBatchPayload): Promise<void> {
    const { hands, isStopped, readTo } = this.#options
    const { messages } = payload.batch
    for (let next = 0; next < messages.length; ) {
      const from = next
      const { read, outage } = await this.#reading(() =>
        this.#readPart(partition, payload.batch, from),
      )
      if (isStopped() || partition.isDropped) return
      next += read
      if (outage === undefined) continue
      const last = messages[next - 1]
      if (last !== undefined) payload.resolveOffset(last.offset)
      // Whoever paused it for the outage resumes it.
      partition.resume = undefined
      hands.pause(payload, outage)
      return
    }
    const end = endOf(payload)
    if (end !== undefined) {
      payload.resolveOffset(end)
      readTo(partition, end)
    }
    resume(partition)
  }

  async #readPart(
    partition: Partition,
    batch: Batch,
    from: number,
  ): Promise<Pick<Chunk<I>, 'read' | 'outage'>> {
    const { isStopped, sort } = this.#options
    if (isStopped() || partition.isDropped) return { read: 0, outage: undefined }
    const chunk = await this.#readChunk(batch, from)
    if (!isStopped() && !partition.isDropped) await sort(partition, chunk)
    return chunk
  }

  async #readChunk(batch: Batch, from: number): Promise<Chunk<I>> {
    const { messages } = batch
    const until = performance.now() + CHUNK.ms
    const chunk: Chunk<I> = { read: 0, bytes: 0, inputs: [], poison: [], outage: undefined }
    for (let n = from; n < messages.length && n - from < CHUNK.messages; n += 1) {
      const message = messages[n]
      if (message === undefined) break
      const size = message.value?.length ?? 0
      if (n > from && (chunk.bytes + size > CHUNK.bytes || performance.now() > until)) break
      const reading = this.#options.hands.read(batch, message)
      const read = reading instanceof Promise ? await reading : reading
      if ('outage' in read) return { ...chunk, outage: read.outage }
      if ('input' in read) chunk.inputs.push({ message, input: read.input })
      else chunk.poison.push({ message, parking: read.poison })
      chunk.read += 1
      chunk.bytes += size
    }
    // Whoever waits for the loop has it between two chunks.
    await new Promise((done) => setImmediate(done))
    return chunk
  }
}

/** The last offset of a fetch, markers of transactions and what was aborted among them. */
function endOf({ batch }: EachBatchPayload): string | undefined {
  return batch.messages.length > 0 ? batch.lastOffset() : undefined
}
