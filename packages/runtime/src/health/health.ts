import { setTimeout as pause } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { ServiceMetrics } from '../metrics.ts'

const BACKOFF_MS = [100, 250, 500, 1_000, 2_000, 5_000] as const

/** What the probes ask: whether the loop turns, and what is away. Tries again what an outage ended. */
export class Pulse {
  readonly #log: Logger
  readonly #metrics: ServiceMetrics
  readonly #away = new Map<string, string>()
  readonly #stop = new AbortController()
  /** Epoch ms of the last turn: a round ended, failed and was set again, or a fetch began. */
  turnedAt = Date.now()

  constructor(log: Logger, metrics: ServiceMetrics) {
    this.#log = log
    this.#metrics = metrics
  }

  beat(): void {
    this.turnedAt = Date.now()
  }

  /** The first thing that is away, with why. */
  failing(): string | undefined {
    const [first] = this.#away
    return first && `${first[0]}: ${first[1]}`
  }

  away(what: string, error: unknown): void {
    this.beat()
    if (!this.#away.has(what)) this.#log.warn({ err: error, what }, 'away; trying again')
    this.#away.set(what, error instanceof Error ? error.message : String(error))
    this.#metrics.outage.set(1)
  }

  well(what: string): void {
    if (!this.#away.delete(what)) return
    this.#log.info({ what }, 'back')
    this.#metrics.outage.set(this.#away.size > 0 ? 1 : 0)
  }

  get stopping(): boolean {
    return this.#stop.signal.aborted
  }

  /** From now on nothing is tried again more than once. */
  stop(): void {
    this.#stop.abort()
  }

  /**
   * Runs `act` until it succeeds, with backoff.
   * @throws what `act` threw, once stopping; what it was for comes again from its topic
   */
  async keepTrying<T>(what: string, act: () => Promise<T>): Promise<T> {
    for (let attempt = 0; ; attempt += 1) {
      const isLast = this.stopping
      try {
        const result = await act()
        this.well(what)
        return result
      } catch (error) {
        this.away(what, error)
        if (isLast) throw error
      }
      const ms = BACKOFF_MS[Math.min(attempt, BACKOFF_MS.length - 1)]
      await pause(ms, undefined, { signal: this.#stop.signal }).catch(() => undefined)
    }
  }
}
