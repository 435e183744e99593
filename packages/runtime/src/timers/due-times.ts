import type { Logger } from 'pino'
import type { Origin, RoundInput } from '../round-input.ts'
import type { Input } from '../service.ts'
import { TimerQueue } from './timer-queue.ts'
import type { WaitingMessages } from './waiting-messages.ts'

const TICK_MS = 50
const PAGE = 500
const ASK_EVERY_MS = 1_000

export interface DueTimesOptions<I extends Input> {
  waiting: WaitingMessages
  /** Reads a message again; undefined while the registry is away. */
  read(origin: Origin, at: string): Promise<RoundInput<I> | undefined>
  enqueue(inputs: RoundInput<I>[]): Promise<void>
  /** False while a message that came in time may be unread (backlog.ts). */
  mayFire(): boolean
  log: Logger
}

/** Makes inputs of due times, and asks waiting messages again every second. */
export class DueTimes<I extends Input> {
  readonly #options: DueTimesOptions<I>
  /** Documents by their due times. */
  readonly #due = new TimerQueue()
  /** Waiting messages by when they are asked next. */
  readonly #asks = new TimerQueue()
  readonly #timer: NodeJS.Timeout
  #ticking: Promise<void> | undefined

  constructor(options: DueTimesOptions<I>) {
    this.#options = options
    this.#timer = setInterval(() => this.#tick(), TICK_MS)
  }

  /** Sets, moves or (with undefined) removes a document's due time; it is asked in `delayMs` at the earliest. */
  due(doc: string, due_at: string | undefined, delayMs = 0): void {
    this.#due.set(doc, due_at, delayMs > 0 ? inMs(delayMs) : undefined)
  }

  /** The waiting message of this id is asked again in a second. */
  waits(id: string): void {
    this.#asks.set(id, inMs(ASK_EVERY_MS))
  }

  /** True when a due time of this document, or a waiting message of this id, is in memory. */
  has(id: string): boolean {
    return this.#due.has(id) || this.#asks.has(id)
  }

  async idle(): Promise<void> {
    while (this.#ticking !== undefined) await this.#ticking
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.idle()
  }

  #tick(): void {
    this.#ticking ??= this.#takeDue()
      .catch((error: unknown) => {
        const text = 'stopping; due times are taken up at the next start'
        this.#options.log.warn({ err: error }, text)
      })
      .finally(() => {
        this.#ticking = undefined
      })
  }

  async #takeDue(): Promise<void> {
    const now = inMs(0)
    const due = this.#options.mayFire() ? this.#due.take(now, PAGE) : []
    const inputs = due.map(({ id, at }) => dueInput<I>(id, at))
    const asked = this.#asks.take(now, PAGE).map(({ id }) => id)
    if (asked.length > 0) {
      // Set again at once: what was decided meanwhile is not found, and leaves then.
      for (const id of asked) this.waits(id)
      inputs.push(...(await this.#askAgain(asked)))
    }
    if (inputs.length > 0) await this.#options.enqueue(inputs)
  }

  async #askAgain(ids: readonly string[]): Promise<RoundInput<I>[]> {
    try {
      return await this.#readWaiting(ids)
    } catch (error) {
      this.#options.log.warn({ err: error }, 'waiting messages are asked again in a second')
      return []
    }
  }

  async #readWaiting(ids: readonly string[]): Promise<RoundInput<I>[]> {
    const messages = await this.#options.waiting.read(ids)
    const found = new Set(messages.map(({ id }) => id))
    for (const id of ids) if (!found.has(id)) this.#asks.set(id, undefined)
    const inputs: RoundInput<I>[] = []
    for (const message of messages) {
      const { id, at, ...origin } = message
      const read = await this.#options.read(origin, at)
      // What is not readable now is left for the next second.
      if (read === undefined) continue
      const waited = Math.max(0, Math.floor((Date.now() - Date.parse(at)) / 1000))
      inputs.push({ ...read, input: { ...read.input, id, waited } })
    }
    return inputs
  }
}

function dueInput<I extends Input>(doc: string, at: string): RoundInput<I> {
  // `due` is part of every service's input union that declares due times.
  return { doc, input: { id: `due:${doc}:${at}`, type: 'due', at, data: {} } as unknown as I }
}

/** RFC 3339 with milliseconds, this far from now. */
export function inMs(ms: number): string {
  return new Date(Date.now() + ms).toISOString()
}
