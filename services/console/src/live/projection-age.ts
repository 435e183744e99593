import type { Stoppable } from '@prooftrail/runtime'

/**
 * How old what the console shows is: by where its topics ended at some moment, and how far the group
 * of all its processes has come since. It is no process's own view, so that one which died, and whose
 * partitions nobody reads yet, shows.
 */

/** Ends or positions by topic and partition. */
export type Offsets = ReadonlyMap<string, number>

export interface Topics {
  /** Where each partition ends now. */
  ends(): Promise<Offsets>
  /** Up to where each is read and stored; absent: nothing of it was. */
  committed(): Promise<Offsets>
}

export interface Age {
  /** Null: not known. */
  behind_seconds: number | null
  at: string
}

const SAMPLES = 1_000
/** An age that was worked out before this is not told any more. */
const STALE_MS = 20_000

export class ProjectionAge implements Stoppable {
  readonly #topics: Topics
  readonly #now: () => number
  /** Oldest first: what was the end when. */
  #samples: { at: number; ends: Offsets }[] = []
  /** When everything that there was then had been read. */
  #caughtUpTo: number | undefined
  #askedAt = Number.NEGATIVE_INFINITY
  #asking: Promise<void> | undefined

  /** @param now epoch milliseconds */
  constructor(topics: Topics, now: () => number = Date.now) {
    this.#topics = topics
    this.#now = now
  }

  /** Asks the broker, one question at a time. An outage leaves the age unknown. */
  ask(): Promise<void> {
    this.#asking ??= this.#ask()
      .catch(() => undefined)
      .finally(() => {
        this.#asking = undefined
      })
    return this.#asking
  }

  now(): Age {
    const now = this.#now()
    const isKnown = now - this.#askedAt <= STALE_MS && this.#caughtUpTo !== undefined
    const ms = now - (this.#caughtUpTo ?? now)
    const behind_seconds = isKnown ? Math.max(0, Math.round(ms / 100) / 10) : null
    return { behind_seconds, at: new Date(now).toISOString() }
  }

  async stop(): Promise<void> {
    await this.#asking
  }

  async #ask(): Promise<void> {
    const at = this.#now()
    const ends = await this.#topics.ends()
    const committed = await this.#topics.committed()
    this.#samples.push({ at, ends })
    const reached = this.#samples.findLastIndex((one) => hasReached(committed, one.ends))
    const last = this.#samples[reached]
    if (last) {
      // nothing is to be read: it is up to date now, not only as of the question
      this.#caughtUpTo = reached === this.#samples.length - 1 ? this.#now() : last.at
      this.#samples = this.#samples.slice(reached)
    }
    // the age of one that was never up to date counts from when it was first asked for
    this.#caughtUpTo ??= this.#samples[0]?.at
    if (this.#samples.length > SAMPLES) this.#samples.splice(1, 1)
    this.#askedAt = this.#now()
  }
}

function hasReached(committed: Offsets, ends: Offsets): boolean {
  return [...ends].every(([partition, end]) => (committed.get(partition) ?? 0) >= end)
}
