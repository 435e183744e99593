import type { Logger } from 'pino'
import type { DocumentDatabase } from '../documents/database.ts'
import type { Outbox } from '../outbox/outbox.ts'
import type { Input } from '../service.ts'
import { type DueTimes, inMs } from './due-times.ts'
import type { WaitingMessages } from './waiting-messages.ts'
import type { WaitingRoom } from './waiting-room.ts'

export interface ScanOptions<S, I extends Input> {
  database: DocumentDatabase<S>
  waiting: Pick<WaitingMessages, 'since'>
  room: Pick<WaitingRoom<I>, 'takeUp'>
  outbox: Outbox<S>
  dueTimes: DueTimes<I>
  log: Logger
  /** How often the database is asked for what other processes left behind. */
  everyMs: number
}

/** What is older belongs to a process that died: a living one needs less. */
const AGE_MS = 5_000
const RETRY_MS = 5_000
/** A waiting message is decided by the process that keeps it within WAIT_SECONDS. */
const WAIT_AGE_MS = 35_000
/** Due times that one scan takes into memory at most; later ones are found by a later scan. */
const MAX_DUE = 200_000

/**
 * Takes up what processes that died left behind: outboxes, due times, waiting messages; and what
 * this process could not publish, since a tool's topic was missing.
 */
export class RecoveryScan<S, I extends Input> {
  readonly #options: ScanOptions<S, I>
  readonly #timer: NodeJS.Timeout
  #scannedAt = Date.now()
  #running: Promise<void> | undefined

  constructor(options: ScanOptions<S, I>) {
    this.#options = options
    this.#timer = setInterval(() => this.#tick(), RETRY_MS)
  }

  /** Takes up everything there is, without waiting for its age: the start of a process. */
  all(): Promise<void> {
    return this.#run(() => this.#scan(inMs(0), '9999', inMs(0)))
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#running
  }

  #tick(): void {
    const isDue = Date.now() - this.#scannedAt >= this.#options.everyMs
    if (isDue) void this.#run(() => this.#scan(inMs(-AGE_MS), inMs(-AGE_MS), inMs(-WAIT_AGE_MS)))
    else void this.#run(() => this.#options.outbox.republish())
  }

  #run(act: () => Promise<void>): Promise<void> {
    this.#running ??= act()
      .catch((error: unknown) => {
        this.#options.log.warn({ err: error }, 'recovery scan failed; tried again')
      })
      .finally(() => {
        this.#running = undefined
      })
    return this.#running
  }

  async #scan(savedBefore: string, dueBefore: string, seenBefore: string): Promise<void> {
    const { database, waiting, room, outbox, dueTimes } = this.#options
    this.#scannedAt = Date.now()
    let taken = 0
    for await (const { id, due_at, outbox_at } of database.pending(savedBefore, dueBefore)) {
      if (outbox_at !== undefined && outbox_at < savedBefore) outbox.publishAgain([id])
      if (due_at === undefined || due_at >= dueBefore || dueTimes.has(id)) continue
      taken += 1
      if (taken <= MAX_DUE) dueTimes.due(id, due_at)
    }
    room.takeUp(await waiting.since(seenBefore))
    await outbox.republish()
  }
}
