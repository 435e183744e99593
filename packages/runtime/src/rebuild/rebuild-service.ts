import { createHash } from 'node:crypto'
import type { TrailKey } from '@prooftrail/trail'
import type { Doc } from '../documents/document.ts'
import { freshDoc, type Raw } from '../documents/document.ts'
import { type Reader, Store } from '../documents/store.ts'
import type { Host } from '../host.ts'
import { FORGOTTEN, forgottenDoc, heedingOperators } from '../rounds/forget.ts'
import type { Behaviour, Emitted, Input } from '../service.ts'
import { compareDocuments, type Differences, type Normal } from './compare.ts'
import { type Belonging, Gathered } from './gather.ts'
import { committedOf, membersOf } from './group-standing.ts'
import { ownTopics } from './own-topics.ts'
import { countOf, endsOf, readHistory } from './read-history.ts'
import { type Entry, type Refolding, refold } from './refold.ts'
import { dropIfThere, RebuildError, swapIn } from './swap.ts'

/** How a service is rebuilt, besides what its definition says. */
export interface Rebuilding<S, I extends Input, E extends Emitted, C>
  extends Omit<Refolding<S, I, E, C>, 'context'>,
    Belonging<E> {
  /** What deciding again needs; `read` reads documents that were made before: agents and tools. */
  context(
    read: Reader<S>,
    ...given: Parameters<Refolding<S, I, E, C>['context']>
  ): ReturnType<Refolding<S, I, E, C>['context']>
  /** Why a state cannot be one that the service had, if so. */
  faultOf?(state: S): string | undefined
  /** The deployment's own keys: an operator's word is known by them (`run.forgotten`). */
  serviceKeys?: readonly TrailKey[]
  /** The state without what a rebuild cannot know. */
  normal?: Normal
}

export interface RebuildOptions {
  /** Builds beside the running service, compares, and changes nothing. */
  beside?: boolean
  onProgress?(progress: RebuildProgress): void
}

export interface RebuildProgress {
  step: 'reading' | 'folding' | 'comparing' | 'putting in place'
  done: number
  total?: number
}

/** What came of a rebuild. */
export interface Rebuilt {
  service: string
  collection: string
  messages: number
  documents: number
  /** Against what the collection held before. */
  differences: Differences
  /** Whether the collection is the rebuilt one now. */
  isInPlace: boolean
  seconds: number
}

/** So many messages are gathered at a time; more are read several times, each time for a share of the documents. */
const MESSAGES_A_SHARE = 200_000
const SAVE_DOCUMENTS = 200

/**
 * Makes the collection of a service again from the topics: beside it, and then in its place.
 * R1 Nothing is published, no account moves, no request is made; no signature of it goes anywhere.
 * R2 What the group has not committed is left to the service, which takes it up when it runs again.
 * R3 A document that the topics do not explain ends the rebuild before anything is changed.
 * @throws RebuildError PT-9050 while the service runs, PT-9051 by R3
 */
export async function rebuildService<S, I extends Input, E extends Emitted, C>(
  host: Host,
  definition: Behaviour<S, I, E, C>,
  rebuilding: Rebuilding<S, I, E, C>,
  { beside = false, onProgress = () => {} }: RebuildOptions = {},
): Promise<Rebuilt> {
  const began = performance.now()
  const service = heedingOperators(definition, rebuilding.serviceKeys)
  const group = service.group ?? `prooftrail.${service.name}`
  if (!beside) await requireStopped(host, service.name, group)
  const { db, kafka, instance, config } = host
  const { dialect } = config.mongodb
  const collection = `${service.collection}.rebuilding`
  await dropIfThere(db, collection)
  const store = new Store<S>(db, { ...service, collection, instance, dialect, deferMs: 0 })
  await store.prepare()
  // due times up to now have passed
  const until = new Date().toISOString()
  const own = await ownTopics(kafka, service)
  const ends = await endsOf(kafka, [...new Set([...own.read, ...own.said])])
  const messages = countOf(ends)
  const committed = await committedOf(kafka, group)
  const made = new Made(store, `rebuilt-${instance}`, (done) =>
    onProgress({ step: 'folding', done }),
  )
  const context: Refolding<S, I, E, C>['context'] = (...given) =>
    rebuilding.context(store, ...given)
  for (const isOfShare of sharesOf(messages)) {
    const share = { isOfShare, committed, own }
    const gathered = new Gathered<S, I, E, C>(host.codec, service, rebuilding, share)
    let done = 0
    await readHistory(kafka, ends, async (origin) => {
      await gathered.take(origin)
      done += 1
      if (done % 500 === 0) onProgress({ step: 'reading', done, total: messages })
    })
    for (const [doc, entries] of gathered.entries()) {
      const { told, forgetting } = apart(entries)
      const one = await refold(service, { ...rebuilding, context }, doc, told, until)
      const { state, publishedIds, unexplained } = one
      const handledIds = [...one.handledIds, ...gathered.givenUpOf(doc), ...forgetting]
      if (service.forget && forgetting.length > 0) {
        const full = { ...freshDoc(doc, state), handledIds, publishedIds }
        // what came of it, and what topics no longer hold of it, is of no matter any more
        await made.add(forgottenDoc(full, service.forget))
        continue
      }
      made.unexplained.push(...unexplained.map((cause) => `${doc} (${cause})`))
      // what names no input it handled may have folded some that are not remembered
      if (handledIds.length + publishedIds.length === 0 && state === service.initial) continue
      const fault = rebuilding.faultOf?.(state)
      if (fault !== undefined) made.unexplained.push(`${doc} (${fault})`)
      const due_at = service.due?.(state)
      const parked = gathered.parkedOf(doc, handledIds)
      await made.add({ ...freshDoc(doc, state), handledIds, publishedIds, parked, due_at })
    }
    await made.save()
  }
  const { documents } = made
  onProgress({ step: 'comparing', done: documents })
  const differences = await compareDocuments(
    db.collection<Raw>(service.collection),
    db.collection<Raw>(collection),
    rebuilding.normal,
  )
  made.requireExplained()
  if (!beside) {
    onProgress({ step: 'putting in place', done: documents })
    await requireStopped(host, service.name, group)
    await swapIn(db, { from: collection, to: service.collection }, dialect)
  } else await dropIfThere(db, collection)
  const seconds = (performance.now() - began) / 1000
  const what = { service: service.name, collection: service.collection }
  return { ...what, messages, documents, differences, isInPlace: !beside, seconds }
}

/** The entries of a document without those that say that its run is forgotten, and the ids of these. */
function apart<I extends Input, E extends Emitted>(entries: readonly Entry<I, E>[]) {
  const says = ({ input }: Entry<I, E>) => input?.type === FORGOTTEN
  return {
    told: entries.filter((one) => !says(one)),
    forgetting: entries.filter(says).map(({ cause }) => cause),
  }
}

/** @throws RebuildError PT-9050 */
async function requireStopped({ kafka }: Host, name: string, group: string): Promise<void> {
  const members = await membersOf(kafka, group)
  if (members === 0) return
  const many = `${members} ${members === 1 ? 'process of it runs' : 'processes of it run'}`
  throw new RebuildError('PT-9050', `${many}: stop ${name}, or build beside it (--beside)`)
}

/** Which documents are made at a time: agents and tools first, because others are decided by them. */
function sharesOf(messages: number): ((doc: string) => boolean)[] {
  const isParty = (doc: string) => doc.startsWith('agent/') || doc.startsWith('tool/')
  const count = Math.max(1, Math.ceil(messages / MESSAGES_A_SHARE))
  const shares = Array.from({ length: count }, (_, share) => (doc: string) => {
    return !isParty(doc) && shareOf(doc, count) === share
  })
  return [isParty, ...shares]
}

function shareOf(doc: string, count: number): number {
  return createHash('sha256').update(doc).digest().readUInt32BE(0) % count
}

/** The documents that were made, as they are saved. */
class Made<S> {
  readonly unexplained: string[] = []
  documents = 0
  readonly #store: Store<S>
  readonly #saveId: string
  readonly #told: (done: number) => void
  #waiting: Doc<S>[] = []

  constructor(store: Store<S>, saveId: string, told: (done: number) => void) {
    this.#store = store
    this.#saveId = saveId
    this.#told = told
  }

  async add(doc: Doc<S>): Promise<void> {
    this.#waiting.push(doc)
    this.documents += 1
    if (this.#waiting.length >= SAVE_DOCUMENTS) await this.save()
  }

  /** @throws RebuildError PT-9052 for a document that the database does not hold */
  async save(): Promise<void> {
    const docs = this.#waiting
    this.#waiting = []
    if (docs.length === 0) return
    const { refused, lost } = await this.#store.database.save(docs, this.#saveId)
    const [first] = [...refused].map(([id, error]) => `${id}: ${error.message}`)
    if (first !== undefined) throw new RebuildError('PT-9052', first)
    if (lost.size > 0) throw new RebuildError('PT-9052', 'somebody else rebuilds it now')
    this.#told(this.documents)
  }

  /** @throws RebuildError PT-9051 */
  requireExplained(): void {
    const count = this.unexplained.length
    if (count === 0) return
    const some = this.unexplained.slice(0, 5).join(', ')
    throw new RebuildError(
      'PT-9051',
      `${count} inputs or states do not fit what was published: ${some}`,
    )
  }
}
