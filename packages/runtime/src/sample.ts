import type { Stoppable } from './shutdown.ts'

/** A value that is asked for beside everything else, and read without waiting. */
export interface Sampled<T> extends Stoppable {
  /** The newest answer; undefined before the first, and where none has come for three turns. */
  value(): T | undefined
  /**
   * The newest answer where it is no older than this, else one that is asked for now: one question
   * at a time, however many want to know. @throws what the question does
   */
  fresh(withinMs: number): Promise<T>
}

/**
 * Asks for a value over and over, one question at a time. What is away meanwhile is told by whoever
 * needs it: here the value is not known, which a metric shows by having none.
 * @param everyMs pause between two questions
 */
export function sample<T>(everyMs: number, ask: () => Promise<T>): Sampled<T> {
  let newest: { value: T; at: number } | undefined
  let timer: NodeJS.Timeout | undefined
  let isStopped = false
  let asking: Promise<unknown> = Promise.resolve()
  let question: Promise<T> | undefined

  function askOnce(): Promise<T> {
    question ??= ask()
      .then((value) => {
        newest = { value, at: performance.now() }
        return value
      })
      .finally(() => {
        question = undefined
      })
    return question
  }

  function turn(): void {
    asking = askOnce()
      .catch(() => undefined)
      .finally(() => {
        if (!isStopped) timer = setTimeout(turn, everyMs).unref()
      })
  }
  turn()

  return {
    value: () =>
      newest && performance.now() - newest.at <= 3 * everyMs + STALE_MS ? newest.value : undefined,
    fresh: async (withinMs) =>
      newest && performance.now() - newest.at <= withinMs ? newest.value : askOnce(),
    async stop() {
      isStopped = true
      clearTimeout(timer)
      await asking
    },
  }
}

/** What a question may take besides. */
const STALE_MS = 10_000
