import TinyQueue from 'tinyqueue'

interface Timer {
  at: string
  id: string
}

/**
 * Due times in memory, earliest first, so that nothing is read from the database to learn that
 * nothing is due. Moved and removed times stay queued until they surface, and are skipped then.
 */
export class Timers {
  #queue = new TinyQueue<Timer>([], earlier)
  readonly #current = new Map<string, string>()

  get size(): number {
    return this.#current.size
  }

  /** Sets, moves or (with undefined) removes the time of `id` (RFC 3339, milliseconds). */
  set(id: string, at: string | undefined): void {
    if (at === undefined) {
      this.#current.delete(id)
      return
    }
    if (this.#current.get(id) === at) return
    this.#current.set(id, at)
    this.#queue.push({ at, id })
    if (this.#queue.length > 64 && this.#queue.length > 4 * this.#current.size) {
      this.#queue = new TinyQueue(
        [...this.#current].map(([key, time]) => ({ at: time, id: key })),
        earlier,
      )
    }
  }

  /** Takes at most `limit` ids that are due at `now`. */
  take(now: string, limit: number): Timer[] {
    const due: Timer[] = []
    for (let top = this.#queue.peek(); top && due.length < limit; top = this.#queue.peek()) {
      const live = this.#current.get(top.id) === top.at
      if (live && top.at > now) break
      this.#queue.pop()
      if (live) {
        this.#current.delete(top.id)
        due.push(top)
      }
    }
    return due
  }
}

function earlier(a: Timer, b: Timer): number {
  return a.at < b.at ? -1 : a.at > b.at ? 1 : 0
}
