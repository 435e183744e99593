import type { KafkaMessage } from 'kafkajs'
import { DoneOffsets, type Place } from './admission-offsets.ts'
import type { EmptyBatch } from './group-member.ts'

/** What was read of one partition since it was assigned. */
export interface Partition {
  /** The last one. */
  batch: Pick<EmptyBatch, 'topic' | 'partition' | 'highWatermark'>
  offsets: DoneOffsets
  /** After a rebalance all of it is delivered again, to its new owner. */
  isDropped: boolean
  resume: (() => void) | undefined
}

/** The partitions of one topic that this process has. */
export class Partitions {
  readonly #known = new Map<number, Partition>()

  /** The partition of a batch, which is its last one. */
  of({ topic, partition, highWatermark }: Partition['batch']): Partition {
    const batch = { topic, partition, highWatermark }
    const known = this.#known.get(partition)
    if (known) {
      known.batch = batch
      return known
    }
    const fresh = { batch, offsets: new DoneOffsets(), isDropped: false, resume: undefined }
    this.#known.set(partition, fresh)
    return fresh
  }

  /** They may be others' now. */
  drop(): void {
    for (const partition of this.#known.values()) {
      partition.isDropped = true
      resume(partition)
    }
    this.#known.clear()
  }
}

/** It is fetched again. */
export function resume(partition: Partition): void {
  partition.resume?.()
  partition.resume = undefined
}

/** Places of messages, in the order of their offsets. */
export function placesOf(
  { offsets }: Partition,
  read: readonly { message: KafkaMessage }[],
): Map<KafkaMessage, Place> {
  const sorted = read
    .map(({ message }) => message)
    .toSorted((a, b) => Number(BigInt(a.offset) - BigInt(b.offset)))
  return new Map(sorted.map((message) => [message, offsets.came(message.offset)]))
}

/** A message without the fetch that it came in: the rest of that is not kept alive. */
export function copyOf({
  key,
  value,
  timestamp,
  offset,
  attributes,
  headers = {},
}: KafkaMessage): KafkaMessage {
  const copied = Object.entries(headers).map(([name, text]) => [
    name,
    Array.isArray(text) ? text.map(copyText) : copyText(text),
  ])
  return {
    ...{ key: key && Buffer.from(key), value: value && Buffer.from(value) },
    ...{ timestamp, offset, attributes, headers: Object.fromEntries(copied) },
  }
}

function copyText<T>(text: T): T | Buffer {
  return Buffer.isBuffer(text) ? Buffer.from(text) : text
}
