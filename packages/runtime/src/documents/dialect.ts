import type { IndexSpec } from '../service.ts'
import type { Published } from './database.ts'
import type { Raw } from './document.ts'

/**
 * How documents are addressed in a database that speaks MongoDB's protocol: what differs between
 * MongoDB itself and the stand-in (stand-in-dialect.ts).
 */
export interface Dialect {
  /** Whether the driver may send a write again after a failure of the network. */
  readonly retryWrites: boolean
  /** Whether a collection that is renamed keeps its indexes. */
  readonly renames: boolean
  /** How often the database is asked for what processes that died left behind. */
  readonly scanMs: number
  /** Indexes that saving needs besides those of every collection. */
  readonly indexes: readonly { key: Record<string, 1>; name: string; unique: true }[]
  /** The unique indexes whose violation says that somebody else saved the document. */
  readonly versionRules: ReadonlySet<string>
  /** A document at the version that was read. */
  at(id: string, version: number): Record<string, unknown>
  /** Adds the members that the database needs to a document that is to be saved. */
  complete(raw: Raw, unique: readonly IndexSpec[]): void
  /** Filters that together find exactly these outboxes, as these saves filled them. */
  filled(published: readonly Published[]): Record<string, unknown>[]
  /** Filters that together find all for which one of two conditions holds. */
  either(one: Record<string, unknown>, other: Record<string, unknown>): Record<string, unknown>[]
}

/** MongoDB: range and partial indexes, and ids that are compared with versions. */
export const mongodDialect: Dialect = {
  retryWrites: true,
  renames: true,
  scanMs: 5_000,
  indexes: [],
  versionRules: new Set(['_id_']),
  at: (id, version) => ({ _id: id, version }),
  complete() {},
  filled(published) {
    const bySave = new Map<string, string[]>()
    for (const { id, saveId = '' } of published) {
      const same = bySave.get(saveId)
      if (same) same.push(id)
      else bySave.set(saveId, [id])
    }
    return [...bySave].map(([saveId, ids]) => ({ _id: { $in: ids }, outbox_at: saveId }))
  },
  either: (one, other) => [one, other],
}
