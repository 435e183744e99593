import { randomUUID } from 'node:crypto'
import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs'
import { MessageOrigin } from '../consumer/read-message.ts'

/** Where a message stands. */
export interface Place {
  topic: string
  partition: number
  offset: string
}

/** Reads messages from where they stand. */
export interface PlaceReader {
  /**
   * The messages at these places. Absent: what is not there any more, and what is no message.
   * @throws while a broker does not answer
   */
  read(places: readonly Place[]): Promise<Found>
  close(): Promise<void>
}

export interface Found {
  /** By `nameOf`. */
  messages: Map<string, MessageOrigin>
  /** Some did not come within `PATIENCE_MS`: nothing is known of what is absent. */
  isLate: boolean
}

const PATIENCE_MS = 20_000
const WAIT_MS = 50

export function nameOf({ topic, partition, offset }: Place): string {
  return `${topic}/${partition}/${offset}`
}

/**
 * Opens a reader of these topics. It is a group of its own with one member, so that nobody else's
 * offsets move, and commits nothing.
 * @param group begins with what the service's ACLs allow; a name of its own is added
 */
export async function openPlaceReader(
  kafka: Pick<Kafka, 'consumer' | 'admin'>,
  group: string,
  topics: readonly string[],
): Promise<PlaceReader> {
  const reader = new KafkaPlaceReader(kafka, group, topics)
  try {
    await reader.open()
    return reader
  } catch (error) {
    await reader.close()
    throw error
  }
}

/** What one call of `read` waits for. */
interface Wanted {
  /** By topic and partition, ascending. */
  places: Map<string, Place[]>
  found: Map<string, MessageOrigin>
  done(): void
}

class KafkaPlaceReader implements PlaceReader {
  readonly #kafka: Pick<Kafka, 'consumer' | 'admin'>
  readonly #consumer: Consumer
  readonly #topics: readonly string[]
  #wanted: Wanted | undefined

  constructor(kafka: Pick<Kafka, 'consumer' | 'admin'>, group: string, topics: readonly string[]) {
    this.#kafka = kafka
    this.#topics = [...new Set(topics)]
    this.#consumer = kafka.consumer({
      groupId: `${group}-${randomUUID().slice(0, 8)}`,
      allowAutoTopicCreation: false,
      maxWaitTimeInMs: WAIT_MS,
      retry: { retries: 3, initialRetryTime: 200, maxRetryTime: 2_000 },
    })
  }

  async open(): Promise<void> {
    const consumer = this.#consumer
    await consumer.connect()
    await consumer.subscribe({ topics: [...this.#topics] })
    const joined = new Promise<void>((resolve, reject) => {
      consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
        // nothing is fetched until somebody asks
        for (const [topic, partitions] of Object.entries(payload.memberAssignment)) {
          consumer.pause([{ topic, partitions: [...partitions] }])
        }
        this.#seekAll()
        resolve()
      })
      consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error))
    })
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: 8,
      eachBatch: async (payload) => this.#take(payload),
    })
    await joined
  }

  async read(places: readonly Place[]): Promise<Found> {
    const there = await this.#there(places)
    const found = new Map<string, MessageOrigin>()
    if (there.length === 0) return { messages: found, isLate: false }
    const byPartition = new Map<string, Place[]>()
    for (const place of there) {
      const name = `${place.topic}/${place.partition}`
      byPartition.set(name, [...(byPartition.get(name) ?? []), place])
    }
    for (const list of byPartition.values()) list.sort(byOffset)
    let timer: NodeJS.Timeout | undefined
    try {
      await new Promise<void>((resolve) => {
        timer = setTimeout(resolve, PATIENCE_MS)
        this.#wanted = { places: byPartition, found, done: resolve }
        this.#seekAll()
      })
    } finally {
      clearTimeout(timer)
      this.#wanted = undefined
    }
    return { messages: found, isLate: byPartition.size > 0 }
  }

  async close(): Promise<void> {
    await this.#consumer.disconnect().catch(() => undefined)
  }

  /** Those that the topics still hold; a fetch from elsewhere would begin somewhere else. */
  async #there(places: readonly Place[]): Promise<Place[]> {
    const admin = this.#kafka.admin()
    await admin.connect()
    try {
      const ends = new Map<string, { low: number; high: number }>()
      for (const topic of new Set(places.map((one) => one.topic))) {
        for (const { partition, low, high } of await admin.fetchTopicOffsets(topic)) {
          ends.set(`${topic}/${partition}`, { low: Number(low), high: Number(high) })
        }
      }
      return places.filter(({ topic, partition, offset }) => {
        const end = ends.get(`${topic}/${partition}`)
        return end !== undefined && Number(offset) >= end.low && Number(offset) < end.high
      })
    } finally {
      await admin.disconnect()
    }
  }

  #seekAll(): void {
    for (const [first] of this.#wanted?.places.values() ?? []) if (first) this.#seek(first)
  }

  #seek({ topic, partition, offset }: Place): void {
    this.#consumer.seek({ topic, partition, offset })
    this.#consumer.resume([{ topic, partitions: [partition] }])
  }

  #take({ batch }: EachBatchPayload): void {
    const { topic, partition, messages } = batch
    const wanted = this.#wanted
    const name = `${topic}/${partition}`
    const places = wanted?.places.get(name)
    if (!wanted || !places) return
    // a batch of before the seek
    if (String(Reflect.get(batch, 'fetchedOffset')) !== places[0]?.offset) return
    const last = Number(batch.lastOffset())
    const byOffsets = new Map(messages.map((one) => [one.offset, one]))
    for (const place of places) {
      const message = byOffsets.get(place.offset)
      if (message) wanted.found.set(nameOf(place), new MessageOrigin(topic, partition, message))
    }
    const rest = places.filter(({ offset }) => Number(offset) > last)
    const [next] = rest
    if (next) {
      wanted.places.set(name, rest)
      this.#seek(next)
      return
    }
    this.#consumer.pause([{ topic, partitions: [partition] }])
    wanted.places.delete(name)
    if (wanted.places.size === 0) wanted.done()
  }
}

function byOffset(one: Place, other: Place): number {
  return Number(one.offset) - Number(other.offset)
}
