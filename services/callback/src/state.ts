import type { CallbackAttempt, CallbackDelivery } from '@prooftrail/contracts'
import type { EventOf, InputOf } from '@prooftrail/runtime'
import type { Ref, SigningKey } from '@prooftrail/trail'
import type { Attempt } from './attempt.ts'
import type { Addresses } from './body.ts'
import type { Secrets } from './sign.ts'

/** One document per work order; a replay's result is another delivery of the same order. */
export interface State {
  /** The read handle of the task; unknown before the first usage receipt. */
  task_token?: string
  deliveries: readonly Delivery[]
  /** Tickets opened so far; numbers the next one. */
  tickets: number
}

/** One callback: the same id and the same bytes at every attempt. */
export interface Delivery {
  callback_event_id: string
  work_order_id: string
  agent_task_run_id: string
  callback_url?: string
  callback_hash: string
  /** The result contract and the usage receipt that the callback reports. */
  after: readonly Ref[]
  attempts: readonly CallbackAttempt[]
  phase: Phase
  /** The attempt at which it was given up last; those of an act that tries it again count from there. */
  given_up_at?: number
  /**
   * It asks the agent for evidence and reports no result: the act that asked is the trail's fact,
   * and no link says what became of the request.
   */
  is_request?: true
  /**
   * What is sent. Absent once delivered, and after a rebuild from published events until the usage
   * receipt, which its topic keeps for ever, is read again.
   */
  payload?: Payload
}

export interface Payload {
  agent_id: string
  requested_tool: string
  event_type: string
  /** JCS text. */
  body: string
}

/**
 * ready: none is due, the body stays readable. sending: an attempt is saved as started; nobody else
 * may start one before `lease_until`. waiting: the next attempt has its time. delivered: a receiver
 * answered 2xx; nothing is sent any more. parked: given up, with a ticket; the body is kept.
 */
export type Phase =
  | { status: 'ready' }
  | { status: 'sending'; attempt: number; begun_at: string; lease_until: string }
  | { status: 'waiting'; next_attempt_at: string }
  | { status: 'delivered' }
  | { status: 'parked' }

/** What the effect tells of one attempt whose request was made or refused. */
export interface AttemptFinished {
  callback_event_id: string
  work_order_id: string
  /** When the attempt was saved as started: names it together with its number. */
  begun_at: string
  record: CallbackAttempt
  /** RFC 3339; what Retry-After named. */
  retry_after?: string
}

/** The effect found no free place for the receiver in time: nothing was sent. */
export interface AttemptPostponed {
  callback_event_id: string
  work_order_id: string
  begun_at: string
  attempt: number
  until: string
}

/** A callback is known and its bytes are fixed. Can be lost: its usage receipt says it again. */
export interface CallbackPrepared {
  task_token: string
  delivery: Omit<Delivery, 'attempts' | 'phase' | 'given_up_at'> & { payload: Payload }
}

/** Saved before the request is made; whoever saves it makes the request. */
export interface AttemptStarted {
  callback_event_id: string
  work_order_id: string
  attempt: number
  begun_at: string
  lease_until: string
  callback_url: string
  callback_hash: string
  payload: Payload
}

export interface Context {
  /** Callback's signing key. */
  key: SigningKey
  addresses: Addresses
  /**
   * RFC 3339. Only for the lease of an attempt: whether its process is still at it is a matter of
   * the clock, not of the broker's times, which lie far back after an outage.
   */
  now: string
  /** How long an attempt may be under way. */
  lease_ms: number
  /** What follows attempt 1, 2, …, in milliseconds. */
  gaps_ms: readonly number[]
}

/** What contexts, attempts and routes are made with. */
export interface Tools {
  /** Signs deliveries and tickets. */
  key: SigningKey
  addresses: Addresses
  leaseMs: number
  gapsMs: readonly number[]
  attempt: Attempt
  secrets: Secrets
  /** Signs requests (v1a). */
  webhookKey: SigningKey
}

export interface Callback {
  party: 'callback'
  state: State
  inputs: {
    'attempt.finished': AttemptFinished
    'attempt.postponed': AttemptPostponed
    due: Record<string, never>
  }
  events: {
    'callback.prepared': CallbackPrepared
    'attempt.started': AttemptStarted
    /** What became of an attempt of a request for evidence. */
    'request.attempted': { object: CallbackDelivery; after: readonly Ref[] }
    'attempt.put-off': { callback_event_id: string; until: string }
  }
  context: Context
  tools: Tools
}

export type CallbackInput = InputOf<Callback>
export type CallbackEvent = EventOf<Callback>
