import type { Db } from 'mongodb'
import type { Hoist, Hoisted } from './document.ts'
import { type CacheOptions, DocumentCache } from './document-cache.ts'
import { Documents } from './documents.ts'
import { type Found, MongoDatabase, type MongoOptions } from './mongo-database.ts'

/** Read access for doors and decisions' `prepare`. Documents without any fact are absent. */
export interface Reader<S> {
  /** The states of those documents that exist, as the database holds them now, or this process will. */
  read(ids: readonly string[]): Promise<Map<string, { state: S; version: number }>>
  /** Documents by hoisted members (`ix.<name>`); the filter must be served by a declared index. */
  find(
    filter: Record<string, unknown>,
    options: { sort?: Record<string, 1 | -1>; limit: number },
  ): Promise<{ id: string; state: S }[]>
  /** The hoisted members alone of stored documents, by a filter and an order of a declared index. */
  hoisted(
    filter: Record<string, unknown>,
    options: { sort: Record<string, 1 | -1>; limit: number },
  ): Promise<{ id: string; ix: Hoisted }[]>
  /** How many stored documents such a filter finds. @param options `most`: it counts no further */
  count(filter: Record<string, unknown>, options?: { most?: number }): Promise<number>
}

export interface StoreOptions<S> extends MongoOptions<S>, CacheOptions<S> {
  /** Names this process among all others of the deployment. */
  instance: string
}

/** A service's one collection: its documents for the rounds, read access for everybody else. */
export class Store<S> implements Reader<S> {
  readonly database: MongoDatabase<S>
  readonly cache: DocumentCache<S>
  readonly documents: Documents<S>
  readonly #index: Hoist<S>

  constructor(db: Db, options: StoreOptions<S>) {
    this.database = new MongoDatabase(db, options)
    this.cache = new DocumentCache<S>(options)
    this.documents = new Documents(this.database, this.cache, options)
    this.#index = options.index
  }

  /** Makes the indexes that due times, the recovery scan and the service's own queries need. */
  prepare(): Promise<void> {
    return this.database.prepare()
  }

  async read(ids: readonly string[]): Promise<Map<string, { state: S; version: number }>> {
    const found = await this.database.states(ids)
    for (const id of ids) {
      const promised = this.cache.promised(id)
      if (promised && promised.version === (found.get(id)?.version ?? 0)) found.set(id, promised)
    }
    return found
  }

  async find(
    filter: Record<string, unknown>,
    options: { sort?: Record<string, 1 | -1>; limit: number },
  ): Promise<{ id: string; state: S }[]> {
    const stored = await this.database.find(filter, options)
    const found = stored.map((one) => ({ id: one.id, state: this.#newest(one) }))
    // What is deferred has no place in a sorted answer; it is found by its id.
    if (options.sort) return found
    const known = new Set(found.map(({ id }) => id))
    const promised = promisedBy(this.cache.allPromised(), filter, this.#index)
    return [...found, ...promised.filter(({ id }) => !known.has(id))].slice(0, options.limit)
  }

  hoisted(
    filter: Record<string, unknown>,
    options: { sort: Record<string, 1 | -1>; limit: number },
  ): Promise<{ id: string; ix: Hoisted }[]> {
    return this.database.hoisted(filter, options)
  }

  count(filter: Record<string, unknown>, options?: { most?: number }): Promise<number> {
    return this.database.count(filter, options)
  }

  /** The state that a document has, or will have once what is deferred of it is saved. */
  #newest({ id, version, state }: Found<S>): S {
    const promised = this.cache.promised(id)
    return promised?.version === version ? promised.state : state
  }
}

/** Deferred documents that a filter of equal members finds; such ones may not be stored yet. */
function promisedBy<S>(
  promised: Iterable<{ id: string; state: S }>,
  filter: Record<string, unknown>,
  index: Hoist<S>,
): { id: string; state: S }[] {
  if (index === undefined) return []
  const wanted = Object.entries(filter)
  return [...promised].filter(({ state }) => {
    const hoisted = index(state)
    return wanted.every(([name, value]) =>
      [hoisted[name.replace(/^ix\./, '')]].flat().some((one) => one === value),
    )
  })
}
