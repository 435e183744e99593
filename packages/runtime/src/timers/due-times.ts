import type { Logger } from 'pino'
import type { RoundInput } from '../round-input.ts'
import type { Input } from '../service.ts'
import { TimerQueue } from './timer-queue.ts'

const TICK_MS = 50
const PAGE = 500

export interface DueTimesOptions<I extends Input> {
  enqueue(inputs: RoundInput<I>[]): Promise<void>
  /** False while a message that came in time may be unread (backlog.ts). */
  mayFire(): boolean
  log: Logger
}

/** Makes inputs of due times. */
export class DueTimes<I extends Input> {
  readonly #options: DueTimesOptions<I>
  /** Documents by their due times. */
  readonly #due = new TimerQueue()
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

  /** True when a due time of this document is in memory. */
  has(id: string): boolean {
    return this.#due.has(id)
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
    if (inputs.length > 0) await this.#options.enqueue(inputs)
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
