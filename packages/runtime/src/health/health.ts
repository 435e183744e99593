import { setTimeout as pause } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { ServiceMetrics } from '../metrics.ts'
import { type Backoff, backoffMs } from './retry.ts'

const OUTAGE: Backoff = { first: 100, most: 5_000 }

/** What the probes report: when the loop last turned, and which dependencies are unavailable. */
export class Health {
  readonly #log: Logger
  readonly #metrics: ServiceMetrics
  readonly #unavailable = new Map<string, string>()
  readonly #stop = new AbortController()
  /** Epoch ms of the last turn: a round ended, a round failed and is tried again, or a fetch began. */
  turnedAt = Date.now()
  #turns = 0
  #progress = 0

  constructor(log: Logger, metrics: ServiceMetrics) {
    this.#log = log
    this.#metrics = metrics
  }

  /** Records that the loop turned. */
  turned(): void {
    this.turnedAt = Date.now()
    this.#turns += 1
  }

  /** Records that something came of it: a batch, a round. */
  progressed(): void {
    this.#progress += 1
  }

  /** How often it turned, and how often something came of it. */
  turns(): { turns: number; progress: number } {
    return { turns: this.#turns, progress: this.#progress }
  }

  /** The first dependency that is unavailable, with why. */
  fault(): string | undefined {
    const [first] = this.#unavailable
    return first && `${first[0]}: ${first[1]}`
  }

  /** Records that a dependency failed; `/readyz` answers 503 until it is available again. */
  unavailable(what: string, error: unknown): void {
    this.turned()
    if (!this.#unavailable.has(what)) this.#log.warn({ err: error, what }, 'away; trying again')
    if (this.#unavailable.size === 0) this.#metrics.outage.inc()
    this.#unavailable.set(what, error instanceof Error ? error.message : String(error))
  }

  /** Records that a dependency answered. */
  available(what: string): void {
    if (!this.#unavailable.delete(what)) return
    this.#log.info({ what }, 'back')
    if (this.#unavailable.size === 0) this.#metrics.outage.dec()
  }

  get stopping(): boolean {
    return this.#stop.signal.aborted
  }

  /** Ends all waiting; from now on nothing is tried more than once again. */
  stop(): void {
    this.#stop.abort()
  }

  /**
   * Calls `act` until it succeeds, with backoff.
   * @throws what `act` threw, once stopping; its messages are then delivered again
   */
  async keepTrying<T>(what: string, act: () => Promise<T>): Promise<T> {
    for (let attempt = 0; ; attempt += 1) {
      const isLast = this.stopping
      try {
        const result = await act()
        this.available(what)
        return result
      } catch (error) {
        this.unavailable(what, error)
        if (isLast) throw error
      }
      const ms = backoffMs(attempt, OUTAGE)
      await pause(ms, undefined, { signal: this.#stop.signal }).catch(() => undefined)
    }
  }
}
