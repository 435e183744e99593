import type { EachBatchPayload, Kafka, KafkaMessage } from 'kafkajs'

/** A topic of one partition in memory, and one consumer of it that fetches when the test says so. */
export class FakeTopic {
  readonly name: string
  readonly messages: KafkaMessage[] = []
  /** The first offset that the topic still has. */
  low = 0
  /** Offsets up to which batches were resolved, newest last. */
  readonly resolved: number[] = []
  isPaused = false
  #at = 0
  #hasSought = false
  #eachBatch: ((payload: EachBatchPayload) => Promise<void>) | undefined
  readonly #listeners = new Map<string, (event: unknown) => void>()

  constructor(name: string) {
    this.name = name
  }

  get end(): number {
    return this.low + this.messages.length
  }

  add(key: string, value: Buffer | null, headers: KafkaMessage['headers'] = {}): void {
    const timestamp = String(Date.parse('2026-01-01T00:00:00.000Z') + this.end)
    const offset = String(this.end)
    const message = { key: Buffer.from(key), value, headers, timestamp, offset, attributes: 0 }
    this.messages.push(message)
  }

  /** The group gives this consumer the partition, or not. */
  join(isAssigned = true): void {
    const memberAssignment = isAssigned ? { [this.name]: [0] } : {}
    this.#listeners.get('join')?.({ payload: { memberAssignment } })
  }

  /** Hands on all that is there from where the consumer is; answers whether there was anything. */
  async fetch(): Promise<boolean> {
    // What is out of range is fetched from the first message on.
    if (this.#at > this.end || this.#at < this.low) this.#at = this.low
    const from = this.#at
    const messages = this.messages.slice(from - this.low)
    if (messages.length === 0 || this.isPaused) return false
    this.#hasSought = false
    await this.#eachBatch?.(this.#payload(messages))
    return true
  }

  /** Fetches until nothing moves any more. */
  async fetchAll(): Promise<void> {
    while (await this.fetch()) {}
  }

  get kafka(): Pick<Kafka, 'consumer' | 'admin'> {
    const { low, end } = this
    const admin = {
      connect: async () => undefined,
      disconnect: async () => undefined,
      fetchTopicOffsets: async () => [{ partition: 0, low: String(low), high: String(end) }],
    }
    const consumer = {
      events: { FETCH_START: 'fetch', FETCH: 'fetched', GROUP_JOIN: 'join', CRASH: 'crash' },
      on: (name: string, listener: (event: unknown) => void) => {
        this.#listeners.set(name, listener)
      },
      connect: async () => undefined,
      subscribe: async () => undefined,
      run: async ({ eachBatch }: { eachBatch(payload: EachBatchPayload): Promise<void> }) => {
        this.#eachBatch = eachBatch
        this.join()
      },
      seek: ({ offset }: { offset: string }) => {
        this.#at = Number(offset)
        this.#hasSought = true
      },
      stop: async () => undefined,
      disconnect: async () => undefined,
    }
    // Of the client, a member of a group uses these only.
    return { consumer: () => consumer, admin: () => admin } as unknown as Kafka
  }

  #payload(messages: readonly KafkaMessage[]): EachBatchPayload {
    const batch = {
      ...{ topic: this.name, partition: 0, messages, highWatermark: String(this.end) },
      firstOffset: () => messages[0]?.offset ?? null,
      lastOffset: () => String(this.end - 1),
    }
    const resolveOffset = (offset: string) => {
      if (!this.#hasSought) this.#at = Number(offset) + 1
      this.resolved.push(Number(offset))
    }
    const pause = () => {
      this.isPaused = true
      return () => undefined
    }
    const rest = {
      isRunning: () => true,
      isStale: () => this.#hasSought,
      heartbeat: async () => {},
    }
    return { batch, resolveOffset, pause, ...rest } as unknown as EachBatchPayload
  }
}
