import type { Logger } from 'pino'
import { pages } from '../log.ts'
import { SpinJudge } from './spin.ts'

/** A loop as it is watched: how often it turned, and how often something came of it. */
export interface Turning {
  turns(): { turns: number; progress: number }
}

const LOOK_MS = 1_000
/** Spinning for so long is told. */
const TELL_MS = 5_000

/** Looks at the loops of a service once a second, whether one of them turns without doing anything. */
export class Watchdog {
  readonly #loops: readonly { loop: Turning; judge: SpinJudge }[]
  readonly #log: Logger
  readonly #timer: NodeJS.Timeout
  #spinningMs = 0
  #isTold = false

  constructor(loops: readonly Turning[], log: Logger) {
    this.#loops = loops.map((loop) => ({ loop, judge: new SpinJudge() }))
    this.#log = log
    this.#timer = setInterval(() => this.#look(), LOOK_MS)
    this.#timer.unref()
  }

  /** For how long one of the loops has been turning without doing anything, in milliseconds. */
  get spinningMs(): number {
    return this.#spinningMs
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
  }

  #look(): void {
    const { user, system } = process.cpuUsage()
    const reading = { at: performance.now(), cpuMs: (user + system) / 1_000 }
    const judged = this.#loops.map(({ loop, judge }) =>
      judge.judge({ ...reading, ...loop.turns() }),
    )
    this.#spinningMs = Math.max(0, ...judged)
    if (this.#spinningMs > TELL_MS && !this.#isTold) {
      this.#isTold = true
      const seconds = Math.round(this.#spinningMs / 1_000)
      const text = `a loop turns without doing anything, for ${seconds} s`
      pages(this.#log, 'ProoftrailLoopStuck', { code: 'PT-9035' }, text)
    } else if (this.#spinningMs === 0 && this.#isTold) {
      this.#isTold = false
      this.#log.warn({ code: 'PT-9035' }, 'the loop does something again')
    }
  }
}
