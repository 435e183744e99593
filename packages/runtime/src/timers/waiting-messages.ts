import { Binary, type Collection, type Db, MongoBulkWriteError } from 'mongodb'
import { decodeHeaders, encodeHeaders } from '../headers.ts'
import type { Origin } from '../round-input.ts'
import type { Refusal } from '../service.ts'

/** A message that waits for something to become known, under its digest. */
export interface Waiting extends Origin {
  id: string
  value: Buffer
  /** Append time: when it was first seen. */
  at: string
  /** The name of what it waits for, where it has one. */
  wanted?: string | undefined
  /** Whether an outsider wrote it. */
  isClaim?: boolean
}

/** A message that waits, without its bytes. */
export interface Summary {
  id: string
  topic: string
  partition: number
  at: string
  wanted: string | undefined
  /** How many bytes its value has. */
  size: number
}

/** What a round needs of the list. */
export interface RoundWaiting {
  /** Why there is no room for this one; where there is, it is taken. */
  refusal(message: Waiting): Refusal | undefined
  /** Keeps messages; one that is kept already stays as it is. */
  keep(messages: readonly Waiting[]): Promise<void>
  drop(ids: readonly string[]): Promise<void>
  /** The message of this id goes on waiting, for this. */
  waits(id: string, wanted: string | undefined): void
}

/** Header names are anybody's, so headers are kept as text. */
interface Raw {
  _id: string
  topic: string
  partition: number
  offset: string
  key: Binary | null
  value: Binary
  headers: string
  at: string
  size: number
  wanted?: string
}

const DUPLICATE = 11000
/** More are found by the next scan. */
const MAX_FOUND = 10_000

/** Messages that answered `RetryLater`, in `<collection>.waiting` under their digests. */
export class WaitingMessages {
  readonly #docs: Collection<Raw>

  constructor(db: Db, collection: string) {
    this.#docs = db.collection<Raw>(`${collection}.waiting`)
  }

  /** They are looked for by their time at every start, and by every recovery scan. */
  async prepare(): Promise<void> {
    await this.#docs.createIndex({ at: 1 })
  }

  /** Keeps messages; one that is kept already stays as it is. */
  async keep(messages: readonly Waiting[]): Promise<void> {
    if (messages.length === 0) return
    const raws = messages.map(
      ({ id, key, value, headers, topic, partition, offset, at, wanted }): Raw => ({
        _id: id,
        key: key && new Binary(key),
        value: new Binary(value),
        headers: JSON.stringify(encodeHeaders(headers)),
        ...{ topic, partition, offset, at, size: value.length },
        ...(wanted === undefined ? {} : { wanted }),
      }),
    )
    await this.#docs.insertMany(raws, { ordered: false }).catch((error: unknown) => {
      const failures = error instanceof MongoBulkWriteError ? [error.writeErrors].flat() : []
      if (failures.length === 0 || failures.some((one) => one.code !== DUPLICATE)) throw error
    })
  }

  async drop(ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await this.#docs.deleteMany({ _id: { $in: [...ids] } })
  }

  async read(ids: readonly string[]): Promise<Waiting[]> {
    const raws = await this.#docs.find({ _id: { $in: [...ids] } }).toArray()
    return raws.map(({ _id, key, value, headers, topic, partition, offset, at }) => ({
      ...{ topic, partition, offset, at, id: _id },
      key: key && Buffer.from(key.buffer),
      value: Buffer.from(value.buffer),
      headers: decodeHeaders(JSON.parse(headers)),
    }))
  }

  /** Those first seen before `time` (RFC 3339), without their bytes. */
  async since(time: string): Promise<Summary[]> {
    const projection = { _id: 1, topic: 1, partition: 1, at: 1, wanted: 1, size: 1 } as const
    const raws = await this.#docs
      .find({ at: { $lt: time } }, { projection })
      .limit(MAX_FOUND)
      .toArray()
    return raws.map(({ _id, topic, partition, at, wanted, size = 0 }) => ({
      ...{ id: _id, topic, partition, at, wanted, size },
    }))
  }
}
