import type { RoundInput } from '../round-input.ts'
import type { Input } from '../service.ts'

/** Inputs of one round at most; more are taken in several rounds, in order. */
const MAX_ROUND = 500

interface Batch<I extends Input> {
  inputs: readonly RoundInput<I>[]
  done(): void
  failed(error: unknown): void
}

/** One round after another; all that arrives while one runs makes the next, which may be nothing. */
export class RoundQueue<I extends Input> {
  readonly #round: (inputs: readonly RoundInput<I>[]) => Promise<void>
  #queue: Batch<I>[] = []
  #running: Promise<void> | undefined

  /** @param round runs a round to its end; rejects only where it is given up for good */
  constructor(round: (inputs: readonly RoundInput<I>[]) => Promise<void>) {
    this.#round = round
  }

  /** Resolves when the round with these inputs was saved and published. @throws what `round` did */
  enqueue(inputs: readonly RoundInput<I>[]): Promise<void> {
    return new Promise((done, failed) => {
      this.#queue.push({ inputs, done, failed })
      this.#running ??= this.#runAll()
    })
  }

  /** Resolves when nothing is queued. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running
  }

  get busy(): boolean {
    return this.#running !== undefined
  }

  async #runAll(): Promise<void> {
    // What arrives in the same tick shares the first round.
    await new Promise((resolve) => setImmediate(resolve))
    while (this.#queue.length > 0) {
      const batches = this.#queue
      this.#queue = []
      try {
        const inputs = batches.flatMap((batch) => batch.inputs)
        let start = 0
        do {
          await this.#round(inputs.slice(start, start + MAX_ROUND))
          start += MAX_ROUND
        } while (start < inputs.length)
        for (const { done } of batches) done()
      } catch (error) {
        for (const { failed } of batches) failed(error)
      }
    }
    this.#running = undefined
  }
}
