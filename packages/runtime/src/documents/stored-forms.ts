import { LRUCache } from 'lru-cache'
import type { Published } from './database.ts'
import { bytesOfOutbox, type Doc } from './document.ts'

/**
 * What this process knows of stored documents: the forms that it read or saved last, and the outboxes
 * that it published and that the database still holds.
 */
export class StoredForms<S> {
  readonly #forms: LRUCache<string, { doc: Doc<S>; bytes: number }>
  readonly #published = new Map<string, Published>()

  constructor(maxBytes: number) {
    this.#forms = new LRUCache({ maxSize: maxBytes, sizeCalculation: ({ bytes }) => bytes })
  }

  has(id: string): boolean {
    return this.#forms.has(id)
  }

  get(id: string): Doc<S> | undefined {
    return this.#forms.get(id)?.doc
  }

  set(doc: Doc<S>, bytes: number): void {
    this.#forms.set(doc.id, { doc, bytes })
  }

  delete(id: string): void {
    this.#forms.delete(id)
  }

  /** A document as it was read; an outbox that was published since counts as emptied. */
  emptied(stored: Doc<S>): Doc<S> {
    const isOut = this.#published.get(stored.id)?.version === stored.version
    return isOut ? withoutOutbox(stored) : stored
  }

  /** The outboxes of these documents, in this version, were published. */
  published(docs: readonly Doc<S>[]): void {
    for (const { id, version, saveId, outbox } of docs) {
      this.#published.set(id, { id, version, saveId })
      const known = this.#forms.peek(id)
      if (known?.doc.version !== version) continue
      this.set(withoutOutbox(known.doc), Math.max(512, known.bytes - bytesOfOutbox(outbox)))
    }
  }

  /** How many outboxes were published and are not known to be emptied. */
  get full(): number {
    return this.#published.size
  }

  /**
   * Published outboxes that the database is to empty.
   * @param isReplaced true for documents of which a later save of this process empties the outbox
   */
  toEmpty(isReplaced: (id: string) => boolean): Published[] {
    const wanted: Published[] = []
    for (const one of this.#published.values()) {
      const newest = this.#forms.peek(one.id)?.doc.version ?? one.version
      if (newest !== one.version || isReplaced(one.id)) this.forgetPublished(one)
      else wanted.push(one)
    }
    return wanted
  }

  /** The database emptied this outbox; a later one of the same document counts for itself. */
  forgetPublished(one: Published): void {
    if (this.#published.get(one.id) === one) this.#published.delete(one.id)
  }
}

function withoutOutbox<S>(doc: Doc<S>): Doc<S> {
  return { ...doc, outbox: [], saveId: undefined }
}
