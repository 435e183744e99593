import type { RoundInput } from '../round-input.ts'

/**
 * Changes that nobody reads yet, saved together with their document's next one.
 * H1 Only what the broker can deliver again is deferred: every input behind a deferred write is a
 *    message as it came, nothing of the change is published, and no effect follows from it.
 * H2 The offsets of those messages move only behind the write's save, so that a crash costs a
 *    redelivery.
 * H3 The document's next save includes it; without one it is saved within a time that is set, or
 *    sooner when many writes are deferred.
 * H4 If somebody else saved the document meanwhile, its inputs are decided again.
 */
export class DeferredWrites {
  readonly #behind = new WeakMap<RoundInput, DeferredWrite>()
  #withinMs: number

  /** @param withinMs 0 defers nothing */
  constructor(withinMs: number) {
    this.#withinMs = withinMs
  }

  get isEnabled(): boolean {
    return this.#withinMs > 0
  }

  /** From now on nothing is deferred, and every write is overdue. */
  disable(): void {
    this.#withinMs = 0
  }

  /** These inputs rest on the write: their offsets wait for its save. */
  add(write: DeferredWrite, inputs: readonly RoundInput[]): void {
    for (const input of inputs) {
      write.inputs.add(input)
      this.#behind.set(input, write)
    }
  }

  /** Writes that were deferred before this (`performance.now()`) are overdue. */
  overdueBefore(): number {
    return performance.now() - this.#withinMs
  }

  /** Resolves when no deferred write rests on these inputs; undefined when none does now. */
  whenSaved(inputs: readonly RoundInput[]): Promise<unknown> | undefined {
    const waits = new Set<Promise<void>>()
    for (const input of inputs) {
      const write = this.#behind.get(input)
      if (write && !write.isReleased) waits.add(write.released)
    }
    return waits.size > 0 ? Promise.all(waits) : undefined
  }
}

/** The inputs that rest on a change of one document which is not saved yet. */
export class DeferredWrite {
  readonly inputs = new Set<RoundInput>()
  /** Milliseconds, monotonic: when the first of them was deferred. */
  readonly since = performance.now()
  readonly released: Promise<void>
  isReleased = false
  #resolve: () => void = () => {}

  constructor() {
    this.released = new Promise((resolve) => {
      this.#resolve = resolve
    })
  }

  /** The change was saved, or its inputs ended in another way: their offsets may move. */
  release(): void {
    this.isReleased = true
    this.#resolve()
  }
}
