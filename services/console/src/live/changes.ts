import type { ChangedDocument } from '@prooftrail/runtime'
import type { RunState, State } from '../state.ts'
import type { ChunkStore } from './change-feed.ts'
import { RecentChanges } from './recent-changes.ts'

/**
 * Runs that changed, in this process and in every other one of the console.
 * F1 A change of this process is told within `FLUSH_MS`, also while its save is put off. One of
 *    another process is told once the database has it: that process writes the ids of what it saved
 *    to a feed, which all read while somebody listens.
 * F2 Whoever comes back with the time of the last thing heard is told all that changed since; it may
 *    hear something twice, and where something may be missing it is told to read anew.
 */

const FLUSH_MS = 250
const POLL_MS = 500
/** What chunks of other processes and their clocks may be late by. */
const OVERLAP_MS = 10_000
/** How long chunks are kept, and how far back a process reads that begins to listen. */
const KEPT_MS = 10 * 60_000
const LOOKED_BACK_MS = 5 * 60_000
/** Ids remembered, and ids that one reader is told when it comes back. */
const MOST_REMEMBERED = 20_000
const MOST_MISSED = 2_000

/** Runs that changed, with their state where this process has it. */
export type Changed = ReadonlyMap<string, RunState | undefined>
/** `at` is what a reader comes back with. */
export type Listener = (changed: Changed, at: number) => void

export class Changes {
  readonly #chunks: ChunkStore
  readonly #instance: string
  readonly #now: () => number
  readonly #recent: RecentChanges
  readonly #listeners = new Set<Listener>()
  /** Chunks of others that were read, with when. */
  readonly #seen = new Map<string, number>()
  /** How far runs had come whose change was told before it was saved. */
  readonly #putOff = new Map<string, number>()
  #told = new Map<string, RunState | undefined>()
  #stored = new Set<string>()
  #written = 0
  #polledAt: number | undefined
  #timers: NodeJS.Timeout[] = []
  #work: Promise<void> = Promise.resolve()

  /** @param now epoch milliseconds */
  constructor(chunks: ChunkStore, instance: string, now: () => number = Date.now) {
    this.#chunks = chunks
    this.#instance = instance
    this.#now = now
    this.#recent = new RecentChanges(MOST_REMEMBERED, now())
  }

  start(): void {
    const forget = () => this.#chunks.forget(new Date(this.#now() - KEPT_MS))
    this.#timers = [
      setInterval(() => void this.#after(() => this.flush()), FLUSH_MS),
      setInterval(() => void this.#after(() => this.poll()), POLL_MS),
      setInterval(() => void this.#after(forget), KEPT_MS / 10),
    ]
    for (const timer of this.#timers) timer.unref()
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer)
    await this.#after(() => this.flush())
  }

  /** What the service tells of its documents. */
  changed(documents: readonly ChangedDocument<State>[], isStored: boolean): void {
    for (const { id, state } of documents) {
      if (state.status !== 'run') continue
      const steps = state.events.length
      if (this.#putOff.get(id) !== steps) this.#told.set(id, state)
      if (!isStored) this.#putOff.set(id, steps)
      else {
        this.#putOff.delete(id)
        this.#stored.add(id)
      }
    }
  }

  /** Tells listeners what changed here, and other processes what the database has of it. */
  async flush(): Promise<void> {
    const told = this.#told
    const stored = this.#stored
    this.#told = new Map()
    this.#stored = new Set()
    this.#tell(told)
    if (stored.size === 0) return
    this.#written += 1
    const _id = `${this.#instance}/${this.#written}`
    const at = new Date(this.#now())
    await this.#chunks.put({ _id, by: this.#instance, at, ids: [...stored] })
  }

  /** Reads what other processes told, as long as somebody listens. */
  async poll(): Promise<void> {
    if (this.#listeners.size === 0) return
    const now = this.#now()
    const last = this.#polledAt
    const from = Math.max(now - LOOKED_BACK_MS, (last ?? 0) - OVERLAP_MS)
    const ids = await this.#chunks.idsSince(new Date(from))
    const fresh = await this.#chunks.read(ids.filter((id) => !this.#seen.has(id)))
    if (last === undefined) this.#recent.knowFrom(from)
    else if (last < from) this.#recent.forgetBefore(from)
    this.#polledAt = now
    for (const { _id } of fresh) this.#seen.set(_id, now)
    for (const [id, at] of this.#seen) if (at < now - KEPT_MS) this.#seen.delete(id)
    const told = fresh.flatMap((chunk) => chunk.ids)
    this.#tell(new Map(told.map((id) => [id, undefined])))
  }

  /** @returns what ends it */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** What a new listener comes back with later. */
  get mark(): number {
    return this.#now()
  }

  /** The runs that changed since a mark; undefined where the reader has to read anew. */
  async since(mark: string): Promise<string[] | undefined> {
    const at = /^\d{1,15}$/.test(mark) ? Number(mark) : undefined
    if (at === undefined || at > this.#now() + OVERLAP_MS) return undefined
    const isRead = await this.#after(() => this.poll())
    const ids = isRead ? this.#recent.after(at - OVERLAP_MS) : undefined
    return ids && ids.length <= MOST_MISSED ? ids : undefined
  }

  /** One piece of work at a time. @returns whether it was done: the database may be away */
  #after(work: () => Promise<void>): Promise<boolean> {
    const done = this.#work.then(work).then(
      () => true,
      () => false,
    )
    this.#work = done.then(() => undefined)
    return done
  }

  #tell(changed: Changed): void {
    if (changed.size === 0) return
    const at = this.#now()
    this.#recent.add(changed.keys(), at)
    for (const listener of this.#listeners) listener(changed, at)
  }
}
