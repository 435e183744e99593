import type { RunState } from '../state.ts'
import { beatKey, keysOf } from './keys.ts'
import type { StoredTally, TallyStore } from './tally-store.ts'

/**
 * How many runs there are of each kind, kept as they move.
 * T1 Whoever saves a change of a run counts it: what the run came to, and what it went on from. What
 *    is there is the difference, so that nobody counts runs to know it.
 * T2 Each process writes what it counted, whole, under its own name; all of them together are the
 *    number. What a process left is taken over by another one, once.
 * T3 A process that is killed forgets at most its last two seconds. So whoever starts compares with
 *    the index until both agree: a difference that is the same twice is mended.
 */

export interface Moves {
  /** Runs that came to it, ever. */
  processed: number
  /** Runs that went on from it, ever. */
  advanced: number
  /** RFC 3339: when the last one came or went. */
  last_at: string
}

export type Totals = ReadonlyMap<string, Moves>

/** A tally that its process has not written for so long is another one's to take over. */
const ABANDONED_MS = 10 * 60_000
/** Written at least so often, so that it is not taken for one that was left. */
const REWRITTEN_MS = 60_000

export class Tally {
  readonly #store: TallyStore
  readonly #name: string
  readonly #now: () => number
  #own = new Map<string, Moves>()
  /** Of that, what the store has. */
  #written: Totals = new Map()
  #others: Totals = new Map()
  #writtenAt = Number.NEGATIVE_INFINITY
  #hasNews = false
  #differences = new Map<string, number>()

  /** @param name of this process among all others  @param now epoch milliseconds */
  constructor(store: TallyStore, name: string, now: () => number = Date.now) {
    this.#store = store
    this.#name = name
    this.#now = now
  }

  /** A run changed. @param at RFC 3339, of the fact that it learned */
  moved(before: RunState | undefined, after: RunState, at: string): void {
    const [was, is] = [before ? keysOf(before) : [], keysOf(after)]
    for (const key of is) if (!was.includes(key)) this.#add(key, { processed: 1 }, at)
    for (const key of was) if (!is.includes(key)) this.#add(key, { advanced: 1 }, at)
  }

  /** An executor of the tool said that it goes on. */
  heard(tool: string, at: string): void {
    this.#add(beatKey(tool), {}, at)
  }

  /** What all processes counted. */
  totals(): Totals {
    return sum([this.#others, this.#own])
  }

  /** Writes what was counted here, and reads what the others did. */
  async refresh(): Promise<void> {
    const now = this.#now()
    if (this.#hasNews || now - this.#writtenAt > REWRITTEN_MS) await this.#write(now)
    const others = (await this.#store.all()).filter(({ _id }) => _id !== this.#name)
    const left = others.filter(({ at }) => now - at.getTime() > ABANDONED_MS)
    this.#others = sum(
      others.filter((one) => !left.includes(one)).map(({ counts }) => new Map(counts)),
    )
    for (const one of left) await this.#takeOver(one)
  }

  /**
   * Compares with what the index says. @param count how many runs the index finds under a key
   * @returns whether both agree on every key
   */
  async compare(
    keys: readonly string[],
    count: (key: string) => Promise<number>,
  ): Promise<boolean> {
    const differences = new Map<string, number>()
    for (const key of new Set([...keys, ...this.totals().keys()])) {
      if (key.startsWith(beatKey(''))) continue
      const before = thereOf(this.totals(), key)
      const found = await count(key)
      // runs moved meanwhile: this look says nothing
      if (thereOf(this.totals(), key) !== before) differences.set(key, Number.NaN)
      else if (found !== before) differences.set(key, found - before)
    }
    const isSame = ([key, missing]: [string, number]) => this.#differences.get(key) === missing
    const mended = [...differences].filter(isSame)
    for (const [key, missing] of mended) {
      const at = this.totals().get(key)?.last_at ?? ''
      this.#add(key, missing > 0 ? { processed: missing } : { advanced: -missing }, at)
      differences.delete(key)
    }
    this.#differences = differences
    return mended.length === 0 && differences.size === 0
  }

  /** Writes what was counted here; what another process took over meanwhile is no longer its own. */
  async #write(now: number): Promise<void> {
    const counts = [...this.#own].map(([key, moves]) => [key, { ...moves }] as [string, Moves])
    this.#hasNews = false
    try {
      const wasThere = await this.#store.put({ _id: this.#name, at: new Date(now), counts })
      if (!wasThere && this.#written.size > 0) {
        this.#own = less(this.#own, this.#written)
        this.#written = new Map()
        return await this.#write(now)
      }
    } catch (error) {
      this.#hasNews = true
      throw error
    }
    this.#written = new Map(counts)
    this.#writtenAt = now
  }

  async #takeOver(left: StoredTally): Promise<void> {
    if (!(await this.#store.take(left))) return
    this.#own = sum([this.#own, new Map(left.counts)])
    this.#hasNews = true
  }

  #add(key: string, more: Partial<Moves>, at: string): void {
    this.#own = add(this.#own, key, { processed: 0, advanced: 0, ...more, last_at: at })
    this.#hasNews = true
  }
}

/** How many runs there are under a key now. */
export function thereOf(totals: Totals, key: string): number {
  const { processed, advanced } = totals.get(key) ?? NONE
  return Math.max(0, processed - advanced)
}

const NONE: Moves = { processed: 0, advanced: 0, last_at: '' }

function sum(parts: readonly Totals[]): Map<string, Moves> {
  const all = new Map<string, Moves>()
  for (const part of parts) for (const [key, moves] of part) add(all, key, moves)
  return all
}

function less(all: Totals, part: Totals): Map<string, Moves> {
  const rest = [...all].map(([key, { processed, advanced, last_at }]): [string, Moves] => {
    const gone = part.get(key) ?? NONE
    return [
      key,
      { processed: processed - gone.processed, advanced: advanced - gone.advanced, last_at },
    ]
  })
  return new Map(rest)
}

function add(to: Map<string, Moves>, key: string, more: Moves): Map<string, Moves> {
  const { processed, advanced, last_at } = to.get(key) ?? NONE
  return to.set(key, {
    processed: processed + more.processed,
    advanced: advanced + more.advanced,
    last_at: last_at > more.last_at ? last_at : more.last_at,
  })
}
