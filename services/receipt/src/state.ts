import type {
  AcceptedOrder,
  CallbackPolicy,
  CreditsHeld,
  ExceptionOpened,
  ExceptionResolved,
  FundingReceived,
  Hold,
  ResultAccepted,
  SettlementReceiptIssued,
  SettlementReceiptLink,
  UsageReceiptIssued,
  UsageReceiptLink,
  WorkOrderAccepted,
} from '@prooftrail/contracts'
import type { Emitted, Input } from '@prooftrail/runtime'
import type { SignedLink } from '@prooftrail/trail'
import type { Answer } from './credits.ts'

/** One document per work order, and one per funding (its id is the settlement receipt's). */
export type State =
  | { status: 'absent' }
  /** A funding: its settlement receipt was issued. */
  | { status: 'funded' }
  /** Waits for credits; a ticket is open. */
  | { status: 'pending'; wait: Wait }
  /** Credits are set aside until the result comes or the hold expires. */
  | Held
  /** The usage receipt was issued; the hold has ended. */
  | { status: 'charged'; receipt: UsageReceiptLink; contract_digest: string }
  /** The hold expired and was released. */
  | { status: 'released' }
  /** The order expired before its credits arrived. Nothing was held. */
  | { status: 'expired' }

export interface Wait {
  accepted: AcceptedOrder
  /** Place in the account's list where the wait began: the lowest is the oldest. */
  short_seq: number
  checked_at: string
  checks: number
}

export interface Held {
  status: 'held'
  work_order_id: string
  hold: Hold
  /** When the hold ends by itself. */
  ends_at: string
  agent_id: string
  callback_url?: string
  callback_policy: CallbackPolicy
  payment_request_reference?: string
  settlement?: SettlementReceiptLink
}

export type ReceiptInput =
  | Input<'work-order.accepted', WorkOrderAccepted>
  | Input<'funding.received', FundingReceived>
  | Input<'result.accepted', ResultAccepted>
  /** It is the order's turn: the account has credits for it. */
  | Input<'funds.arrived', Record<string, never>>
  /** A look at an account's queue has ended; says nothing. */
  | Input<'queue.served', Record<string, never>>
  | Input<'due', Record<string, never>>

export type ReceiptEvent =
  | Emitted<'credits.held', CreditsHeld>
  | Emitted<'settlement-receipt.issued', SettlementReceiptIssued>
  | Emitted<'usage-receipt.issued', UsageReceiptIssued>
  | Emitted<'exception.opened', ExceptionOpened>
  | Emitted<'exception.resolved', ExceptionResolved>
  /** Internal: the order waits. */
  | Emitted<'order.queued', Wait>
  /** Internal: looked whether the order's turn was missed. */
  | Emitted<'order.rechecked', { at: string }>
  /** Internal: the hold expired. */
  | Emitted<'hold.released', { at: string }>
  /** Internal: credits may be free while orders wait; see who can go on. */
  | Emitted<'queue.woken', { account: string; cause: string }>

/** A settlement receipt for a run; `announce` where this order is the one that has it issued. */
export interface Settlement {
  link: SettlementReceiptLink
  announce: boolean
}

/** What decide needs from outside. */
export interface Context {
  /** What the accounts answered to `movementsOf` the inputs, by `movementId`. */
  answers: ReadonlyMap<string, Answer>
  /** By work order, for those whose trail has a settlement receipt. */
  settlements: ReadonlyMap<string, Settlement>
  sign: Sign
}

/** Signs with receipt's key. */
export type Sign = <T>(
  name: 'settlement_receipt' | 'usage_receipt' | 'exception_ticket',
  object: T,
  after: readonly { name: string; digest: string }[],
) => SignedLink<T>
