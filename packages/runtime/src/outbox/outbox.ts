import type { Logger } from 'pino'
import type { DocumentDatabase } from '../documents/database.ts'
import type { Doc, Outgoing } from '../documents/document.ts'
import type { DocumentCache } from '../documents/document-cache.ts'
import type { ServiceMetrics } from '../metrics.ts'
import type { Traces } from '../tracing/traces.ts'
import type { Publisher } from './publisher.ts'

export interface OutboxOptions<S> {
  database: DocumentDatabase<S>
  cache: DocumentCache<S>
  publisher: Publisher
  metrics: Pick<ServiceMetrics, 'republished'>
  log: Logger
  traces?: Traces | undefined
}

/** Ids in one filter at most: the stand-in compares every document found with every one of them. */
const PAGE = 200
/**
 * Published outboxes are emptied in the database this often, or when there are so many: most of them
 * a save empties before. One that is full for 5 s counts as left behind (recovery-scan.ts).
 */
const EMPTY_MS = 2_000
const MAX_PUBLISHED = 1_000

/**
 * The outboxes of a service's documents: filled by a save, published, emptied.
 * O1 A document's messages are published in the order in which they were decided, as the save that
 *    filled the outbox stored them.
 * O2 A published outbox is emptied in memory at once, in the database a little later, many at a time;
 *    a save that comes first empties it too.
 * O3 What could not be published whole, because a tool's topic is missing, is published again later.
 *    A process that dies before the emptying costs a repeated message, never a lost one.
 */
export class Outbox<S> {
  readonly #options: OutboxOptions<S>
  /** Documents whose outbox is to be published again, and since when (monotonic milliseconds). */
  readonly #unpublished = new Map<string, number>()
  /** Since when a publish has been under way, or has failed and not succeeded since. */
  #publishing: { count: number; since: number } | undefined
  #emptying: Promise<void> | undefined
  #emptiedAt = performance.now()

  constructor(options: OutboxOptions<S>) {
    this.#options = options
  }

  /** Sends messages that are in no outbox. @throws when the broker is away */
  async send(messages: readonly Outgoing[]): Promise<void> {
    if (messages.length === 0) return
    const { publisher, traces } = this.#options
    const from = Date.now()
    await publisher.publish(messages)
    traces?.sent(messages, from)
  }

  /** Publishes the outboxes of these documents. @throws when the broker is away */
  async publish(docs: readonly Doc<S>[]): Promise<void> {
    const { left } = await this.#publish(docs, false)
    this.publishAgain(left.map(({ id }) => id))
  }

  /** The outboxes of these documents, which another process may have filled, are published soon. */
  publishAgain(ids: Iterable<string>): void {
    const now = performance.now()
    for (const id of ids) if (!this.#unpublished.has(id)) this.#unpublished.set(id, now)
  }

  /** Publishes what was left, from what is stored. @throws when the broker or the database is away */
  async republish(): Promise<void> {
    const { database, metrics } = this.#options
    const ids = [...this.#unpublished.keys()]
    for (let start = 0; start < ids.length; start += PAGE) {
      const page = ids.slice(start, start + PAGE)
      const stored = await database.read(page)
      const { whole, left } = await this.#publish(
        stored.map(({ doc }) => doc),
        true,
      )
      await this.#emptyAll()
      metrics.republished.inc(whole.reduce((sum, { outbox }) => sum + outbox.length, 0))
      const kept = new Set(left.map(({ id }) => id))
      for (const id of page) if (!kept.has(id)) this.#unpublished.delete(id)
    }
  }

  /** How many documents wait for the broker to have what they say, and for how long the oldest. */
  waiting(): { waiting: number; ageSeconds: number } {
    const publishing = this.#publishing
    // in the order in which they began to wait
    const [first = Number.POSITIVE_INFINITY] = this.#unpublished.values()
    const since = Math.min(first, publishing?.since ?? Number.POSITIVE_INFINITY)
    return {
      waiting: this.#unpublished.size + (publishing?.count ?? 0),
      ageSeconds: Number.isFinite(since) ? (performance.now() - since) / 1000 : 0,
    }
  }

  /** How many outboxes were published and are not emptied in the database. */
  get full(): number {
    return this.#options.cache.stored.full
  }

  /** Empties published outboxes when some have been full for a while. */
  emptyOld(): void {
    if (this.full > 0 && performance.now() - this.#emptiedAt >= EMPTY_MS) void this.empty()
  }

  /** Empties published outboxes when there are many, so that rounds do not outrun the emptying. */
  async emptyMany(): Promise<void> {
    if (this.full > MAX_PUBLISHED) await this.empty()
  }

  /** Empties published outboxes in the database. What fails is tried again the next time. */
  empty(): Promise<void> {
    this.#emptiedAt = performance.now()
    this.#emptying ??= this.#emptyAll()
      .catch((error: unknown) => this.#options.log.debug({ err: error }, 'outboxes not emptied'))
      .finally(() => {
        this.#emptying = undefined
      })
    return this.#emptying
  }

  async #publish(
    docs: readonly Doc<S>[],
    isAgain: boolean,
  ): Promise<{ whole: Doc<S>[]; left: Doc<S>[] }> {
    const { publisher, cache, traces } = this.#options
    const full = docs.filter(({ outbox }) => outbox.length > 0)
    if (full.length === 0) return { whole: [], left: [] }
    // What fails stays counted until the round, which is run again, has published it.
    this.#publishing = { count: full.length, since: this.#publishing?.since ?? performance.now() }
    const messages = full.flatMap(({ outbox }) => outbox)
    const from = Date.now()
    const failed = await publisher.publish(messages)
    if (failed.size === 0) traces?.sent(messages, from, isAgain)
    else
      traces?.sent(
        messages.filter(({ topic }) => !failed.has(topic)),
        from,
        isAgain,
      )
    this.#publishing = undefined
    const whole: Doc<S>[] = []
    const left: Doc<S>[] = []
    for (const doc of full) {
      const isOut = failed.size === 0 || !doc.outbox.some(({ topic }) => failed.has(topic))
      if (isOut) whole.push(doc)
      else left.push(doc)
    }
    cache.stored.published(whole)
    return { whole, left }
  }

  async #emptyAll(): Promise<void> {
    const { database, cache } = this.#options
    const published = cache.stored.toEmpty((id) => cache.isDeferred(id))
    for (let start = 0; start < published.length; start += PAGE) {
      const page = published.slice(start, start + PAGE)
      await database.emptyOutboxes(page)
      for (const one of page) cache.stored.forgetPublished(one)
    }
  }
}
