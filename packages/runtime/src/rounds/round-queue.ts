import type { Input } from '../service.ts'
import type { Work } from './round-input.ts'

/** Inputs of one round at most; more are taken in several rounds, in order. */
const MAX_ROUND = 500

interface Item<I extends Input> {
  works: readonly Work<I>[]
  done(): void
  failed(error: unknown): void
}

/** One round after another; all that arrives while one runs makes the next, which may be nothing. */
export class Turns<I extends Input> {
  readonly #round: (works: readonly Work<I>[]) => Promise<void>
  #queue: Item<I>[] = []
  #turning: Promise<void> | undefined

  /** @param round runs a round to its end; rejects only where it is given up for good */
  constructor(round: (works: readonly Work<I>[]) => Promise<void>) {
    this.#round = round
  }

  /** Resolves when the round with these inputs was saved and published. @throws what `round` did */
  enqueue(works: readonly Work<I>[]): Promise<void> {
    return new Promise((done, failed) => {
      this.#queue.push({ works, done, failed })
      this.#turning ??= this.#turn()
    })
  }

  /** Resolves when nothing is queued. */
  async idle(): Promise<void> {
    while (this.#turning !== undefined) await this.#turning
  }

  get busy(): boolean {
    return this.#turning !== undefined
  }

  async #turn(): Promise<void> {
    // What arrives in the same tick shares the first round.
    await new Promise((resolve) => setImmediate(resolve))
    while (this.#queue.length > 0) {
      const items = this.#queue
      this.#queue = []
      try {
        const works = items.flatMap((item) => item.works)
        let start = 0
        do {
          await this.#round(works.slice(start, start + MAX_ROUND))
          start += MAX_ROUND
        } while (start < works.length)
        for (const item of items) item.done()
      } catch (error) {
        for (const item of items) item.failed(error)
      }
    }
    this.#turning = undefined
  }
}
