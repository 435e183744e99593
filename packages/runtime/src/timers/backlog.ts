import { setTimeout as pause } from 'node:timers/promises'
import type { Admin, Kafka } from 'kafkajs'
import type { Logger } from 'pino'

export interface BacklogOptions {
  kafka: Pick<Kafka, 'admin'>
  group: string
  topics: readonly string[]
  log: Logger
  /** For how long a group that reads nothing of it holds due times up; milliseconds. */
  holdMs?: number
}

const ASK_EVERY_MS = 500
/** A backlog of which nothing is read, because somebody keeps it, holds due times up for no longer. */
const HOLD_MS = 5 * 60_000

/**
 * What was on the topics when this process started. A due time says that nothing came in time, so
 * none is acted on before what came in time has been read.
 */
export class Backlog {
  readonly #options: BacklogOptions
  readonly #stopping = new AbortController()
  readonly #done: Promise<void>
  #isRead = false

  /** Looks at once, and goes on until the group has read as far as the topics reached then. */
  constructor(options: BacklogOptions) {
    this.#options = options
    this.#done = this.#watch().finally(() => {
      this.#isRead = true
    })
  }

  /** True once what was there at the start has been read, or was waited for long enough. */
  get isRead(): boolean {
    return this.#isRead
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#done
  }

  async #watch(): Promise<void> {
    const { kafka, log } = this.#options
    const { signal } = this.#stopping
    const admin = kafka.admin()
    const { holdMs = HOLD_MS } = this.#options
    let until = Date.now() + holdMs
    let ends: Ends | undefined
    let behind: Ends = new Map()
    try {
      while (!signal.aborted) {
        try {
          if (ends === undefined) {
            await admin.connect()
            ends = await this.#endsOf(admin)
          }
          const now = await this.#behind(admin, ends)
          if (now.size === 0) return
          // one that is read, however long it is, is waited for
          if (hasMoved(behind, now)) until = Date.now() + holdMs
          behind = now
        } catch (error) {
          log.debug({ err: error }, 'due times wait for the broker')
        }
        if (Date.now() > until) {
          log.warn('nothing is read of what was on the topics at the start; due times go on')
          return
        }
        await pause(ASK_EVERY_MS, undefined, { signal }).catch(() => undefined)
      }
    } finally {
      await admin.disconnect().catch(() => undefined)
    }
  }

  /**
   * What the admin client calls an end is how far a reader may go: what stands behind an open
   * transaction is not awaited, and ends of transactions are passed (kafka-consumer.ts, C1).
   */
  async #endsOf(admin: Admin): Promise<Ends> {
    const ends: Ends = new Map()
    for (const topic of this.#options.topics) {
      for (const { partition, low, high } of await admin.fetchTopicOffsets(topic)) {
        // An empty partition, or one whose messages are gone, holds nothing up.
        if (low !== high) ends.set(`${topic}/${partition}`, BigInt(high))
      }
    }
    return ends
  }

  /** Where the group stands in each partition whose end it has not reached. */
  async #behind(admin: Admin, ends: Ends): Promise<Ends> {
    const { group: groupId, topics } = this.#options
    const behind: Ends = new Map()
    for (const { topic, partitions } of await admin.fetchOffsets({
      groupId,
      topics: [...topics],
    })) {
      for (const { partition, offset } of partitions) {
        const name = `${topic}/${partition}`
        const end = ends.get(name)
        if (end !== undefined && BigInt(offset) < end) behind.set(name, BigInt(offset))
      }
    }
    return behind
  }
}

/** Whether the group reads on: a partition is further, or done with. */
function hasMoved(before: Ends, now: Ends): boolean {
  return [...before].some(([name, offset]) => offset < (now.get(name) ?? offset + 1n))
}

/** An offset of each partition, by `topic/partition`. */
type Ends = Map<string, bigint>
