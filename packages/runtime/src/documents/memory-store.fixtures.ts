import type { RoundWaiting, Waiting } from '../timers/waiting-messages.ts'
import { type Doc, freshDoc } from './document.ts'
import type { RoundStore, Saved } from './store.ts'

/** A database in memory that several `MemoryStore`s share, as instances of a service share theirs. */
export interface MemoryDatabase<S> {
  docs: Map<string, Doc<S>>
  waiting: Map<string, Waiting>
}

export function memoryDatabase<S>(): MemoryDatabase<S> {
  return { docs: new Map(), waiting: new Map() }
}

/** The store of a round without a server: compare-and-set, with a memory of its own. */
export class MemoryStore<S> implements RoundStore<S> {
  readonly #initial: S
  readonly #db: MemoryDatabase<S>
  readonly #cache = new Map<string, Doc<S>>()
  readonly #held = new Map<string, Doc<S>>()

  constructor(initial: S, db: MemoryDatabase<S> = memoryDatabase()) {
    this.#initial = initial
    this.#db = db
  }

  async docs(
    ids: readonly string[],
    trusted: ReadonlySet<string>,
  ): Promise<{ docs: Map<string, Doc<S>>; unread: Set<string> }> {
    const docs = new Map<string, Doc<S>>()
    const unread = new Set<string>()
    for (const id of ids) {
      const cached = this.#held.get(id) ?? this.#cache.get(id)
      const known = cached ?? (trusted.has(id) ? undefined : this.#db.docs.get(id))
      if (cached || trusted.has(id)) unread.add(id)
      docs.set(id, known ?? freshDoc(id, this.#initial))
    }
    return { docs, unread }
  }

  async outdated(docs: readonly Doc<S>[]): Promise<Set<string>> {
    const changed = docs.filter(
      ({ id, version }) => (this.#db.docs.get(id)?.version ?? 0) !== version,
    )
    for (const { id } of changed) this.forget(id)
    return new Set(changed.map(({ id }) => id))
  }

  async save(docs: readonly Doc<S>[], stamp: string): Promise<Saved> {
    const lost = new Set<string>()
    for (const doc of docs) {
      this.#held.delete(doc.id)
      if ((this.#db.docs.get(doc.id)?.version ?? 0) !== doc.version) {
        lost.add(doc.id)
        this.#cache.delete(doc.id)
        continue
      }
      const next = { ...doc, version: doc.version + 1, stamp }
      this.#db.docs.set(doc.id, next)
      this.#cache.set(doc.id, next)
    }
    return { lost, refused: new Map() }
  }

  hold(doc: Doc<S>): void {
    this.#held.set(doc.id, doc)
  }

  trim(docs: readonly Doc<S>[]): void {
    for (const held of [this.#db.docs, this.#cache]) {
      for (const { id, version } of docs) {
        const doc = held.get(id)
        if (doc?.version === version) held.set(id, { ...doc, outbox: [], stamp: undefined })
      }
    }
  }

  forget(id: string): void {
    this.#held.delete(id)
    this.#cache.delete(id)
  }
}

/** The list of waiting messages without a server. */
export class MemoryWaiting implements RoundWaiting {
  readonly #db: Pick<MemoryDatabase<unknown>, 'waiting'>

  constructor(db: Pick<MemoryDatabase<unknown>, 'waiting'>) {
    this.#db = db
  }

  async keep(messages: readonly Waiting[]): Promise<void> {
    for (const one of messages) if (!this.#db.waiting.has(one.id)) this.#db.waiting.set(one.id, one)
  }

  async drop(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.#db.waiting.delete(id)
  }
}
