import type { RoundWaiting, Waiting } from './waiting-messages.ts'

/** The list of waiting messages without a server. */
export class MemoryWaiting implements RoundWaiting {
  readonly #waiting: Map<string, Waiting>

  constructor(waiting: Map<string, Waiting>) {
    this.#waiting = waiting
  }

  async keep(messages: readonly Waiting[]): Promise<void> {
    for (const one of messages) if (!this.#waiting.has(one.id)) this.#waiting.set(one.id, one)
  }

  async drop(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.#waiting.delete(id)
  }
}
