import type { RoundInput } from '../round-input.ts'
import type { Input } from '../service.ts'

/** Inputs of one round at most: whoever comes meanwhile waits for no more of others than this. */
const MAX_ROUND = 200
/** Of one key at most: what is of one document is decided one after the other. */
const MAX_OF_KEY = 64

interface Batch<I extends Input> {
  inputs: readonly RoundInput<I>[]
  /** How many of them have had their round. */
  taken: number
  done(): void
  failed(error: unknown): void
}

/**
 * One round after another; all that arrives while one runs shares the next, which may be nothing.
 * Q1 A batch that takes more than one round holds up none that came after it: each has a share of
 *    every round, and what a small one leaves of its share goes to the others.
 * Q2 The inputs of one batch keep their order; none of it is taken before one that its key has no room for.
 */
export class RoundQueue<I extends Input> {
  readonly #round: (inputs: readonly RoundInput<I>[]) => Promise<void>
  #queue: Batch<I>[] = []
  #running: Promise<void> | undefined

  /** @param round runs a round to its end; rejects only where it is given up for good */
  constructor(round: (inputs: readonly RoundInput<I>[]) => Promise<void>) {
    this.#round = round
  }

  /** Resolves when all rounds with these inputs were saved and published. @throws what `round` did */
  enqueue(inputs: readonly RoundInput<I>[]): Promise<void> {
    return new Promise((done, failed) => {
      this.#queue.push({ inputs, taken: 0, done, failed })
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
      const { inputs, of } = nextRound(this.#queue)
      try {
        await this.#round(inputs)
        const whole = new Set(of.filter((batch) => batch.taken === batch.inputs.length))
        this.#queue = this.#queue.filter((batch) => !whole.has(batch))
        for (const { done } of whole) done()
      } catch (error) {
        this.#queue = this.#queue.filter((batch) => !of.includes(batch))
        for (const { failed } of of) failed(error)
      }
    }
    this.#running = undefined
  }
}

/** Takes the next round's inputs out of batches in turn (Q1); those that have none are of it, too. */
function nextRound<I extends Input>(queue: readonly Batch<I>[]) {
  const of = queue.slice(0, MAX_ROUND)
  const share = Math.floor(MAX_ROUND / of.length)
  const inputs: RoundInput<I>[] = []
  const keys = new Map<string, number>()
  const take = (batch: Batch<I>, most: number) => {
    for (const end = batch.taken + most; batch.taken < end; batch.taken += 1) {
      const one = batch.inputs[batch.taken]
      if (one === undefined) return
      const key = keyOf(one)
      const count = key === undefined ? 0 : (keys.get(key) ?? 0)
      if (count >= MAX_OF_KEY) return
      if (key !== undefined) keys.set(key, count + 1)
      inputs.push(one)
    }
  }
  for (const batch of of) take(batch, share)
  for (const batch of of) take(batch, MAX_ROUND - inputs.length)
  return { inputs, of }
}

/** What an input is about, as far as that is known before it is routed. */
function keyOf({ doc, origin }: RoundInput): string | undefined {
  return doc ?? origin?.key?.toString('latin1')
}
