/** Something that was started and must be stopped. */
export interface Stoppable {
  stop(): Promise<void>
}

/** A stop asked for ends within this time, unless a setting says otherwise. */
export const STOP_WITHIN_MS = 20_000
/** What each part that is still to be stopped keeps of the time, at most. */
const RESERVE_MS = 1_000
/** EX_TEMPFAIL of sysexits.h: it ended, and something was left for the next start. */
const LEFT = 75

/** A stop that ended because its time was over. Nothing is lost by it: what was left is taken up again. */
export class StopIncomplete extends Error {
  override readonly name = 'StopIncomplete'
  readonly code = 'PT-9036'
  /** The parts that had not stopped. */
  readonly left: readonly string[]

  constructor(left: readonly string[]) {
    super(`left undone: ${left.join(', ')}`)
    this.left = left
  }
}

/**
 * Stops what was added, in reverse order, once; one fault keeps no other part from stopping. All of it
 * ends within a time: each part may take what is left of it but for a reserve of those after it.
 */
export class Shutdown {
  readonly #withinMs: number
  readonly #parts: { part: Stoppable; name: string }[] = []
  #stopping: Promise<void> | undefined

  constructor(withinMs: number = STOP_WITHIN_MS) {
    this.#withinMs = withinMs
  }

  /** @param name what people are told was left, where it does not stop in time */
  add<T extends Stoppable>(part: T, name = 'a part'): T {
    this.#parts.push({ part, name })
    return part
  }

  /** @throws StopIncomplete where the time was over; else the first fault of a part */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopAll()
    return this.#stopping
  }

  async #stopAll(): Promise<void> {
    const end = Date.now() + this.#withinMs
    const reserve = Math.min(RESERVE_MS, this.#withinMs / (2 * this.#parts.length))
    const faults: unknown[] = []
    const left: string[] = []
    const order = this.#parts.toReversed()
    for (const [at, { part, name }] of order.entries()) {
      const after = order.length - 1 - at
      const ms = Math.max(reserve, end - Date.now() - after * reserve)
      try {
        if (!(await within(part, ms))) left.push(name)
      } catch (error) {
        if (error instanceof StopIncomplete) left.push(...error.left)
        else faults.push(error)
      }
    }
    if (left.length > 0) throw new StopIncomplete(left)
    if (faults.length > 0) throw faults[0]
  }
}

/** Stops what was added all at the same time. */
export class Together implements Stoppable {
  readonly #parts: Stoppable[] = []

  add<T extends Stoppable>(part: T): T {
    this.#parts.push(part)
    return part
  }

  /** @throws StopIncomplete naming all that was left; else the first fault of a part */
  async stop(): Promise<void> {
    const settled = await Promise.allSettled(this.#parts.map((part) => part.stop()))
    const faults = settled.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))
    const left = faults.flatMap((fault) => (fault instanceof StopIncomplete ? fault.left : []))
    if (left.length > 0) throw new StopIncomplete(left)
    if (faults.length > 0) throw faults[0]
  }
}

/** Whether a part stopped in that time. @throws what its stop threw */
async function within(part: Stoppable, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms)
  })
  try {
    return await Promise.race([part.stop().then(() => true), late])
  } finally {
    clearTimeout(timer)
  }
}

/**
 * Stops on SIGTERM and SIGINT and lets the process end: 0 when all was done, 75 when something was left
 * because the time was over, 1 after a fault. A second signal ends it at once.
 * @param begun called when a stop begins
 */
export function onSignals(
  shutdown: Shutdown,
  failed: (error: unknown) => void,
  begun: () => void = () => undefined,
): void {
  let signalled = false
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (signalled) process.exit(130)
      signalled = true
      begun()
      shutdown.stop().then(
        () => process.exit(0),
        (error: unknown) => {
          failed(error)
          process.exit(error instanceof StopIncomplete ? LEFT : 1)
        },
      )
    })
  }
}
