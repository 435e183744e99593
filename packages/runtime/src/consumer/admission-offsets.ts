/** One message of a partition on its way: `done` once nothing of it can be lost. */
export interface Place {
  readonly offset: string
  done: boolean
}

/**
 * How far a partition may be committed when its messages end in another order than they came: behind
 * the last of which, with all before it, nothing can be lost.
 */
export class DoneOffsets {
  #places: Place[] = []
  /** Of `#places`, how many are committed. */
  #head = 0

  /** Messages come in the order of their offsets. */
  came(offset: string): Place {
    const place = { offset, done: false }
    this.#places.push(place)
    return place
  }

  /** Everything up to this offset was read: what is there besides the messages is none. */
  readTo(offset: string): string | undefined {
    return this.done(this.came(offset))
  }

  /** Answers the next offset to commit, if there is one now. */
  done(place: Place): string | undefined {
    place.done = true
    let last: string | undefined
    for (let one = this.#places[this.#head]; one?.done; one = this.#places[this.#head]) {
      last = one.offset
      this.#head += 1
    }
    if (this.#head > 1_024 && 2 * this.#head > this.#places.length) {
      this.#places = this.#places.slice(this.#head)
      this.#head = 0
    }
    return last === undefined ? undefined : (BigInt(last) + 1n).toString()
  }

  /** How many of the messages are on their way. */
  get open(): number {
    return this.#places.length - this.#head
  }
}
