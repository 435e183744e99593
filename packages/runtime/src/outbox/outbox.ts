import type { Collection } from 'mongodb'
import { casOf, type Doc, type Raw } from '../documents/document.ts'

/** Ids in one filter at most: the stand-in compares every document found with every one of them. */
const IN_PAGE = 200

/** The save that filled an outbox. */
type Filled = Pick<Doc<unknown>, 'id' | 'version' | 'stamp'>

/** Outboxes that went out and are still full in the database; they are emptied many at a time. */
export class Outboxes {
  readonly #docs: Collection<Raw>
  readonly #standIn: boolean
  #out = new Map<string, Filled>()

  constructor(docs: Collection<Raw>, standIn: boolean) {
    this.#docs = docs
    this.#standIn = standIn
  }

  get size(): number {
    return this.#out.size
  }

  add({ id, version, stamp }: Filled): void {
    this.#out.set(id, { id, version, stamp })
  }

  /** Whether this document's outbox went out. */
  isOut({ id, version }: Filled): boolean {
    return this.#out.get(id)?.version === version
  }

  /**
   * Empties them, unless somebody saved since. What went out is known until the database has
   * emptied it: a document read meanwhile does not go out again.
   * @param isReplaced true for those that a later save of this process empties anyway
   * @throws what the database says; what it did not empty is left for the next time
   */
  async empty(isReplaced: (filled: Filled) => boolean): Promise<void> {
    const filled: Filled[] = []
    for (const one of [...this.#out.values()]) {
      if (isReplaced(one)) this.#done(one)
      else filled.push(one)
    }
    const empty = { $set: { outbox: [] }, $unset: { outbox_at: '' as const } }
    if (this.#standIn) {
      for (let start = 0; start < filled.length; start += IN_PAGE) {
        const page = filled.slice(start, start + IN_PAGE)
        const places = page.map(({ id, version }) => casOf(id, version))
        await this.#docs.updateMany({ cas: { $in: places } }, empty)
        for (const one of page) this.#done(one)
      }
      return
    }
    const byStamp = new Map<string, Filled[]>()
    for (const one of filled) {
      const { stamp = '' } = one
      const same = byStamp.get(stamp)
      if (same) same.push(one)
      else byStamp.set(stamp, [one])
    }
    for (const [stamp, same] of byStamp) {
      const ids = same.map(({ id }) => id)
      await this.#docs.updateMany({ _id: { $in: ids }, outbox_at: stamp }, empty)
      for (const one of same) this.#done(one)
    }
  }

  /** Forgets it, unless a later save went out since. */
  #done(one: Filled): void {
    if (this.#out.get(one.id) === one) this.#out.delete(one.id)
  }
}
