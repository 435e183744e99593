/** What one look at a loop and its process says. */
export interface TurnReading {
  /** Milliseconds. */
  at: number
  /** How often the loop has turned: a fetch began, a round ended, an attempt failed. */
  turns: number
  /** How often something came of it: a batch, a round. */
  progress: number
  /** CPU time that the process has taken, in milliseconds. */
  cpuMs: number
}

/** A loop that waits turns a few times a second for each broker; one that does not wait, thousands of times. */
const TURNS_A_SECOND = 100
/** Share of a core; on a machine that many share, a loop that spins gets no whole one. */
const CPU_SHARE = 0.25

/**
 * Tells a loop that turns without doing anything from one that works and from one that waits. Waiting
 * in a long poll is few turns; work is progress; spinning is many turns, no progress, and a core that is
 * busy with it.
 */
export class SpinJudge {
  #last: TurnReading | undefined
  #since: number | undefined

  /** @returns for how long the loop has been spinning, in milliseconds; 0 when it is not */
  judge(reading: TurnReading): number {
    const last = this.#last
    this.#last = reading
    if (last === undefined || reading.at <= last.at) return 0
    const ms = reading.at - last.at
    const isSpinning =
      reading.progress === last.progress &&
      ((reading.turns - last.turns) * 1_000) / ms >= TURNS_A_SECOND &&
      (reading.cpuMs - last.cpuMs) / ms >= CPU_SHARE
    this.#since = isSpinning ? (this.#since ?? last.at) : undefined
    return this.#since === undefined ? 0 : reading.at - this.#since
  }
}
