import { RegistryUnavailable } from '@prooftrail/contracts'
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

/** What the operating system, Node's resolver and its HTTP client call an address that does not answer now. */
const NETWORK = new Set([
  ...['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT'],
  ...['EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN', 'ENETDOWN', 'EAI_AGAIN', 'ENOTFOUND'],
  ...['UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_SOCKET'],
])

/** What OpenSSL and Node say of a certificate or a handshake: a setting, which no waiting mends. */
const TLS = /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|EPROTO)/

/** Kafka says of these that another attempt is of no use, though the brokers may be back by then. */
const KAFKA_AWAY = new Set([
  ...['KafkaJSLockTimeout', 'KafkaJSTimeout', 'KafkaJSGroupCoordinatorNotFound'],
  ...['KafkaJSBrokerNotFound', 'KafkaJSNoBrokerAvailableError'],
])

/** The driver's own errors for a server that does not answer, by name. */
const MONGODB_AWAY =
  /^Mongo(ServerSelection|Network|NetworkTimeout|NotConnected|PoolCleared|PoolClosed|TopologyClosed|OperationTimeout)Error$/

/**
 * What a MongoDB server answers while it has no primary, steps down or shuts down: the retryable
 * codes of the drivers' specification ("Retryable Writes", section 3), and those of a majority that is
 * not there (64, 100, 134).
 */
const MONGODB_CODES = new Set([
  ...[6, 7, 64, 89, 91, 100, 133, 134, 189, 262, 9001],
  ...[10107, 11600, 11602, 13435, 13436],
])

/** Who asks with the wrong credentials is told the same every time. */
const REFUSED_STATUS = new Set([401, 403])

/**
 * True for what passes: a broker, the registry or the database does not answer now, has no leader or no
 * primary, or shuts down. False for what stands until somebody changes it: wrong credentials, a
 * certificate, an incompatible schema, a setting, a defect.
 */
export function isOutage(error: unknown): boolean {
  const all = causes(error)
  if (all.some(stands)) return false
  return isPassing(error) || all.some(isAway)
}

function stands(error: Error & { code?: unknown; status?: unknown }): boolean {
  if (error.name === 'KafkaJSSASLAuthenticationError') return true
  if (error instanceof RegistryUnavailable) return REFUSED_STATUS.has(error.status ?? 0)
  return typeof error.code === 'string' && TLS.test(error.code)
}

function isAway(error: Error & { code?: unknown }): boolean {
  const { name, code } = error
  if (error instanceof RegistryUnavailable || KAFKA_AWAY.has(name)) return true
  if (MONGODB_AWAY.test(name)) return true
  if (typeof code === 'number') return name.startsWith('Mongo') && MONGODB_CODES.has(code)
  return typeof code === 'string' && NETWORK.has(code)
}

/** What an error says: its own words, and those of what caused it first where they say more. */
export function reasonOf(error: unknown): string {
  const all = causes(error)
  const [outer] = all
  if (outer === undefined) return String(error)
  const inner = all.at(-1)?.message || outer.message
  return outer.message.includes(inner) ? outer.message : `${outer.message} (${inner})`
}

/** An error, what it gathers and what caused it, outermost first. */
function causes(error: unknown): Error[] {
  const found: Error[] = []
  const open = [error]
  for (let next = open.shift(); next !== undefined; next = open.shift()) {
    if (!(next instanceof Error) || found.includes(next)) continue
    found.push(next)
    if ('errors' in next && Array.isArray(next.errors)) open.push(...next.errors)
    open.push(next.cause)
  }
  return found
}
