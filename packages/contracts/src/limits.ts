/**
 * Time limits: how long a run may stand in a state before it is named as stuck, and how it ends if
 * nobody handles it. This table is the only list of them: what the console watches, what dispatch and
 * receipt end, and docs/limits.md follow from it.
 */
import type { RecoveryAction, StuckReason } from '@prooftrail/trail/vocabulary'

/** Where a run stands for whoever watches it. */
export type QueueState =
  | 'accepted'
  | 'credit_pending'
  | 'funded'
  | 'queued'
  | 'operating'
  | 'stalled'
  | 'replay'
  | 'returning'
  | 'callback'
  | 'undelivered'
  | 'partial'
  | 'failed'
  | 'exception'
  | 'review'

/** Limits that dispatch counts, and a deployment may set (TIME_LIMITS). */
export type TimeLimit = 'partial' | 'failed' | 'review' | 'replay'

export interface StateLimit {
  /** Which runs stand here, in words. */
  readonly runs: string
  /** Seconds after which a run counts as stuck (STUCK_AFTER); a tool's own time is added where it runs. */
  readonly stuck_after: number
  readonly reason: StuckReason
  /** The act that helps, of the table of acts; absent where none does. */
  readonly act?: RecoveryAction
  /** What to look at. */
  readonly look: string
  /** What ends it if nobody handles it, in words. */
  readonly ends: string
  /** The limit by which it ends, where that is one of TIME_LIMITS. */
  readonly limit?: TimeLimit
  /** Who says so; absent where another state follows by itself. */
  readonly by?: 'dispatch' | 'receipt' | 'callback'
  /** What becomes of held credits. */
  readonly hold: string
}

const DAY = 24 * 60 * 60

/** The defaults of the limits that dispatch counts, in seconds. */
export const TIME_LIMITS: Readonly<Record<TimeLimit, number>> = {
  partial: 14 * DAY,
  failed: 14 * DAY,
  review: 30 * DAY,
  replay: 4 * 60 * 60,
}

/** Every state that is not at rest, in the order in which runs come to them. */
export const STATE_LIMITS: Readonly<Record<QueueState, StateLimit>> = {
  accepted: {
    runs: 'accepted; credits are neither held nor short',
    stuck_after: 300,
    reason: 'runner_error',
    look: 'receipt: `/readyz`, its lag',
    ends: 'goes on once receipt works: to `funded` or `credit_pending`, which end',
    hold: 'none',
  },
  credit_pending: {
    runs: 'wait for credits',
    stuck_after: 3600,
    reason: 'credit_allocation_pending',
    look: 'the account; fund it',
    ends: 'at `expires_at` of the order: expired, its ticket is closed',
    by: 'receipt',
    hold: 'none was made',
  },
  funded: {
    runs: 'paid for; no executor was told',
    stuck_after: 300,
    reason: 'runner_error',
    look: 'dispatch: `/readyz`, its lag',
    ends: 'goes on once dispatch works: to `queued`, which ends',
    hold: 'is released 65 minutes after `expires_at`',
  },
  queued: {
    runs: 'commanded; the executor has said nothing yet',
    stuck_after: 900,
    reason: 'queue_heartbeat_missed',
    act: 'advance_queue',
    look: 'the executor: `/readyz`, its lag',
    ends: 'the next attempt after an hour of silence, up to the tool’s `max_attempts`; then `stalled`',
    hold: 'stays',
  },
  operating: {
    runs: 'the executor works on it',
    stuck_after: 900,
    reason: 'queue_heartbeat_missed',
    act: 'advance_queue',
    look: 'the executor: `prooftrail_effects_running`, its log',
    ends: 'the next attempt after three missed heartbeats, or at the tool’s `deadline_seconds`; then `stalled`',
    hold: 'stays',
  },
  stalled: {
    runs: 'attempts are used up without a result',
    stuck_after: 60,
    reason: 'runner_error',
    act: 'advance_queue',
    look: 'the executor; its late result still counts',
    ends: 'an hour after `expires_at` of the order: expired, its tickets are closed',
    by: 'dispatch',
    hold: 'is released 65 minutes after `expires_at`',
  },
  replay: {
    runs: 'a replay waits for its credits, or for its result',
    stuck_after: 3600,
    reason: 'queue_heartbeat_missed',
    act: 'advance_queue',
    look: 'the account, if it is short; else the executor',
    ends: 'after its limit: the replay is given up, the result before it stands, its pause is closed',
    limit: 'replay',
    by: 'dispatch',
    hold: 'the replay’s is released 65 minutes later',
  },
  returning: {
    runs: 'a result was accepted; receipts, callback or seal are not there yet',
    stuck_after: 300,
    reason: 'runner_error',
    look: 'receipt, callback, attestation: `/readyz`, their lag',
    ends: 'goes on once they work: nothing that was accepted is given up',
    hold: 'was debited or released with the result',
  },
  callback: {
    runs: 'the callback was tried and has its next time',
    stuck_after: 6 * 3600,
    reason: 'callback_delivery_failed',
    look: 'the receiver; `GET /v1/callbacks/WO`',
    ends: 'after 410 or ten attempts, about 75 hours: given up, then `undelivered`',
    by: 'callback',
    hold: 'none is left',
  },
  undelivered: {
    runs: 'the callback was given up',
    stuck_after: 3600,
    reason: 'callback_delivery_failed',
    act: 'retry_callback',
    look: 'the receiver; the body stays readable',
    ends: 'after its limit: closed as expired, its tickets are closed',
    limit: 'review',
    by: 'dispatch',
    hold: 'none is left',
  },
  partial: {
    runs: 'a partial result, with open evidence',
    stuck_after: DAY,
    reason: 'missing_evidence',
    act: 'request_evidence',
    look: 'the open evidence classes',
    ends: 'after its limit: closed as expired, its tickets are closed',
    limit: 'partial',
    by: 'dispatch',
    hold: 'none is left',
  },
  failed: {
    runs: 'a failed result',
    stuck_after: DAY,
    reason: 'manual_review_required',
    act: 'replay_from_checkpoint',
    look: 'the result’s open items',
    ends: 'after its limit: closed as expired, its tickets are closed',
    limit: 'failed',
    by: 'dispatch',
    hold: 'none is left',
  },
  exception: {
    runs: 'a ready result with open tickets',
    stuck_after: DAY,
    reason: 'exception_open',
    act: 'close_exception',
    look: 'the tickets',
    ends: 'after its limit: closed as expired, its tickets are closed',
    limit: 'review',
    by: 'dispatch',
    hold: 'none is left',
  },
  review: {
    runs: 'sealed and ready, to be reviewed by an operator',
    stuck_after: 3 * DAY,
    reason: 'manual_review_required',
    act: 'close',
    look: 'the report',
    ends: 'after its limit: closed as expired',
    limit: 'review',
    by: 'dispatch',
    hold: 'none is left',
  },
}

/** What ends where an operator releases the credits of a run without a result. */
export const RELEASE_RULE = 'an operator released its credits: closed without a result'

/** All states that are not at rest. */
// Object.keys forgets the key type of a closed record
export const QUEUE_STATES = Object.keys(STATE_LIMITS) as readonly QueueState[]

/** What a ticket of each type says of why a run does not go on. */
const REASON_OF_TICKET: Readonly<Record<string, StuckReason>> = {
  evidence_gap: 'missing_evidence',
  callback_failure: 'callback_delivery_failed',
  credit_hold: 'credit_allocation_pending',
  tool_execution_pause: 'runner_error',
  settlement_mismatch: 'provider_settlement_pending',
  manual_review_required: 'manual_review_required',
}

/** Why a run does not go on: its open tickets say it better than its state, oldest first. */
export function stuckReason(state: QueueState, openTickets: readonly string[]): StuckReason {
  const [type = ''] = openTickets
  const isTold = Object.hasOwn(REASON_OF_TICKET, type)
  return (isTold ? REASON_OF_TICKET[type] : undefined) ?? STATE_LIMITS[state].reason
}

/** Seconds of some of a list of names, the others as given. */
export type Seconds<N extends string> = Readonly<Record<N, number>>

/** Longer than this nobody waits: 366 days. */
const MOST_SECONDS = 366 * DAY

/**
 * Reads `partial=1209600,review=60` over defaults, whole seconds from 1.
 * @throws RangeError naming what it cannot take: a name outside the list, twice, or another number
 */
export function readSeconds<N extends string>(text: string, defaults: Seconds<N>): Seconds<N> {
  const named = new Map<string, number>()
  for (const part of text.split(',').map((one) => one.trim())) {
    if (part === '') continue
    const [, name = '', digits] = /^([a-z_]+)=([1-9]\d{0,8})$/.exec(part) ?? []
    const names = Object.keys(defaults).join(', ')
    if (!Object.hasOwn(defaults, name) || Number(digits) > MOST_SECONDS) {
      throw new RangeError(`'${part}' is no NAME=SECONDS with a name of ${names}`)
    }
    if (named.has(name)) throw new RangeError(`${name} is named twice`)
    named.set(name, Number(digits))
  }
  return { ...defaults, ...Object.fromEntries(named) }
}

/** Seconds after which runs count as stuck, by state. */
export const STUCK_AFTER: Seconds<QueueState> = secondsOf(({ stuck_after }) => stuck_after)

function secondsOf(of: (limit: StateLimit) => number): Seconds<QueueState> {
  const entries = QUEUE_STATES.map((state) => [state, of(STATE_LIMITS[state])])
  // every state has an entry
  return Object.fromEntries(entries) as Record<QueueState, number>
}
