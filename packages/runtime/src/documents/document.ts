import { readStored, storedText } from '@prooftrail/trail/encoding'
import { Binary } from 'mongodb'

/**
 * The form of a document: `{ _id, version, state, handled_ids, published_ids, outbox }`. The state is
 * one JSON string: any member name is safe, and servers need not parse it. Links and seals in it
 * are marked, with their objects in place.
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
  /** 0 for a document that nobody saved yet. */
  version: number
  state: S
  /** Ids of the inputs that made this state. */
  handledIds: readonly string[]
  /** Ids of published events, in the order in which they were decided. */
  publishedIds: readonly string[]
  /** Messages that were decided and not yet known to be published. */
  outbox: readonly Outgoing[]
  /** Inputs parked for this document, first one first; what follows is parked too. */
  parked: readonly string[]
  due_at: string | undefined
  /** What its run said was deleted: it takes nothing in any more. */
  forgotten?: true | undefined
  /** Names the save that filled the outbox. */
  saveId?: string | undefined
  /** Names the save whose effects run, where it announced any. */
  savedBy?: string | undefined
}

/** The document as the database holds it. */
export interface Raw {
  _id: string
  version: number
  state: string
  handled_ids: string[]
  published_ids: string[]
  outbox: {
    id: string
    topic: string
    key: string
    value: Binary
    headers: Record<string, string>
  }[]
  /** The save that filled the outbox, while it holds something; sorts by the time of the save. */
  outbox_at?: string
  saved_by?: string
  parked?: string[]
  due_at?: string
  forgotten?: true
  /** `<_id>@<version>`, on the stand-in only. */
  cas?: string
  ix?: Hoisted
}

/** Members of a state that the database can find it by; of a list, each one. */
export type Hoisted = Record<string, string | number | readonly string[]>
export type Hoist<S> = ((state: S) => Partial<Hoisted>) | undefined

/** A document that nobody saved yet. */
export function freshDoc<S>(id: string, initial: S): Doc<S> {
  const none = { handledIds: [], publishedIds: [], outbox: [], parked: [] }
  return { id, version: 0, state: initial, due_at: undefined, ...none }
}

/** The next version of a document in the database's form. */
export function toRaw<S>(doc: Doc<S>, saveId: string, { index }: { index?: Hoist<S> }): Raw {
  const hoisted = index?.(doc.state)
  const ix = hoisted && Object.fromEntries(Object.entries(hoisted).filter(isPresent))
  return {
    _id: doc.id,
    version: doc.version + 1,
    state: storedText(doc.state),
    handled_ids: [...doc.handledIds],
    published_ids: [...doc.publishedIds],
    outbox: doc.outbox.map((entry) => ({ ...entry, value: new Binary(entry.value) })),
    ...(doc.outbox.length > 0 ? { outbox_at: saveId } : {}),
    ...(doc.savedBy === undefined ? {} : { saved_by: doc.savedBy }),
    ...(doc.parked.length > 0 ? { parked: [...doc.parked] } : {}),
    ...(doc.due_at === undefined ? {} : { due_at: doc.due_at }),
    ...(doc.forgotten ? { forgotten: true } : {}),
    ...(ix ? { ix } : {}),
  }
}

/** The state in a text that `toRaw` wrote. */
export function readState<S>(text: string): S {
  // only this module writes the text, from a state
  return readStored(text) as S
}

/** The stored document; `initial` stands for its own text, so that it can be told by identity. */
export function fromRaw<S>(raw: Raw, initial: { state: S; text: string }): Doc<S> {
  return {
    id: raw._id,
    version: raw.version,
    state: raw.state === initial.text ? initial.state : readState<S>(raw.state),
    handledIds: raw.handled_ids,
    publishedIds: raw.published_ids,
    parked: raw.parked ?? [],
    due_at: raw.due_at,
    ...(raw.forgotten ? { forgotten: true } : {}),
    saveId: raw.outbox_at,
    savedBy: raw.saved_by,
    outbox: raw.outbox.map((entry) => ({ ...entry, value: Buffer.from(entry.value.buffer) })),
  }
}

/** About what a document takes as the database stores it. */
export function bytesOf(raw: Raw): number {
  const ids = raw.handled_ids.length + raw.published_ids.length
  const outgoing = raw.outbox.reduce((sum, entry) => sum + sizeOf(entry.value.length()), 0)
  return Buffer.byteLength(raw.state) + outgoing + 32 * ids + 512
}

/** About what an outbox takes of that. */
export function bytesOfOutbox(outbox: readonly Outgoing[]): number {
  return outbox.reduce((sum, { value }) => sum + sizeOf(value.length), 0)
}

function sizeOf(value: number): number {
  return value + 512
}

function isPresent(
  entry: [string, Hoisted[string] | undefined],
): entry is [string, Hoisted[string]] {
  return entry[1] !== undefined
}
