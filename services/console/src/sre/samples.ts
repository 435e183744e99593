import { type Exposed, type Labels, seriesIn } from './exposition.ts'

/** What one series said in the window, oldest first. */
export interface Series {
  labels: Labels
  /** Seconds since 1970. */
  times: number[]
  values: number[]
}

/** One process whose metrics are read. */
export interface Target {
  service: string
  instance: string
}

/** More series than panels name of any process: what is beyond is left out, so that none takes the others' room. */
const MOST_SERIES = 5_000

/**
 * The newest samples of the series that panels name: as many as a rate needs, and no more.
 * @param windowSeconds over which rates are taken
 */
export class Samples {
  readonly windowSeconds: number
  readonly #series = new Map<string, Map<string, Series>>()
  /** When each target was read last; absent: it does not answer. */
  readonly #read = new Map<string, number>()
  /** How many series each target has. */
  readonly #sizes = new Map<string, number>()

  constructor(windowSeconds: number) {
    this.windowSeconds = windowSeconds
  }

  /** Takes what a target said at a moment; undefined: it did not answer. @param at epoch seconds */
  add({ service, instance }: Target, at: number, exposed: Iterable<Exposed> | undefined): void {
    if (exposed === undefined) {
      this.#read.delete(instance)
      return
    }
    this.#read.set(instance, at)
    for (const { key, value } of exposed) {
      const one = this.#find(key, { service, instance })
      one?.times.push(at)
      one?.values.push(value)
    }
  }

  /** Forgets what no rate needs any more. @param now epoch seconds */
  forget(now: number): void {
    const from = now - this.windowSeconds
    for (const [name, all] of this.#series) {
      for (const [key, { labels, times, values }] of all) {
        const old = times.findIndex((at) => at > from)
        const dropped = old === -1 ? times.length : old
        times.splice(0, dropped)
        values.splice(0, dropped)
        if (times.length === 0 && all.delete(key)) this.#count(labels.instance ?? '', -1)
      }
      if (all.size === 0) this.#series.delete(name)
    }
  }

  /** Every series of a metric. */
  of(metric: string): Iterable<Series> {
    return this.#series.get(metric)?.values() ?? []
  }

  /** The value that stands now: none of a series that its process no longer tells, or of one that is silent. */
  newest({ labels, times, values }: Series): number | undefined {
    const read = this.#read.get(labels.instance ?? '')
    return read !== undefined && times.at(-1) === read ? values.at(-1) : undefined
  }

  #find(key: string, target: Target): Series | undefined {
    const id = `${target.instance} ${key}`
    const { name, labels } = seriesIn(key)
    const all = this.#series.get(name) ?? new Map<string, Series>()
    const known = all.get(id)
    if (known) return known
    if ((this.#sizes.get(target.instance) ?? 0) >= MOST_SERIES) return undefined
    // whose it is says the setting: a tool's process speaks for itself alone
    const one = { labels: { ...labels, ...target }, times: [], values: [] }
    this.#series.set(name, all.set(id, one))
    this.#count(target.instance, 1)
    return one
  }

  #count(instance: string, more: 1 | -1): void {
    const size = (this.#sizes.get(instance) ?? 0) + more
    if (size === 0) this.#sizes.delete(instance)
    else this.#sizes.set(instance, size)
  }
}
