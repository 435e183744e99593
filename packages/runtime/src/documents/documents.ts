import type { Effect } from '../service.ts'
import type { DocumentDatabase } from './database.ts'
import { type Doc, freshDoc } from './document.ts'
import type { DocumentCache } from './document-cache.ts'

/** A document's next form, and the effects that follow once it is saved. */
export interface Write<S> {
  doc: Doc<S>
  effects: readonly Effect[]
}

export interface Loaded<S> {
  /** All that were asked for; absent ones come fresh. */
  docs: Map<string, Doc<S>>
  /** Those that no read of this call has seen. */
  unread: Set<string>
  /** Failed saves that turned out to be made: their effects are to be started. */
  made: { id: string; effects: readonly Effect[] }[]
}

export interface SavedWrites<S, W extends Write<S>> {
  /** Saved, each with its document as it is stored now. */
  won: { write: W; doc: Doc<S> }[]
  lost: ReadonlySet<string>
  refused: ReadonlyMap<string, Error>
  /** Deferred writes that were saved besides. */
  deferred: Doc<S>[]
}

/**
 * The documents of a service as its rounds work on them: the cache before the database.
 * S1 State, handled inputs and outgoing events change in one single-document write.
 * S2 A write counts only against the version that was read; a lost race is reported, never merged.
 * S3 A live document stays in memory, so it is not read again; a decision that saves nothing is
 *    confirmed by `changed` instead.
 */
export class Documents<S> {
  readonly cache: DocumentCache<S>
  readonly #database: DocumentDatabase<S>
  readonly #initial: S
  readonly #instance: string
  #saves = 0

  /** @param instance names this process among all others of the deployment */
  constructor(
    database: DocumentDatabase<S>,
    cache: DocumentCache<S>,
    { initial, instance }: { initial: S; instance: string },
  ) {
    this.#database = database
    this.cache = cache
    this.#initial = initial
    this.#instance = instance
  }

  /**
   * One read for all that the cache does not hold.
   * @param isNew documents that most probably do not exist: they come fresh, without a read
   */
  async load(ids: readonly string[], isNew: ReadonlySet<string>): Promise<Loaded<S>> {
    const loaded: Loaded<S> = { docs: new Map(), unread: new Set(), made: [] }
    const missing: string[] = []
    for (const id of ids) {
      const known = this.cache.find(id) ?? this.#newDoc(id, isNew)
      if (known === undefined) missing.push(id)
      else loaded.docs.set(id, known)
    }
    loaded.unread = new Set(loaded.docs.keys())
    if (missing.length > 0) await this.#read(missing, loaded)
    return loaded
  }

  /** The ids of those that somebody saved meanwhile; the cache forgets them. */
  async changed(docs: readonly Doc<S>[]): Promise<Set<string>> {
    if (docs.length === 0) return new Set()
    const versions = await this.#database.versions(docs.map(({ id }) => id))
    const changed = docs.filter(({ id, version }) => (versions.get(id) ?? 0) !== version)
    for (const { id } of changed) this.cache.forget(id)
    return new Set(changed.map(({ id }) => id))
  }

  /**
   * Saves what is decided, and deferred writes whose time has come.
   * @throws on an outage; what it concerns is unsure until it is read again
   */
  async save<W extends Write<S>>(
    writes: readonly W[],
    overdue: readonly string[],
  ): Promise<SavedWrites<S, W>> {
    this.#saves += 1
    const saveId = `${new Date().toISOString()}/${this.#instance}/${this.#saves}`
    const next = new Map<string, { doc: Doc<S>; write?: W }>()
    for (const write of writes) next.set(write.doc.id, { doc: named(write, saveId), write })
    for (const id of overdue) {
      const doc = this.cache.isDeferred(id) ? this.cache.find(id) : undefined
      if (doc && !next.has(id)) next.set(id, { doc })
    }
    const docs: Doc<S>[] = []
    for (const { doc, write } of next.values()) {
      docs.push(doc)
      this.cache.saving(doc.id, { saveId, effects: write?.effects ?? [] })
    }
    const { lost, refused, bytes } = await this.#send(docs, saveId)
    const won: SavedWrites<S, W>['won'] = []
    const deferred: Doc<S>[] = []
    for (const { doc, write } of next.values()) {
      if (lost.has(doc.id) || refused.has(doc.id)) this.cache.lost(doc.id)
      else {
        const saved = { ...doc, version: doc.version + 1, saveId }
        this.cache.saved(saved, bytes.get(doc.id) ?? 0)
        if (write) won.push({ write, doc: saved })
        else deferred.push(saved)
      }
    }
    return { won, lost, refused, deferred }
  }

  async #send(docs: readonly Doc<S>[], saveId: string) {
    try {
      return await this.#database.save(docs, saveId)
    } catch (error) {
      for (const { id } of docs) this.cache.failed(id)
      throw error
    }
  }

  async #read(missing: readonly string[], { docs, made }: Loaded<S>): Promise<void> {
    const stored = new Map(
      (await this.#database.read(missing)).map((one): [string, typeof one] => [one.doc.id, one]),
    )
    for (const id of missing) {
      const one = stored.get(id)
      const effects = this.cache.resolve(id, one?.doc)
      if (effects.length > 0) made.push({ id, effects })
      docs.set(id, one ? this.cache.read(one.doc, one.bytes) : freshDoc(id, this.#initial))
    }
  }

  #newDoc(id: string, isNew: ReadonlySet<string>): Doc<S> | undefined {
    const isTrusted = isNew.has(id) && !this.cache.isUnsure(id)
    return isTrusted ? freshDoc(id, this.#initial) : undefined
  }
}

/** A save that effects follow is named in its document, so that a lost answer can be made up for. */
function named<S>({ doc, effects }: Write<S>, saveId: string): Doc<S> {
  return effects.length > 0 ? { ...doc, savedBy: saveId } : doc
}
