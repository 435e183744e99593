/** Something that was started and must be stopped. */
export interface Stoppable {
  stop(): Promise<void>
}

/** Stops what was added, in reverse order, once; one fault keeps no other part from stopping. */
export class Shutdown {
  readonly #parts: Stoppable[] = []
  #stopping: Promise<void> | undefined

  add<T extends Stoppable>(part: T): T {
    this.#parts.push(part)
    return part
  }

  stop(): Promise<void> {
    this.#stopping ??= (async () => {
      const faults: unknown[] = []
      for (const part of this.#parts.reverse()) {
        await part.stop().catch((error: unknown) => faults.push(error))
      }
      if (faults.length > 0) throw faults[0]
    })()
    return this.#stopping
  }
}

/** Stops on SIGTERM and SIGINT and lets the process end; a second signal ends it at once. */
export function onSignals(shutdown: Shutdown, failed: (error: unknown) => void): void {
  let signalled = false
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (signalled) process.exit(130)
      signalled = true
      shutdown.stop().then(
        () => process.exit(0),
        (error: unknown) => {
          failed(error)
          process.exit(1)
        },
      )
    })
  }
}
