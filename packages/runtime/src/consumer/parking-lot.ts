import type { Parking } from '../rounds/park.ts'

export interface ParkingLotOptions {
  /** Resolves when these are on the topic of parked messages. @throws when it is given up */
  park(entries: readonly Parking[]): Promise<void>
}

/** So many are parked at a time: what else the process does goes on between. */
const TOGETHER = 64
/** So many, or so much of them, may be on their way: whoever brings more waits. */
const MOST = { count: 20_000, bytes: 16 * 1024 * 1024 } as const

/**
 * Messages on their way to being parked, beside whatever else is done: whoever sent what is to be
 * parked delays nobody else. What it holds is bounded.
 */
export class ParkingLot {
  readonly #park: ParkingLotOptions['park']
  #waiting: Parking[] = []
  #bytes = 0
  /** How many came, and how many of them are parked. */
  #came = 0
  #done = 0
  #running: Promise<void> | undefined
  #callers: { until: number; resolve(): void; reject(error: unknown): void }[] = []

  constructor({ park }: ParkingLotOptions) {
    this.#park = park
  }

  /**
   * Resolves when the lot has taken the messages. `parked` resolves when they, and all before them,
   * are parked; it rejects when that was given up.
   */
  async add(entries: readonly Parking[]): Promise<{ parked: Promise<void> }> {
    while (this.#isFull()) await this.#until(this.#done + 1)
    this.#waiting.push(...entries)
    this.#came += entries.length
    for (const one of entries) this.#bytes += sizeOf(one)
    const parked = this.#until(this.#came)
    // Whoever took the promise meets the fault; nobody has to.
    parked.catch(() => undefined)
    if (this.#waiting.length > 0) this.#running ??= this.#run()
    return { parked }
  }

  /** Resolves when nothing is on its way. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running
  }

  #isFull(): boolean {
    return this.#waiting.length >= MOST.count || this.#bytes >= MOST.bytes
  }

  #until(until: number): Promise<void> {
    if (this.#done >= until) return Promise.resolve()
    return new Promise((resolve, reject) => this.#callers.push({ until, resolve, reject }))
  }

  async #run(): Promise<void> {
    try {
      while (this.#waiting.length > 0) {
        const some = this.#waiting.slice(0, TOGETHER)
        await this.#park(some)
        this.#waiting = this.#waiting.slice(some.length)
        for (const one of some) this.#bytes -= sizeOf(one)
        this.#done += some.length
        this.#tell()
        await new Promise((done) => setImmediate(done))
      }
    } catch (error) {
      // What was not parked is delivered again: its offset is not committed.
      this.#waiting = []
      this.#bytes = 0
      this.#done = this.#came
      for (const { reject } of this.#callers.splice(0)) reject(error)
    } finally {
      this.#running = undefined
    }
  }

  #tell(): void {
    const ready = this.#callers.filter(({ until }) => until <= this.#done)
    this.#callers = this.#callers.filter(({ until }) => until > this.#done)
    for (const { resolve } of ready) resolve()
  }
}

function sizeOf({ value: { value = '', key = '' } }: Parking): number {
  return value.length + key.length
}
