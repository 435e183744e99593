import type { Logger } from 'pino'
import type { DocumentDatabase } from '../documents/database.ts'
import type { Doc, Outgoing } from '../documents/document.ts'
import type { DocumentCache } from '../documents/document-cache.ts'
import type { ServiceMetrics } from '../metrics.ts'
import type { Publisher } from './publisher.ts'

export interface OutboxOptions<S> {
  database: DocumentDatabase<S>
  cache: DocumentCache<S>
  publisher: Publisher
  metrics: Pick<ServiceMetrics, 'republished'>
  log: Logger
}

/** Ids in one filter at most: the stand-in compares every document found with every one of them. */
const PAGE = 200
/** Published outboxes are emptied in the database this often, or when there are so many. */
const EMPTY_MS = 500
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
  /** Documents whose outbox is to be published again. */
  readonly #unpublished = new Set<string>()
  #emptying: Promise<void> | undefined
  #emptiedAt = performance.now()

  constructor(options: OutboxOptions<S>) {
    this.#options = options
  }

  /** Sends messages that are in no outbox. @throws when the broker is away */
  async send(messages: readonly Outgoing[]): Promise<void> {
    if (messages.length > 0) await this.#options.publisher.publish(messages)
  }

  /** Publishes the outboxes of these documents. @throws when the broker is away */
  async publish(docs: readonly Doc<S>[]): Promise<void> {
    const { left } = await this.#publish(docs)
    for (const { id } of left) this.#unpublished.add(id)
  }

  /** The outboxes of these documents, which another process may have filled, are published soon. */
  publishAgain(ids: Iterable<string>): void {
    for (const id of ids) this.#unpublished.add(id)
  }

  /** Publishes what was left, from what is stored. @throws when the broker or the database is away */
  async republish(): Promise<void> {
    const { database, metrics } = this.#options
    const ids = [...this.#unpublished]
    for (let start = 0; start < ids.length; start += PAGE) {
      const page = ids.slice(start, start + PAGE)
      const stored = await database.read(page)
      const { whole, left } = await this.#publish(stored.map(({ doc }) => doc))
      await this.#emptyAll()
      metrics.republished.inc(whole.reduce((sum, { outbox }) => sum + outbox.length, 0))
      const kept = new Set(left.map(({ id }) => id))
      for (const id of page) if (!kept.has(id)) this.#unpublished.delete(id)
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

  async #publish(docs: readonly Doc<S>[]): Promise<{ whole: Doc<S>[]; left: Doc<S>[] }> {
    const full = docs.filter(({ outbox }) => outbox.length > 0)
    if (full.length === 0) return { whole: [], left: [] }
    const failed = await this.#options.publisher.publish(full.flatMap(({ outbox }) => outbox))
    const whole: Doc<S>[] = []
    const left: Doc<S>[] = []
    for (const doc of full) {
      const isOut = failed.size === 0 || !doc.outbox.some(({ topic }) => failed.has(topic))
      if (isOut) whole.push(doc)
      else left.push(doc)
    }
    this.#options.cache.stored.published(whole)
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
