import { Refusal, RetryLater } from '../service.ts'

/**
 * The retry policy: how long to wait before an attempt, and which errors another attempt may mend.
 * All of it is pure. Limits on the number of attempts belong to whoever tries.
 */

export interface Backoff {
  /** Milliseconds before the first repetition. */
  first: number
  /** Milliseconds before any repetition, at most. */
  most: number
  /** By how much each wait is longer than the one before it; default 2. */
  factor?: number
}

/**
 * Milliseconds to wait after a failed attempt: exponential, with a limit.
 * @param attempt how many attempts failed before this one; 0 for the first
 */
export function backoffMs(attempt: number, { first, most, factor = 2 }: Backoff): number {
  return Math.min(most, first * factor ** attempt)
}

/** True for an input's own fault: a refusal, or a defect that no waiting mends. */
export function isOwnFault(error: unknown): boolean {
  return error instanceof Refusal || error instanceof RetryLater || isDefect(error)
}

/**
 * True for what the language throws when code or data break an invariant: a wrong type, an exhausted
 * stack, an unknown name. The same classes with a cause report an outage (`fetch failed`).
 */
export function isDefect(error: unknown): boolean {
  const isOfLanguage =
    error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError
  return isOfLanguage && error.cause === undefined
}

/** True when Kafka, or what made it give up, says that another attempt may succeed. */
export function isPassing(error: unknown): boolean {
  return causes(error).some((cause) => 'retriable' in cause && cause.retriable === true)
}

/** True when the broker says that a topic does not exist. */
export function saysAbsent(error: unknown): boolean {
  return causes(error).some(
    (cause) => 'type' in cause && cause.type === 'UNKNOWN_TOPIC_OR_PARTITION',
  )
}

/** An error and what caused it, outermost first. */
function causes(error: unknown): Error[] {
  const found: Error[] = []
  for (let cause = error; cause instanceof Error && !found.includes(cause); cause = cause.cause) {
    found.push(cause)
  }
  return found
}
