/**
 * Which runs changed of late, by the clock of this process: what a reader that comes back has missed.
 * It holds ids alone, each once, and forgets the oldest; what it no longer knows it says.
 */
export class RecentChanges {
  readonly #at = new Map<string, number>()
  readonly #most: number
  /** Epoch milliseconds: every change since is known. */
  #since: number
  #hasForgotten = false

  constructor(most: number, since: number) {
    this.#most = most
    this.#since = since
  }

  add(ids: Iterable<string>, at: number): void {
    for (const id of ids) {
      this.#at.delete(id)
      this.#at.set(id, at)
    }
    for (const [id, forgotten] of this.#at) {
      if (this.#at.size <= this.#most) break
      this.#at.delete(id)
      this.forgetBefore(forgotten + 1)
    }
  }

  /** Changes since a time are known from elsewhere too; what was forgotten stays so. */
  knowFrom(at: number): void {
    if (!this.#hasForgotten) this.#since = Math.min(this.#since, at)
  }

  /** Changes before this are not known any more, or never were. */
  forgetBefore(at: number): void {
    this.#since = Math.max(this.#since, at)
    this.#hasForgotten = true
  }

  /** The runs that changed at or after a time; undefined where some of them may not be known. */
  after(at: number): string[] | undefined {
    if (at < this.#since) return undefined
    const ids: string[] = []
    for (const [id, changed] of [...this.#at].reverse()) {
      if (changed < at) break
      ids.push(id)
    }
    return ids
  }
}
