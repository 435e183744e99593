import type { RoundWaiting, Waiting } from '../timers/waiting-messages.ts'
import type { DocumentDatabase, Pending, Published, Saved, Stored } from './database.ts'
import type { Doc } from './document.ts'

/** What several `MemoryDatabase`s share, as the instances of a service share their database. */
export interface MemoryDocuments<S> {
  docs: Map<string, Doc<S>>
  waiting: Map<string, Waiting>
}

export function memoryDocuments<S>(): MemoryDocuments<S> {
  return { docs: new Map(), waiting: new Map() }
}

/** A database without a server: it compares versions as MongoDB does. */
export class MemoryDatabase<S> implements DocumentDatabase<S> {
  readonly #docs: Map<string, Doc<S>>

  constructor({ docs }: Pick<MemoryDocuments<S>, 'docs'>) {
    this.#docs = docs
  }

  async read(ids: readonly string[]): Promise<Stored<S>[]> {
    return ids.flatMap((id) => {
      const doc = this.#docs.get(id)
      return doc ? [{ doc, bytes: 512 }] : []
    })
  }

  async versions(ids: readonly string[]): Promise<Map<string, number>> {
    return new Map((await this.read(ids)).map(({ doc: { id, version } }) => [id, version]))
  }

  async save(docs: readonly Doc<S>[], saveId: string): Promise<Saved> {
    const lost = new Set<string>()
    const bytes = new Map(docs.map(({ id }) => [id, 512]))
    for (const doc of docs) {
      if ((this.#docs.get(doc.id)?.version ?? 0) !== doc.version) lost.add(doc.id)
      else this.#docs.set(doc.id, { ...doc, version: doc.version + 1, saveId })
    }
    return { lost, refused: new Map(), bytes }
  }

  async emptyOutboxes(published: readonly Published[]): Promise<void> {
    for (const { id, version } of published) {
      const doc = this.#docs.get(id)
      if (doc?.version === version) this.#docs.set(id, { ...doc, outbox: [], saveId: undefined })
    }
  }

  async *pending(savedBefore: string, dueBefore: string): AsyncGenerator<Pending> {
    for (const { id, due_at, outbox, saveId = '' } of this.#docs.values()) {
      const outbox_at = outbox.length > 0 ? saveId : undefined
      const isFull = outbox_at !== undefined && outbox_at < savedBefore
      if (isFull || (due_at !== undefined && due_at < dueBefore)) yield { id, due_at, outbox_at }
    }
  }
}

/** The list of waiting messages without a server. */
export class MemoryWaiting implements RoundWaiting {
  readonly #waiting: Map<string, Waiting>

  constructor({ waiting }: Pick<MemoryDocuments<unknown>, 'waiting'>) {
    this.#waiting = waiting
  }

  async keep(messages: readonly Waiting[]): Promise<void> {
    for (const one of messages) if (!this.#waiting.has(one.id)) this.#waiting.set(one.id, one)
  }

  async drop(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.#waiting.delete(id)
  }
}
