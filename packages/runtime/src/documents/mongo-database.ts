import { type Collection, type Db, MongoBulkWriteError } from 'mongodb'
import type { IndexSpec } from '../service.ts'
import type { DocumentDatabase, Pending, Published, Saved, Stored } from './database.ts'
import type { Dialect } from './dialect.ts'
import {
  bytesOf,
  type Doc,
  fromRaw,
  type Hoist,
  type Hoisted,
  type Raw,
  readState,
  toRaw,
} from './document.ts'

export interface MongoOptions<S> {
  collection: string
  initial: S
  index?: Hoist<S>
  indexes?: readonly IndexSpec[] | undefined
  dialect: Dialect
}

/** A document as a query finds it. */
export interface Found<S> {
  id: string
  version: number
  state: S
}

const DUPLICATE = 11000
const MAX_BYTES = 15 * 1024 * 1024

/** The documents of one service in their collection. */
export class MongoDatabase<S> implements DocumentDatabase<S> {
  readonly #docs: Collection<Raw>
  readonly #options: MongoOptions<S>
  readonly #dialect: Dialect
  readonly #initial: { state: S; text: string }
  readonly #unique: readonly IndexSpec[]

  constructor(db: Db, options: MongoOptions<S>) {
    this.#docs = db.collection<Raw>(options.collection)
    this.#options = options
    this.#dialect = options.dialect
    this.#unique = options.indexes?.filter((index) => index.unique) ?? []
    this.#initial = { state: options.initial, text: JSON.stringify(options.initial) }
  }

  async prepare(): Promise<void> {
    const partial = (member: string) => ({ [member]: { $exists: true } })
    await this.#docs.createIndexes([
      { key: { due_at: 1 }, name: 'due', partialFilterExpression: partial('due_at') },
      { key: { outbox_at: 1 }, name: 'outbox', partialFilterExpression: partial('outbox_at') },
      ...this.#dialect.indexes.map((index) => ({ ...index })),
      ...(this.#options.indexes ?? []).map((index) => ({ ...index })),
    ])
  }

  async read(ids: readonly string[]): Promise<Stored<S>[]> {
    const raws = await this.#docs.find({ _id: { $in: [...ids] } }).toArray()
    return raws.map((raw) => ({ doc: fromRaw(raw, this.#initial), bytes: bytesOf(raw) }))
  }

  async versions(ids: readonly string[]): Promise<Map<string, number>> {
    const raws = await this.#docs
      .find({ _id: { $in: [...ids] } }, { projection: { version: 1 } })
      .toArray()
    return new Map(raws.map(({ _id, version }) => [_id, version]))
  }

  /**
   * New documents are inserted, known ones replaced at their version. E11000 on the index of ids and
   * versions names each lost race. On another index it is the service's own rule, or a lost race too:
   * which index a server looks at first is its own affair, and the stand-in's order changes at its start.
   */
  async save(docs: readonly Doc<S>[], saveId: string): Promise<Saved> {
    const refused = new Map<string, Error>()
    const bytes = new Map<string, number>()
    const entries: { doc: Doc<S>; raw: Raw }[] = []
    for (const doc of docs) {
      const raw = this.#rawOf(doc, saveId)
      const size = bytesOf(raw)
      bytes.set(doc.id, size)
      if (size <= MAX_BYTES) entries.push({ doc, raw })
      else refused.set(doc.id, new Error(`the document would take ${size} bytes`))
    }
    const lost = entries.length > 0 ? await this.#write(entries, refused) : new Set<string>()
    return { lost, refused, bytes }
  }

  async emptyOutboxes(published: readonly Published[]): Promise<void> {
    const empty = { $set: { outbox: [] }, $unset: { outbox_at: '' as const } }
    for (const filter of this.#dialect.filled(published)) {
      await this.#docs.updateMany(filter, empty)
    }
  }

  async *pending(savedBefore: string, dueBefore: string): AsyncGenerator<Pending> {
    const projection = { due_at: 1, outbox_at: 1 }
    const filters = this.#dialect.either(
      { outbox_at: { $lt: savedBefore } },
      { due_at: { $lt: dueBefore } },
    )
    for (const filter of filters) {
      for await (const raw of this.#docs.find(filter, { projection })) {
        yield { id: raw._id, due_at: raw.due_at, outbox_at: raw.outbox_at }
      }
    }
  }

  /** The states of those that exist and hold a fact. */
  async states(ids: readonly string[]): Promise<Map<string, { state: S; version: number }>> {
    const raws = await this.#docs
      .find({ _id: { $in: [...ids] } }, { projection: { state: 1, version: 1 } })
      .toArray()
    const present = raws.filter(({ state }) => state !== this.#initial.text)
    return new Map(
      present.map(({ _id, state, version }) => [_id, { state: readState<S>(state), version }]),
    )
  }

  async find(
    filter: Record<string, unknown>,
    { sort = {}, limit }: { sort?: Record<string, 1 | -1>; limit: number },
  ): Promise<Found<S>[]> {
    const raws = await this.#docs
      .find(filter, { projection: { state: 1, version: 1 } })
      .sort(sort)
      .limit(limit)
      .toArray()
    return raws.map(({ _id, version, state }) => ({ id: _id, version, state: readState<S>(state) }))
  }

  async hoisted(
    filter: Record<string, unknown>,
    { sort, limit }: { sort: Record<string, 1 | -1>; limit: number },
  ): Promise<{ id: string; ix: Hoisted }[]> {
    const raws = await this.#docs
      .find(filter, { projection: { ix: 1 } })
      .sort(sort)
      .limit(limit)
      .toArray()
    return raws.map(({ _id, ix = {} }) => ({ id: _id, ix }))
  }

  count(filter: Record<string, unknown>, { most }: { most?: number } = {}): Promise<number> {
    return this.#docs.countDocuments(filter, most === undefined ? {} : { limit: most })
  }

  #rawOf(doc: Doc<S>, saveId: string): Raw {
    const raw = toRaw(doc, saveId, this.#options)
    this.#dialect.complete(raw, this.#unique)
    return raw
  }

  /** Answers the races that were lost. @throws what is no duplicate */
  async #write(
    entries: readonly { doc: Doc<S>; raw: Raw }[],
    refused: Map<string, Error>,
  ): Promise<Set<string>> {
    const lost = new Set<string>()
    const broken = new Map<string, Error>()
    try {
      await this.#docs.bulkWrite(
        entries.map(({ doc: { id, version }, raw }) =>
          version === 0
            ? { insertOne: { document: raw } }
            : {
                replaceOne: {
                  filter: this.#dialect.at(id, version),
                  replacement: raw,
                  upsert: true,
                },
              },
        ),
        { ordered: false },
      )
    } catch (error) {
      const failures = error instanceof MongoBulkWriteError ? [error.writeErrors].flat() : []
      if (failures.length === 0 || failures.some((one) => one.code !== DUPLICATE)) throw error
      for (const { index, errmsg = '' } of failures) {
        const id = entries[index]?.doc.id ?? ''
        const [, rule = '_id_'] = errmsg.match(/ index: (\S+)/) ?? []
        if (this.#dialect.versionRules.has(rule)) lost.add(id)
        else broken.set(id, new Error(`unique index ${rule}: ${errmsg}`))
      }
    }
    const versions = broken.size > 0 ? await this.versions([...broken.keys()]) : new Map()
    for (const { doc } of entries) {
      const fault = broken.get(doc.id)
      const stored = versions.get(doc.id) ?? doc.version
      if (fault && stored !== doc.version) lost.add(doc.id)
      else if (fault) refused.set(doc.id, fault)
    }
    return lost
  }
}
