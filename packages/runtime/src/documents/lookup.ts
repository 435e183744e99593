import type { Reader } from './store.ts'

/**
 * Reads documents that decisions need besides their own (agents, tools), at most once in `ttlMs`
 * each: a change counts within that time, whichever process made it.
 */
export class Lookup<S> {
  readonly #reader: Reader<S>
  readonly #ttlMs: number
  readonly #known = new Map<string, { state: S | undefined; until: number }>()

  constructor(reader: Reader<S>, ttlMs = 1_000) {
    this.#reader = reader
    this.#ttlMs = ttlMs
  }

  /** The states of those that exist, in one read for all that are not known. */
  async get(ids: Iterable<string>): Promise<Map<string, S>> {
    const wanted = [...new Set(ids)]
    const now = Date.now()
    const missing = wanted.filter((id) => (this.#known.get(id)?.until ?? 0) <= now)
    if (missing.length > 0) {
      const found = await this.#reader.read(missing)
      // What does not exist is asked for again each time: somebody waits for it.
      for (const id of missing) {
        const state = found.get(id)?.state
        if (state !== undefined) this.#known.set(id, { state, until: now + this.#ttlMs })
      }
    }
    const result = new Map<string, S>()
    for (const id of wanted) {
      const state = this.#known.get(id)?.state
      if (state !== undefined) result.set(id, state)
    }
    this.#shrink(now)
    return result
  }

  #shrink(now: number): void {
    if (this.#known.size < 10_000) return
    for (const [id, { until }] of this.#known) if (until <= now) this.#known.delete(id)
  }
}
