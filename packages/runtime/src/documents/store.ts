import { LRUCache } from 'lru-cache'
import { type Collection, type Db, MongoBulkWriteError } from 'mongodb'
import { Outboxes } from '../outbox/outbox.ts'
import type { IndexSpec } from '../service.ts'
import {
  bytesOf,
  casOf,
  type Doc,
  freshDoc,
  fromRaw,
  type Hoist,
  type Raw,
  toRaw,
} from './document.ts'

/**
 * One collection, one document per work order.
 * S1 State, handled inputs and outgoing events change in one single-document write.
 * S2 A write counts only against the version that was read; a lost race is reported, never merged.
 *    The stand-in uses an index only where a filter's members are exactly the index's, and reads
 *    the whole collection for anything else: there, id and version are one unique member, `cas`.
 * S3 What was saved last stays in memory (bounded in bytes), so a live document is not read again;
 *    a decision that saves nothing is proven by `outdated` instead.
 * S4 A held document is what this process knows, until it is saved or forgotten.
 * S5 An outbox that went out is emptied in memory at once, in the database a little later, many at
 *    a time; a save that comes first does it, too.
 */

/** Read access for doors and decisions' `prepare`. Documents without any fact are absent. */
export interface Reader<S> {
  /** The states of those documents that exist, as the database holds them now, or this process will. */
  load(ids: readonly string[]): Promise<Map<string, { state: S; version: number }>>
  /** The same as `load`. */
  read(ids: readonly string[]): Promise<Map<string, { state: S; version: number }>>
  /** Documents by hoisted members (`ix.<name>`); the filter must be served by a declared index. */
  find(
    filter: Record<string, unknown>,
    options: { sort?: Record<string, 1 | -1>; limit: number },
  ): Promise<{ id: string; state: S }[]>
}

/** What a round needs of a store. */
export interface RoundStore<S> {
  /** Absent documents come back fresh; `unread` are those that no read of this call has seen. */
  docs(
    ids: readonly string[],
    trusted: ReadonlySet<string>,
  ): Promise<{ docs: Map<string, Doc<S>>; unread: Set<string> }>
  /** The ids of those that somebody saved meanwhile; memory forgets them. */
  outdated(docs: readonly Doc<S>[]): Promise<Set<string>>
  /** One unordered write of the next versions. */
  save(docs: readonly Doc<S>[], stamp: string): Promise<Saved>
  /** These outboxes have gone out: they are emptied, unless somebody saved since. */
  trim(docs: readonly Doc<S>[]): void
  /** A document's next form, which is saved later. */
  hold(doc: Doc<S>): void
  forget(id: string): void
}

export interface Saved {
  /** Somebody saved these since they were read. */
  lost: Set<string>
  /** The database cannot hold these: a unique index of the service's own, or the size. */
  refused: Map<string, Error>
}

export interface StoreOptions<S> {
  collection: string
  initial: S
  index?: Hoist<S>
  stateText?: ((state: S) => string) | undefined
  indexes?: readonly IndexSpec[] | undefined
  cacheBytes?: number
  /** The stand-in has neither range indexes nor partial unique ones. */
  standIn?: boolean
}

/** A document that wants attention: a due time, or an outbox that nobody emptied. */
export interface Pending {
  id: string
  due_at: string | undefined
  outbox_at: string | undefined
}

const DUPLICATE = 11000
const CAS = 'cas'
const MAX_BYTES = 15 * 1024 * 1024
const CACHE_BYTES = 8 * 1024 * 1024

export class Store<S> implements Reader<S>, RoundStore<S> {
  readonly #docs: Collection<Raw>
  readonly #options: StoreOptions<S>
  readonly #initial: { state: S; text: string }
  readonly #cache: LRUCache<string, { doc: Doc<S>; bytes: number }>
  readonly #held = new Map<string, Doc<S>>()
  readonly #out: Outboxes

  constructor(db: Db, options: StoreOptions<S>) {
    this.#docs = db.collection<Raw>(options.collection)
    this.#options = options
    this.#out = new Outboxes(this.#docs, options.standIn === true)
    this.#initial = { state: options.initial, text: JSON.stringify(options.initial) }
    this.#cache = new LRUCache({
      maxSize: options.cacheBytes ?? CACHE_BYTES,
      sizeCalculation: (entry) => entry.bytes,
    })
  }

  /** Makes the indexes that due times, the sweep and the service's own queries need. */
  async prepare(): Promise<void> {
    const partial = (member: string) => ({ [member]: { $exists: true } })
    await this.#docs.createIndexes([
      { key: { due_at: 1 }, name: 'due', partialFilterExpression: partial('due_at') },
      { key: { outbox_at: 1 }, name: 'outbox', partialFilterExpression: partial('outbox_at') },
      ...(this.#options.standIn ? [{ key: { cas: 1 as const }, name: CAS, unique: true }] : []),
      ...(this.#options.indexes ?? []).map((index) => ({ ...index })),
    ])
  }

  /** One read for all that memory does not hold. */
  async docs(
    ids: readonly string[],
    trusted: ReadonlySet<string>,
  ): Promise<{ docs: Map<string, Doc<S>>; unread: Set<string> }> {
    const docs = new Map<string, Doc<S>>()
    const missing: string[] = []
    for (const id of ids) {
      const known = this.#held.get(id) ?? this.#cache.get(id)?.doc
      if (known) docs.set(id, known)
      else if (trusted.has(id)) docs.set(id, freshDoc(id, this.#initial.state))
      else missing.push(id)
    }
    const unread = new Set(docs.keys())
    if (missing.length > 0) {
      for await (const raw of this.#docs.find({ _id: { $in: missing } })) {
        const doc = this.#trimmed(fromRaw(raw, this.#initial))
        docs.set(doc.id, doc)
        this.#keep(doc, bytesOf(raw))
      }
    }
    for (const id of missing) if (!docs.has(id)) docs.set(id, freshDoc(id, this.#initial.state))
    return { docs, unread }
  }

  async outdated(docs: readonly Doc<S>[]): Promise<Set<string>> {
    if (docs.length === 0) return new Set()
    const raws = await this.#docs
      .find({ _id: { $in: docs.map(({ id }) => id) } }, { projection: { version: 1 } })
      .toArray()
    const versions = new Map(raws.map(({ _id, version }) => [_id, version]))
    const changed = docs.filter(({ id, version }) => (versions.get(id) ?? 0) !== version)
    for (const { id } of changed) this.forget(id)
    return new Set(changed.map(({ id }) => id))
  }

  /**
   * New documents are inserted, known ones replaced at their version. E11000 on `_id_` names each
   * lost race by its index, on the stand-in too; on another index it is the service's own rule.
   */
  async save(docs: readonly Doc<S>[], stamp: string): Promise<Saved> {
    const saved: Saved = { lost: new Set(), refused: new Map() }
    const entries: { doc: Doc<S>; raw: Raw; bytes: number }[] = []
    for (const doc of docs) {
      const raw = toRaw(doc, stamp, this.#options)
      if (this.#options.standIn) {
        raw.cas = casOf(raw._id, raw.version)
        this.#fill(raw)
      }
      const bytes = bytesOf(raw)
      if (bytes <= MAX_BYTES) entries.push({ doc, raw, bytes })
      else saved.refused.set(doc.id, new Error(`the document would take ${bytes} bytes`))
    }
    if (entries.length === 0) return saved
    try {
      await this.#docs.bulkWrite(
        entries.map(({ doc, raw }) =>
          doc.version === 0
            ? { insertOne: { document: raw } }
            : { replaceOne: { filter: this.#at(doc), replacement: raw, upsert: true } },
        ),
        { ordered: false },
      )
    } catch (error) {
      const failures = error instanceof MongoBulkWriteError ? [error.writeErrors].flat() : []
      if (failures.length === 0 || failures.some((one) => one.code !== DUPLICATE)) {
        // What was written before the failure is not known.
        for (const { doc } of entries) this.#cache.delete(doc.id)
        throw error
      }
      for (const { index, errmsg = '' } of failures) {
        const id = entries[index]?.doc.id ?? ''
        const [, rule = '_id_'] = errmsg.match(/ index: (\S+)/) ?? []
        if (rule === '_id_' || rule === CAS) saved.lost.add(id)
        else saved.refused.set(id, new Error(`unique index ${rule}: ${errmsg}`))
      }
    }
    for (const { doc, bytes } of entries) {
      this.#held.delete(doc.id)
      if (saved.lost.has(doc.id) || saved.refused.has(doc.id)) this.#cache.delete(doc.id)
      else this.#keep({ ...doc, version: doc.version + 1, stamp }, bytes)
    }
    return saved
  }

  hold(doc: Doc<S>): void {
    this.#held.set(doc.id, doc)
  }

  trim(docs: readonly Doc<S>[]): void {
    for (const { id, version, stamp } of docs) {
      this.#out.add({ id, version, stamp })
      const { doc, bytes = 0 } = this.#cache.get(id) ?? {}
      if (doc?.version !== version) continue
      const outgoing = doc.outbox.reduce((sum, entry) => sum + entry.value.length + 512, 0)
      this.#keep({ ...doc, outbox: [], stamp: undefined }, Math.max(512, bytes - outgoing))
    }
  }

  /** How many outboxes are to be emptied in the database. */
  get untrimmed(): number {
    return this.#out.size
  }

  /** Empties outboxes in the database; those that a later save replaced are empty already. */
  trimNow(): Promise<void> {
    return this.#out.empty(({ id, version }) => {
      const newest = this.#cache.get(id)?.doc.version ?? version
      return newest !== version || this.#held.has(id)
    })
  }

  /** Documents by id with their outboxes, past the memory. */
  async full(ids: readonly string[]): Promise<Doc<S>[]> {
    const raws = await this.#docs.find({ _id: { $in: [...ids] } }).toArray()
    return raws.map((raw) => fromRaw(raw, this.#initial))
  }

  /**
   * Documents saved before `savedBefore` whose outbox holds something, and all that are due before
   * `dueBefore` (RFC 3339), waiting messages among them. One pass where there are no range indexes.
   */
  async *pending(savedBefore: string, dueBefore: string): AsyncGenerator<Pending> {
    const outbox = { outbox_at: { $lt: savedBefore } }
    const due = { due_at: { $lt: dueBefore } }
    const projection = { due_at: 1, outbox_at: 1 }
    const filters = this.#options.standIn ? [{ $or: [outbox, due] }] : [outbox, due]
    for (const filter of filters) {
      for await (const raw of this.#docs.find(filter, { projection })) {
        yield { id: raw._id, due_at: raw.due_at, outbox_at: raw.outbox_at }
      }
    }
  }

  load(ids: readonly string[]): Promise<Map<string, { state: S; version: number }>> {
    return this.read(ids)
  }

  async read(ids: readonly string[]): Promise<Map<string, { state: S; version: number }>> {
    const raws = await this.#docs
      .find({ _id: { $in: [...ids] } }, { projection: { state: 1, version: 1 } })
      .toArray()
    const present = raws.filter((raw) => raw.state !== this.#initial.text)
    const found = new Map<string, { state: S; version: number }>(
      present.map((raw) => [raw._id, { state: JSON.parse(raw.state), version: raw.version }]),
    )
    for (const id of ids) {
      const held = this.#held.get(id)
      if (held && held.version === (found.get(id)?.version ?? 0)) found.set(id, held)
    }
    return found
  }

  async find(
    filter: Record<string, unknown>,
    options: { sort?: Record<string, 1 | -1>; limit: number },
  ): Promise<{ id: string; state: S }[]> {
    const raws = await this.#docs
      .find(filter, { projection: { state: 1, version: 1 } })
      .sort(options.sort ?? {})
      .limit(options.limit)
      .toArray()
    const found = raws.map((raw) => ({ id: raw._id, state: this.#newest(raw) }))
    if (options.sort) return found
    const held = heldBy(this.#held.values(), filter, this.#options.index)
    const known = new Set(found.map(({ id }) => id))
    return [...found, ...held.filter(({ id }) => !known.has(id))].slice(0, options.limit)
  }

  /** The state that a document has, or will have once what is held of it is saved. */
  #newest({ _id, version, state }: Pick<Raw, '_id' | 'version' | 'state'>): S {
    const held = this.#held.get(_id)
    return held?.version === version ? held.state : JSON.parse(state)
  }

  /** Forgets what memory holds of a document: somebody else saved it. */
  forget(id: string): void {
    this.#held.delete(id)
    this.#cache.delete(id)
  }

  /** A document at the version that was read. */
  #at({ id, version }: Doc<S>): Record<string, unknown> {
    return this.#options.standIn ? { cas: casOf(id, version) } : { _id: id, version }
  }

  /** The stand-in takes documents without a unique member for equal: there, each has its own. */
  #fill(raw: Raw): void {
    const unique = (this.#options.indexes ?? []).filter((index) => index.unique)
    for (const member of unique.flatMap(({ key }) => Object.keys(key))) {
      const name = member.replace(/^ix\./, '')
      raw.ix = { [name]: `none/${raw._id}`, ...raw.ix }
    }
  }

  #trimmed(doc: Doc<S>): Doc<S> {
    return this.#out.isOut(doc) ? { ...doc, outbox: [], stamp: undefined } : doc
  }

  #keep(doc: Doc<S>, bytes: number): void {
    this.#cache.set(doc.id, { doc, bytes })
  }
}

/** Held documents that a filter of equal members finds; such ones may not be stored yet. */
function heldBy<S>(
  held: Iterable<Doc<S>>,
  filter: Record<string, unknown>,
  index: Hoist<S>,
): { id: string; state: S }[] {
  if (index === undefined) return []
  const wanted = Object.entries(filter)
  return [...held].filter(({ state }) => {
    const hoisted = index(state)
    return wanted.every(([name, value]) => hoisted[name.replace(/^ix\./, '')] === value)
  })
}
