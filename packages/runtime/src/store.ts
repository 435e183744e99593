import { LRUCache } from 'lru-cache'
import { Binary, type Collection, type Db, MongoBulkWriteError } from 'mongodb'
import type { IndexSpec } from './service.ts'

/**
 * One collection, one document per work order: `{ _id, version, state, seen, said, outbox }`.
 * S1 State, handled inputs and outgoing events change in one single-document write.
 * S2 A write counts only against the version that was read; a lost race is reported, never merged.
 * S3 What was saved last stays in memory (bounded in bytes), so a live document is not read again.
 * The state is one JSON string: any member name is safe, and servers need not parse it.
 */

/** A message ready to go out, final to the byte. */
export interface Outgoing {
  id: string
  topic: string
  key: string
  value: Buffer
  headers: Record<string, string>
}

/** A document as the round works on it. */
export interface Doc<S> {
  id: string
  version: number
  state: S
  seen: readonly string[]
  said: readonly string[]
  outbox: readonly Outgoing[]
  /** Inputs parked for this document; what follows is parked too. */
  parked: readonly string[]
  due_at: string | undefined
  /** Names the save that filled the outbox; undefined while the outbox is empty. */
  stamp?: string | undefined
}

interface Raw {
  _id: string
  version: number
  state: string
  seen: string[]
  said: string[]
  outbox: {
    id: string
    topic: string
    key: string
    value: Binary
    headers: Record<string, string>
  }[]
  outbox_at?: string
  parked?: string[]
  due_at?: string
  ix?: Record<string, string | number>
}

/** A message that waits for something to become known, under its digest. */
export interface Waiting {
  id: string
  topic: string
  key: string | undefined
  value: Buffer
  headers: Record<string, string>
  at: string
  partition: number
  offset: string
}

interface RawWaiting extends Omit<Waiting, 'id' | 'value' | 'key'> {
  key?: string
  _id: string
  version: 0
  value: Binary
  due_at: string
}

const WAIT = 'wait/'
const DUPLICATE = 11000
/** Roughly what a cached document costs besides its state. */
const OVERHEAD = 512
const noHistory = { seen: [], said: [], outbox: [], parked: [] } as const

/** Read access for doors and decisions' `prepare`. */
export interface Reader<S> {
  /** The states of those documents that exist. Served from memory where possible. */
  load(ids: readonly string[]): Promise<Map<string, { state: S; version: number }>>
  /** Past the memory: what the database holds now. */
  read(ids: readonly string[]): Promise<Map<string, { state: S; version: number }>>
  /** Documents by hoisted members (`ix.<name>`); the filter must be served by a declared index. */
  find(
    filter: Record<string, unknown>,
    options: { sort?: Record<string, 1 | -1>; limit: number },
  ): Promise<{ id: string; state: S }[]>
}

export interface StoreOptions<S> {
  collection: string
  initial: S
  index?: ((state: S) => Record<string, string | number | undefined>) | undefined
  indexes?: readonly IndexSpec[] | undefined
  cacheBytes?: number
}

export class Store<S> implements Reader<S> {
  readonly #docs: Collection<Raw>
  readonly #waiting: Collection<RawWaiting>
  readonly #options: StoreOptions<S>
  readonly #cache: LRUCache<string, { doc: Doc<S>; bytes: number }>

  constructor(db: Db, options: StoreOptions<S>) {
    this.#docs = db.collection<Raw>(options.collection)
    this.#waiting = db.collection<RawWaiting>(options.collection)
    this.#options = options
    this.#cache = new LRUCache({
      maxSize: options.cacheBytes ?? 16 * 1024 * 1024,
      sizeCalculation: (entry) => entry.bytes,
    })
  }

  /** Makes the indexes that due times, the sweep and the service's own queries need. */
  async prepare(): Promise<void> {
    const partial = (member: string) => ({ [member]: { $exists: true } })
    await this.#docs.createIndexes([
      { key: { due_at: 1 }, name: 'due', partialFilterExpression: partial('due_at') },
      { key: { outbox_at: 1 }, name: 'outbox', partialFilterExpression: partial('outbox_at') },
      ...(this.#options.indexes ?? []).map((index) => ({ ...index })),
    ])
  }

  /** A document that nobody saved yet. */
  fresh(id: string): Doc<S> {
    return { id, version: 0, state: this.#options.initial, due_at: undefined, ...noHistory }
  }

  /** One read for all that memory does not hold; absent documents come back fresh. */
  async docs(ids: readonly string[], trusted: ReadonlySet<string>): Promise<Map<string, Doc<S>>> {
    const found = new Map<string, Doc<S>>()
    const missing: string[] = []
    for (const id of ids) {
      const cached = this.#cache.get(id)
      if (cached) found.set(id, cached.doc)
      else if (trusted.has(id)) found.set(id, this.fresh(id))
      else missing.push(id)
    }
    if (missing.length > 0) {
      for await (const raw of this.#docs.find({ _id: { $in: missing } })) {
        const doc = this.#parse(raw)
        found.set(doc.id, doc)
        this.#keep(doc, raw.state.length)
      }
    }
    for (const id of missing) if (!found.has(id)) found.set(id, this.fresh(id))
    return found
  }

  /**
   * One unordered bulk write. New documents are inserted, known ones replaced at their version.
   * Answers the ids that lost a race (E11000 names them by index, on the stand-in too).
   */
  async save(docs: readonly Doc<S>[], stamp: string): Promise<Set<string>> {
    const lost = new Set<string>()
    if (docs.length === 0) return lost
    const sizes: number[] = []
    const operations = docs.map((doc) => {
      const raw = this.#raw(doc, stamp)
      sizes.push(raw.state.length)
      return doc.version === 0
        ? { insertOne: { document: raw } }
        : {
            replaceOne: {
              filter: { _id: doc.id, version: doc.version },
              replacement: raw,
              upsert: true,
            },
          }
    })
    try {
      await this.#docs.bulkWrite(operations, { ordered: false })
    } catch (error) {
      if (!(error instanceof MongoBulkWriteError)) throw error
      const failures = [error.writeErrors].flat()
      if (failures.length === 0 || failures.some((failure) => failure.code !== DUPLICATE)) {
        throw error
      }
      for (const failure of failures) {
        const doc = docs[failure.index]
        if (doc) lost.add(doc.id)
      }
    }
    docs.forEach((doc, at) => {
      if (lost.has(doc.id)) this.#cache.delete(doc.id)
      else this.#keep({ ...doc, version: doc.version + 1, stamp }, sizes[at] ?? 0)
    })
    return lost
  }

  /** The outboxes of one save have gone out: empty them, unless somebody saved since. */
  async trim(ids: readonly string[], stamp: string): Promise<void> {
    for (const id of ids) {
      const cached = this.#cache.get(id)
      if (cached?.doc.stamp === stamp)
        this.#keep({ ...cached.doc, outbox: [], stamp: undefined }, cached.bytes - OVERHEAD)
    }
    await this.#docs.updateMany(
      { _id: { $in: [...ids] }, outbox_at: stamp },
      { $set: { outbox: [] }, $unset: { outbox_at: '' } },
    )
  }

  /** Documents whose outbox nobody emptied since `before` (RFC 3339). */
  async unpublished(before: string, limit: number): Promise<Doc<S>[]> {
    const raws = await this.#docs
      .find({ outbox_at: { $lt: before } })
      .sort({ outbox_at: 1 })
      .limit(limit)
      .toArray()
    return raws.map((raw) => this.#parse(raw))
  }

  /** Ids and times of documents and waiting messages due until `until`, earliest first. */
  async due(until: string, limit: number): Promise<{ id: string; due_at: string }[]> {
    const raws = await this.#docs
      .find({ due_at: { $lte: until } }, { projection: { due_at: 1 } })
      .sort({ due_at: 1 })
      .limit(limit)
      .toArray()
    return raws.map((raw) => ({ id: raw._id, due_at: raw.due_at ?? '' }))
  }

  /** Keeps messages that wait; one that is kept already stays as it is. Answers their ids. */
  async keepWaiting(messages: readonly Waiting[], due_at: string): Promise<string[]> {
    if (messages.length === 0) return []
    const raws = messages.map(
      ({ id, key, value, ...rest }): RawWaiting => ({
        _id: WAIT + id,
        version: 0,
        value: new Binary(value),
        due_at,
        ...(key === undefined ? {} : { key }),
        ...rest,
      }),
    )
    await this.#waiting.insertMany(raws, { ordered: false }).catch((error: unknown) => {
      const failures = error instanceof MongoBulkWriteError ? [error.writeErrors].flat() : []
      if (failures.length === 0 || failures.some((one) => one.code !== DUPLICATE)) throw error
    })
    return raws.map((raw) => raw._id)
  }

  async waiting(ids: readonly string[]): Promise<Waiting[]> {
    const raws = await this.#waiting.find({ _id: { $in: [...ids] } }).toArray()
    return raws.map((raw) => ({
      id: raw._id.slice(WAIT.length),
      topic: raw.topic,
      key: raw.key,
      value: Buffer.from(raw.value.buffer),
      headers: raw.headers,
      at: raw.at,
      partition: raw.partition,
      offset: raw.offset,
    }))
  }

  async dropWaiting(ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await this.#waiting.deleteMany({ _id: { $in: ids.map((id) => WAIT + id) } })
  }

  async load(ids: readonly string[]): Promise<Map<string, { state: S; version: number }>> {
    return existing(await this.docs(ids, new Set()))
  }

  async read(ids: readonly string[]): Promise<Map<string, { state: S; version: number }>> {
    const raws = await this.#docs.find({ _id: { $in: [...ids] } }).toArray()
    return new Map(
      raws.map((raw) => [raw._id, { state: JSON.parse(raw.state), version: raw.version }]),
    )
  }

  async find(
    filter: Record<string, unknown>,
    options: { sort?: Record<string, 1 | -1>; limit: number },
  ): Promise<{ id: string; state: S }[]> {
    const raws = await this.#docs
      .find(filter)
      .sort(options.sort ?? {})
      .limit(options.limit)
      .toArray()
    return raws.map((raw) => ({ id: raw._id, state: JSON.parse(raw.state) }))
  }

  /** Forgets what memory holds of a document: somebody else saved it. */
  forget(id: string): void {
    this.#cache.delete(id)
  }

  isWaiting(id: string): boolean {
    return id.startsWith(WAIT)
  }

  waitingId(id: string): string {
    return id.slice(WAIT.length)
  }

  #keep(doc: Doc<S>, bytes: number): void {
    this.#cache.set(doc.id, { doc, bytes: bytes + OVERHEAD })
  }

  #parse(raw: Raw): Doc<S> {
    return {
      id: raw._id,
      version: raw.version,
      state: JSON.parse(raw.state),
      seen: raw.seen,
      said: raw.said,
      parked: raw.parked ?? [],
      due_at: raw.due_at,
      stamp: raw.outbox_at,
      outbox: raw.outbox.map((entry) => ({
        ...entry,
        value: Buffer.from(entry.value.buffer),
      })),
    }
  }

  #raw(doc: Doc<S>, stamp: string): Raw {
    const hoisted = this.#options.index?.(doc.state)
    const ix = hoisted && Object.fromEntries(Object.entries(hoisted).filter(isPresent))
    return {
      _id: doc.id,
      version: doc.version + 1,
      state: JSON.stringify(doc.state),
      seen: [...doc.seen],
      said: [...doc.said],
      outbox: doc.outbox.map((entry) => ({ ...entry, value: new Binary(entry.value) })),
      ...(doc.outbox.length > 0 ? { outbox_at: stamp } : {}),
      ...(doc.parked.length > 0 ? { parked: [...doc.parked] } : {}),
      ...(doc.due_at === undefined ? {} : { due_at: doc.due_at }),
      ...(ix ? { ix } : {}),
    }
  }
}

function isPresent(
  entry: [string, string | number | undefined],
): entry is [string, string | number] {
  return entry[1] !== undefined
}

function existing<S>(docs: Map<string, Doc<S>>): Map<string, { state: S; version: number }> {
  const present = [...docs].filter(([, doc]) => doc.version > 0)
  return new Map(present.map(([id, { state, version }]) => [id, { state, version }]))
}
