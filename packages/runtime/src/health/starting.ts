import { type Backoff, backoffMs, isOutage, reasonOf } from './retry.ts'

/** How a line about a wait reaches whoever watches: a log, a screen. */
export type SayWait = (line: string, error?: unknown) => void

export interface StartingOptions {
  /** Gives the start up: steps that wait reject with its reason. */
  signal?: AbortSignal
  /** Which errors pass where a step does not say; default `isOutage`. */
  passes?: (error: unknown) => boolean
}

export interface StepOptions {
  /** Which errors pass. */
  passes?: (error: unknown) => boolean
  backoff?: Backoff
}

const BACKOFF: Backoff = { first: 200, most: 5_000 }
const AGAIN_MS = 10_000

/**
 * The start of a service or of a deploy step. A step that meets what passes is tried again with backoff
 * and says so: when the wait begins, every ten seconds of it, and when it is over. What does not pass
 * ends the start at once.
 */
export class Starting {
  readonly #say: SayWait
  readonly #options: StartingOptions
  /** What is waited for, with why. */
  readonly #waits = new Map<string, string>()
  readonly #parts: Starting[] = []

  constructor(say: SayWait, options: StartingOptions = {}) {
    this.#say = say
    this.#options = options
  }

  /** What the start, or a part of it, waits for now; undefined while it goes on. */
  waiting(): string | undefined {
    const [first] = this.#waits
    if (first) return `waiting for ${first[0]}: ${first[1]}`
    return this.#parts.map((part) => part.waiting()).find((wait) => wait !== undefined)
  }

  /** The same start, told to one more. */
  alsoTo(say: SayWait): Starting {
    const both: SayWait = (line, error) => {
      this.#say(line, error)
      say(line, error)
    }
    return new Starting(both, this.#options)
  }

  /** The part of one service in it: what that waits for, told under its name. */
  of(name: string): Starting {
    const part = new Starting((line, error) => this.#say(`${name}: ${line}`, error), this.#options)
    this.#parts.push(part)
    return part
  }

  /**
   * Takes one step, again and again while what it meets passes.
   * @param what whom it needs, for people
   * @throws what `act` threw where that does not pass; the signal's reason
   */
  async step<T>(what: string, act: () => Promise<T>, options: StepOptions = {}): Promise<T> {
    const wait = new Wait(what, this.#say, this.#waits)
    try {
      const result = await this.#try(act, wait, options)
      wait.over()
      return result
    } finally {
      wait.end()
    }
  }

  async #try<T>(
    act: () => Promise<T>,
    wait: Wait,
    { passes = this.#options.passes ?? isOutage, backoff = BACKOFF }: StepOptions,
  ): Promise<T> {
    const { signal } = this.#options
    for (let attempt = 0; ; attempt += 1) {
      signal?.throwIfAborted()
      try {
        return await act()
      } catch (error) {
        if (!passes(error)) throw error
        wait.met(error)
      }
      await pause(backoffMs(attempt, backoff), signal)
    }
  }
}

/** One wait, from the first failure of a step on. */
class Wait {
  readonly #what: string
  readonly #say: SayWait
  readonly #waits: Map<string, string>
  readonly #begun = Date.now()
  readonly #timer: NodeJS.Timeout
  #reason = 'no answer yet'
  #isSaid = false

  constructor(what: string, say: SayWait, waits: Map<string, string>) {
    this.#what = what
    this.#say = say
    this.#waits = waits
    // a step that hangs in its first attempt is told of, too
    this.#timer = setInterval(() => this.#tell(` after ${this.#seconds()} s`), AGAIN_MS)
    this.#timer.unref()
  }

  met(error: unknown): void {
    this.#reason = reasonOf(error)
    if (this.#isSaid) this.#waits.set(this.#what, this.#reason)
    else this.#tell('', error)
  }

  over(): void {
    if (this.#isSaid) this.#say(`${this.#what} is there after ${this.#seconds()} s`)
  }

  end(): void {
    clearInterval(this.#timer)
    this.#waits.delete(this.#what)
  }

  #tell(when: string, error?: unknown): void {
    this.#isSaid = true
    this.#waits.set(this.#what, this.#reason)
    this.#say(`waiting for ${this.#what}${when}: ${this.#reason}`, error)
  }

  #seconds(): number {
    return Math.round((Date.now() - this.#begun) / 1_000)
  }
}

/** Resolves after that many milliseconds, or as soon as the signal aborts. */
function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    signal?.addEventListener('abort', end)
  })
}
