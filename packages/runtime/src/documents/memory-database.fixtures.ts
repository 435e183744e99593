import type { DocumentDatabase, Pending, Published, Saved, Stored } from './database.ts'
import type { Doc } from './document.ts'

/** A database without a server: it compares versions as MongoDB does. */
export class MemoryDatabase<S> implements DocumentDatabase<S> {
  readonly #docs: Map<string, Doc<S>>

  /** @param docs shared by all databases that stand for one */
  constructor(docs: Map<string, Doc<S>>) {
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
