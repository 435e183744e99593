import { Binary, type Collection, type Db, MongoBulkWriteError } from 'mongodb'
import { decodeHeaders, encodeHeaders } from '../headers.ts'
import type { Origin } from '../round-input.ts'

/** A message that waits for something to become known, under its digest. */
export interface Waiting extends Origin {
  id: string
  value: Buffer
  /** Append time: when it was first seen. */
  at: string
}

/** What a round needs of the list. */
export interface RoundWaiting {
  /** Keeps messages; one that is kept already stays as it is. */
  keep(messages: readonly Waiting[]): Promise<void>
  drop(ids: readonly string[]): Promise<void>
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
}

const DUPLICATE = 11000

/** Messages that answered `RetryLater`, in `<collection>.waiting` under their digests. */
export class WaitingMessages implements RoundWaiting {
  readonly #docs: Collection<Raw>

  constructor(db: Db, collection: string) {
    this.#docs = db.collection<Raw>(`${collection}.waiting`)
  }

  async keep(messages: readonly Waiting[]): Promise<void> {
    if (messages.length === 0) return
    const raws = messages.map(
      ({ id, key, value, headers, topic, partition, offset, at }): Raw => ({
        _id: id,
        key: key && new Binary(key),
        value: new Binary(value),
        headers: JSON.stringify(encodeHeaders(headers)),
        ...{ topic, partition, offset, at },
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
    return raws.map(({ _id, key, value, headers, ...rest }) => ({
      ...rest,
      id: _id,
      key: key && Buffer.from(key.buffer),
      value: Buffer.from(value.buffer),
      headers: decodeHeaders(JSON.parse(headers)),
    }))
  }

  /** Ids of those first seen before `time` (RFC 3339). The list is short: nothing waits long. */
  async since(time: string): Promise<string[]> {
    const raws = await this.#docs
      .find({ at: { $lt: time } }, { projection: { _id: 1 } })
      .limit(10_000)
      .toArray()
    return raws.map(({ _id }) => _id)
  }
}
