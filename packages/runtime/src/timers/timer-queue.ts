import TinyQueue from 'tinyqueue'

interface Timer {
  id: string
  /** The due time that the document named (RFC 3339, milliseconds). */
  at: string
  /** When it is taken: the due time, or later. */
  from: string
}

/**
 * Due times in memory, earliest first, so that nothing is read from the database to learn that
 * nothing is due. Moved and removed times stay queued until they surface, and are skipped then.
 */
export class TimerQueue {
  #queue = new TinyQueue<Timer>([], earlier)
  readonly #current = new Map<string, Timer>()

  get size(): number {
    return this.#current.size
  }

  /** Sets, moves or (with undefined) removes the time of `id`; `from` puts it off. */
  set(id: string, at: string | undefined, from?: string): void {
    if (at === undefined) {
      this.#current.delete(id)
      return
    }
    const timer = { id, at, from: from === undefined || from < at ? at : from }
    const known = this.#current.get(id)
    if (known?.at === at && known.from === timer.from) return
    this.#current.set(id, timer)
    this.#queue.push(timer)
    if (this.#queue.length > 64 && this.#queue.length > 4 * this.#current.size) {
      this.#queue = new TinyQueue([...this.#current.values()], earlier)
    }
  }

  has(id: string): boolean {
    return this.#current.has(id)
  }

  /** Takes at most `limit` ids that are due at `now`. */
  take(now: string, limit: number): Timer[] {
    const due: Timer[] = []
    for (let top = this.#queue.peek(); top && due.length < limit; top = this.#queue.peek()) {
      const live = this.#current.get(top.id) === top
      if (live && top.from > now) break
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
  return a.from < b.from ? -1 : a.from > b.from ? 1 : 0
}
