/**
 * Every process of the deployment, asked for its metrics every few seconds, so that the page shows
 * panels where no Prometheus is.
 * S1 What is kept is bounded: samples for one window of a rate, and of each panel's lines an hour.
 * S2 One question at a time to each process, and none waits for another: who does not answer is told,
 *    and its lines end.
 */
import { evaluate } from './evaluate.ts'
import { exposedIn } from './exposition.ts'
import { History, queriesOf } from './history.ts'
import type { PageDashboard } from './panels.ts'
import { Samples } from './samples.ts'
import { type Named, type Place, placesOf, reasonOf, scrape } from './scrape.ts'

/** How a process of the deployment was found when it was asked last. */
export interface TargetState {
  service: string
  instance: string
  up: boolean
  /** RFC 3339: since when it is so. */
  since: string
  /** Why it was not read. */
  reason?: string
}

export interface SamplerOptions {
  everySeconds?: number
  windowSeconds?: number
  keptSeconds?: number
  /** Of one question. */
  timeoutMs?: number
}

const DEFAULTS = { everySeconds: 5, windowSeconds: 60, keptSeconds: 3_600, timeoutMs: 4_000 }

export class Sampler {
  readonly history: History
  readonly everySeconds: number
  readonly windowSeconds: number
  readonly keptSeconds: number
  readonly #timeoutMs: number
  readonly #named: readonly Named[]
  readonly #samples: Samples
  readonly #wanted: ReadonlySet<string>
  #targets = new Map<string, TargetState>()
  #timer: NodeJS.Timeout | undefined
  #asking: Promise<void> = Promise.resolve()
  #isStopped = true

  constructor(
    named: readonly Named[],
    dashboards: readonly PageDashboard[],
    options: SamplerOptions = {},
  ) {
    const { everySeconds, windowSeconds, keptSeconds, timeoutMs } = { ...DEFAULTS, ...options }
    this.everySeconds = everySeconds
    this.windowSeconds = windowSeconds
    this.keptSeconds = keptSeconds
    this.#timeoutMs = timeoutMs
    this.#named = named
    this.#samples = new Samples(windowSeconds)
    this.history = new History(dashboards, { stepSeconds: everySeconds, keptSeconds })
    this.#wanted = new Set(queriesOf(dashboards).flatMap(({ series }) => series))
  }

  /** Asks over and over until it is stopped. */
  start(): void {
    if (this.#named.length === 0) return
    this.#isStopped = false
    const turn = () => {
      const began = performance.now()
      this.#asking = this.sample(Date.now() / 1000).finally(() => {
        if (this.#isStopped) return
        const rest = this.everySeconds * 1000 - (performance.now() - began)
        this.#timer = setTimeout(turn, Math.max(0, rest)).unref()
      })
    }
    turn()
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    clearTimeout(this.#timer)
    await this.#asking
  }

  /** Every process, by service. */
  targets(): TargetState[] {
    return [...this.#targets.values()]
  }

  /** Asks everybody once. @param at epoch seconds: the moment that the answers stand for */
  async sample(at: number): Promise<void> {
    const found = await Promise.all(this.#named.map((one) => this.#ask(one, at)))
    const now = found.flat()
    this.#targets = new Map(now.map((one) => [`${one.service} ${one.instance}`, one]))
    this.history.add(at, ({ read }) => evaluate(read, this.#samples, at))
    this.#samples.forget(at)
  }

  async #ask(named: Named, at: number): Promise<TargetState[]> {
    let places: Place[]
    try {
      places = await placesOf(named)
    } catch (error) {
      const instance = new URL(named.url).host
      return [this.#told({ service: named.service, instance }, at, reasonOf(error))]
    }
    return Promise.all(places.map((one) => this.#read(one, at)))
  }

  async #read(place: Place, at: number): Promise<TargetState> {
    try {
      const text = await scrape(place, this.#timeoutMs)
      this.#samples.add(place, at, exposedIn(text, this.#wanted))
      return this.#told(place, at)
    } catch (error) {
      this.#samples.add(place, at, undefined)
      return this.#told(place, at, reasonOf(error))
    }
  }

  #told({ service, instance }: Omit<Place, 'url'>, at: number, reason?: string): TargetState {
    const before = this.#targets.get(`${service} ${instance}`)
    const up = reason === undefined
    const since = before?.up === up ? before.since : new Date(at * 1000).toISOString()
    return { service, instance, up, since, ...(up ? {} : { reason }) }
  }
}
