import type { Collection } from 'mongodb'
import { casOf, type Doc, type Raw } from './document.ts'

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
   * Empties them, unless somebody saved since. One that fails costs a repeated event.
   * @param isReplaced true for those that a later save of this process empties anyway
   */
  async empty(isReplaced: (filled: Filled) => boolean): Promise<void> {
    const filled = [...this.#out.values()].filter((one) => !isReplaced(one))
    this.#out = new Map()
    const empty = { $set: { outbox: [] }, $unset: { outbox_at: '' as const } }
    if (this.#standIn) {
      for (let start = 0; start < filled.length; start += IN_PAGE) {
        const page = filled.slice(start, start + IN_PAGE)
        const places = page.map(({ id, version }) => casOf(id, version))
        await this.#docs.updateMany({ cas: { $in: places } }, empty)
      }
      return
    }
    const byStamp = new Map<string, string[]>()
    for (const { id, stamp = '' } of filled) {
      const ids = byStamp.get(stamp)
      if (ids) ids.push(id)
      else byStamp.set(stamp, [id])
    }
    for (const [stamp, ids] of byStamp) {
      await this.#docs.updateMany({ _id: { $in: ids }, outbox_at: stamp }, empty)
    }
  }
}
