import { LRUCache } from 'lru-cache'
import type { Reader } from './store.ts'

/** Enough for all parties of a busy second. */
const MAX_KNOWN = 10_000

/**
 * Reads documents that decisions need besides their own (agents, tools), at most once in `ttlMs`
 * each: a change counts within that time, whichever process made it.
 */
export class Lookup<S> {
  readonly #reader: Pick<Reader<S>, 'read'>
  readonly #ttlMs: number
  readonly #now: () => number
  readonly #known = new LRUCache<string, { state: S; until: number }>({ max: MAX_KNOWN })

  /** @param now epoch milliseconds */
  constructor(reader: Pick<Reader<S>, 'read'>, ttlMs = 1_000, now: () => number = Date.now) {
    this.#reader = reader
    this.#ttlMs = ttlMs
    this.#now = now
  }

  /** The states of those that exist, in one read for all that are not known. */
  async get(ids: Iterable<string>): Promise<Map<string, S>> {
    const now = this.#now()
    const result = new Map<string, S>()
    const missing: string[] = []
    for (const id of new Set(ids)) {
      const known = this.#known.get(id)
      if (known !== undefined && known.until > now) result.set(id, known.state)
      else missing.push(id)
    }
    if (missing.length === 0) return result
    // What does not exist is asked for again each time: somebody waits for it.
    for (const [id, { state }] of await this.#reader.read(missing)) {
      this.#known.set(id, { state, until: now + this.#ttlMs })
      result.set(id, state)
    }
    return result
  }
}
