import type { RoundWaiting, Waiting } from './waiting-messages.ts'

/** The list of waiting messages without a server. */
export class MemoryWaiting implements RoundWaiting {
  readonly #waiting: Map<string, Waiting>

  /** @param asked gets the ids of those that go on waiting */
  constructor(waiting: Map<string, Waiting>, asked: string[] = []) {
    this.#waiting = waiting
    this.#asked = asked
  }

  readonly #asked: string[]

  refusal(): undefined {}

  waits(id: string): void {
    this.#asked.push(id)
  }

  async keep(messages: readonly Waiting[]): Promise<void> {
    for (const one of messages) if (!this.#waiting.has(one.id)) this.#waiting.set(one.id, one)
  }

  async drop(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.#waiting.delete(id)
  }
}
