/**
 * Lets so many through at a time. Nobody waits: who comes when all places are taken is told to come
 * again.
 */
export class Gate {
  readonly #places: number
  #taken = 0

  constructor(places: number) {
    this.#places = places
  }

  /** @returns what gives the place back, once; undefined when there is none */
  enter(): (() => void) | undefined {
    if (this.#taken >= this.#places) return undefined
    this.#taken += 1
    let isIn = true
    return () => {
      if (isIn) this.#taken -= 1
      isIn = false
    }
  }
}
