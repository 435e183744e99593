/**
 * Where an order stands, as a pure function of the SET of facts known about it: the order in which
 * they arrived says nothing, and a state that was never visited is not claimed.
 */
import type { LifecycleState, ResultStatus, TaskRunState } from '@prooftrail/trail/vocabulary'

/** What is known about one order. Times are RFC 3339 with milliseconds; absent: not known to have happened. */
export interface Facts {
  readonly execution_mode?: 'controlled_pilot' | 'standard'
  /** Intake accepted the order. */
  readonly accepted_at?: string
  /** Intake refused it: there is no run. */
  readonly rejected_at?: string
  /** The account could not pay; the order waits for funds. */
  readonly credit_pending_at?: string
  readonly held_at?: string
  /** One per attempt. */
  readonly bound_at?: readonly string[]
  /** The executor said that it works on it. */
  readonly started_at?: string
  /** Of the accepted result contract. */
  readonly result_issued_at?: string
  readonly result_status?: ResultStatus
  /** The trail carries a settlement receipt. */
  readonly settlement_linked?: boolean
  readonly usage_receipt_at?: string
  readonly callback_first_attempt_at?: string
  /** The newest; `ready`: none is due. Absent with a usage receipt: due, not tried yet. */
  readonly callback_status?: 'ready' | 'pending' | 'delivered' | 'failed' | 'parked'
  readonly callback_delivered_at?: string
  readonly callback_parked_at?: string
  readonly sealed_at?: string
  readonly exception_opened_at?: readonly string[]
  /** How many exceptions are open now. */
  readonly open_exceptions?: number
  /** The last attempt ended without a result. */
  readonly out_of_attempts_at?: string
  /** The hold was released though no result came. */
  readonly released_at?: string
  /** An operator closed the run. */
  readonly closed_at?: string
}

/** What a row of the tables asks. */
type Holds = (facts: Facts) => boolean

const isClosed: Holds = (facts) =>
  facts.closed_at !== undefined ||
  (facts.sealed_at !== undefined && facts.execution_mode === 'standard' && !isRefused(facts))
const isRefused: Holds = (facts) => facts.rejected_at !== undefined
const hasResult: Holds = (facts) => facts.result_issued_at !== undefined
/** Nothing more comes by itself, and no result that counts. */
const hasFailed: Holds = (facts) =>
  isRefused(facts) ||
  (facts.released_at !== undefined && !hasResult(facts)) ||
  (facts.result_status === 'failed' && facts.sealed_at !== undefined)
const waitsForCredits: Holds = (facts) =>
  facts.credit_pending_at !== undefined && facts.held_at === undefined
const hasOpenException: Holds = (facts) => (facts.open_exceptions ?? 0) > 0
const isOutOfAttempts: Holds = (facts) =>
  facts.out_of_attempts_at !== undefined && !hasResult(facts)
const isDelivered: Holds = (facts) =>
  facts.callback_delivered_at !== undefined || facts.callback_status === 'delivered'
const owesCallback: Holds = (facts) =>
  facts.usage_receipt_at !== undefined &&
  !isDelivered(facts) &&
  facts.callback_status !== 'ready' &&
  facts.callback_status !== 'parked'
const hasUsageReceipt: Holds = (facts) => facts.usage_receipt_at !== undefined
const isSealed: Holds = (facts) => facts.sealed_at !== undefined
const hasStarted: Holds = (facts) => facts.started_at !== undefined
const isBound: Holds = (facts) => (facts.bound_at?.length ?? 0) > 0
const isHeld: Holds = (facts) => facts.held_at !== undefined
const always: Holds = () => true

/** The first row that holds is the state. */
type Table<S extends string> = readonly (readonly [S, Holds])[]

/**
 * The lifecycle (20 values). What ends a run comes first, then what stops it, then how far it came.
 * Waiting for credits outranks the ticket that says so. The seal outranks a delivered callback, and
 * not one that is still owed. Attempts without result stop the run even when their ticket is unknown.
 */
const LIFECYCLE: Table<LifecycleState> = [
  ['closed', isClosed],
  ['failed', hasFailed],
  ['credit_pending', waitsForCredits],
  ['exception_open', hasOpenException],
  ['exception_open', isOutOfAttempts],
  ['callback_pending', owesCallback],
  ['attested', isSealed],
  ['callback_delivered', isDelivered],
  ['usage_receipt_issued', hasUsageReceipt],
  ['result_ready', hasResult],
  ['operating', hasStarted],
  ['queued', isBound],
  ['credit_funded', isHeld],
  ['created', always],
]

/**
 * The task run (14 values). It knows neither the seal nor tickets: a run is paused only when it
 * cannot go on. Its price is pinned at acceptance, so it begins as quoted.
 */
const TASK_RUN: Table<TaskRunState> = [
  ['closed', isClosed],
  ['failed', hasFailed],
  ['credit_pending', waitsForCredits],
  ['paused', isOutOfAttempts],
  ['callback_delivered', isDelivered],
  ['callback_ready', owesCallback],
  ['receipt_issued', hasUsageReceipt],
  ['result_packaged', hasResult],
  ['paused', hasOpenException],
  ['tool_execution', hasStarted],
  ['queued', isBound],
  ['funded', isHeld],
  ['quoted', always],
]

/** The lifecycle state (20 values). Total: nothing known is `created`. */
export function lifecycleState(facts: Facts): LifecycleState {
  return firstOf(LIFECYCLE, facts, 'created')
}

/** The state of the task run (14 values): what a ledger entry's head says. */
export function taskRunState(facts: Facts): TaskRunState {
  return firstOf(TASK_RUN, facts, 'quoted')
}

function firstOf<S extends string>(table: Table<S>, facts: Facts, otherwise: S): S {
  return table.find(([, holds]) => holds(facts))?.[0] ?? otherwise
}
