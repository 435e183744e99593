import { Binary, type Collection, type Db, MongoBulkWriteError } from 'mongodb'

/** A message as it came, kept so that it can wait or be parked unchanged. */
export interface Origin {
  topic: string
  partition: number
  offset: string
  key: Buffer | null
  value: Buffer | null
  /** Base64 by name; a name that came several times has several values. */
  headers: Record<string, string | string[]>
}

/** A message that waits for something to become known, under its digest. */
export interface Waiting extends Omit<Origin, 'value'> {
  id: string
  value: Buffer
  at: string
}

/** Header names are anybody's, so headers are kept as text. */
interface RawWaiting {
  _id: string
  version: 0
  topic: string
  partition: number
  offset: string
  key: Binary | null
  value: Binary
  headers: string
  at: string
  due_at: string
}

const PREFIX = 'wait/'
const DUPLICATE = 11000

/**
 * Messages that answered `NotYet`, in the service's own collection under `wait/<digest>`.
 * Their `due_at` is when another process takes them over if this one is gone.
 */
export class WaitingList {
  readonly #docs: Collection<RawWaiting>

  constructor(db: Db, collection: string) {
    this.#docs = db.collection<RawWaiting>(collection)
  }

  /** Keeps messages; one that is kept already stays as it is. */
  async keep(messages: readonly Waiting[], takeover: (message: Waiting) => string): Promise<void> {
    if (messages.length === 0) return
    const raws = messages.map(
      (message): RawWaiting => ({
        _id: PREFIX + message.id,
        version: 0,
        topic: message.topic,
        partition: message.partition,
        offset: message.offset,
        key: message.key && new Binary(message.key),
        value: new Binary(message.value),
        headers: JSON.stringify(message.headers),
        at: message.at,
        due_at: takeover(message),
      }),
    )
    await this.#docs.insertMany(raws, { ordered: false }).catch((error: unknown) => {
      const failures = error instanceof MongoBulkWriteError ? [error.writeErrors].flat() : []
      if (failures.length === 0 || failures.some((one) => one.code !== DUPLICATE)) throw error
    })
  }

  async read(ids: readonly string[]): Promise<Waiting[]> {
    const raws = await this.#docs.find({ _id: { $in: ids.map((id) => PREFIX + id) } }).toArray()
    return raws.map(({ _id, version, due_at, key, value, headers, ...rest }) => ({
      ...rest,
      id: _id.slice(PREFIX.length),
      key: key && Buffer.from(key.buffer),
      value: Buffer.from(value.buffer),
      headers: JSON.parse(headers),
    }))
  }

  async drop(ids: readonly string[]): Promise<void> {
    if (ids.length > 0)
      await this.#docs.deleteMany({ _id: { $in: ids.map((id) => PREFIX + id) } })
  }

  /** The message id behind a document id; undefined for an ordinary document. */
  static idOf(document: string): string | undefined {
    return document.startsWith(PREFIX) ? document.slice(PREFIX.length) : undefined
  }

  static documentOf(id: string): string {
    return PREFIX + id
  }
}
