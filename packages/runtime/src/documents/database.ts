import type { Doc } from './document.ts'

/** Where documents are stored: no memory of its own, one single-document write per save. */
export interface DocumentDatabase<S> {
  /** Those of the documents that exist. */
  read(ids: readonly string[]): Promise<Stored<S>[]>
  /** The versions of those that exist. */
  versions(ids: readonly string[]): Promise<Map<string, number>>
  /**
   * Saves the next version of each document, one unordered write for all. A document counts as saved
   * only if nobody saved it since its version was read.
   * @param saveId names this save, and sorts by its time
   * @throws on an outage; which documents were written is then not known
   */
  save(docs: readonly Doc<S>[], saveId: string): Promise<Saved>
  /** Empties these outboxes, each unless its document was saved since. */
  emptyOutboxes(published: readonly Published[]): Promise<void>
  /** Outboxes filled before `savedBefore`, and all that is due before `dueBefore` (RFC 3339). */
  pending(savedBefore: string, dueBefore: string): AsyncIterable<Pending>
}

export interface Stored<S> {
  doc: Doc<S>
  /** About what it takes in the database. */
  bytes: number
}

/** What became of a save; every document that is in neither `lost` nor `refused` was saved. */
export interface Saved {
  /** Somebody saved these since they were read. */
  lost: ReadonlySet<string>
  /** The database cannot hold these: a unique index of the service's own, or the size. */
  refused: ReadonlyMap<string, Error>
  /** About what each takes in the database. */
  bytes: ReadonlyMap<string, number>
}

/** The save that filled an outbox which was published. */
export type Published = Pick<Doc<unknown>, 'id' | 'version' | 'saveId'>

/** A document that wants attention: a due time, or an outbox that nobody emptied. */
export interface Pending {
  id: string
  due_at: string | undefined
  outbox_at: string | undefined
}
