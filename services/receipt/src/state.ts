import type {
  AcceptedOrder,
  CallbackPolicy,
  DoorSigned,
  FundingReceived,
  Hold,
  ReplayTerms,
  SettlementReceiptLink,
  UsageReceiptLink,
} from '@prooftrail/contracts'
import type { EventOf, InputOf } from '@prooftrail/runtime'
import type { Link, Ref } from '@prooftrail/trail'
import type { Accounts } from './accounts.ts'
import type { Answer } from './credits.ts'
import type { Need } from './settlements.ts'

/** One document per work order, one per funding (its id is the settlement receipt's), one per agent. */
export type State =
  | { status: 'absent' }
  /** A funding: its settlement receipt was issued. */
  | { status: 'funded' }
  /** Waits for credits; a ticket is open. */
  | { status: 'pending'; wait: Wait }
  /** Credits are set aside until the result comes or the hold expires. */
  | Held
  | Charged
  /** The hold expired and was released. */
  | { status: 'released' }
  /** The order expired before its credits arrived. Nothing was held. */
  | { status: 'expired' }
  /** An agent and the account that is its own. */
  | AgentAccount

export interface AgentAccount {
  status: 'agent'
  agent_id: string
  account: string
  /** The registration's; an older one says nothing. */
  revision: number
}

/** The usage receipt was issued; the hold has ended. */
export interface Charged {
  status: 'charged'
  receipt: UsageReceiptLink
  /** Those of the results before, oldest first; absent: none. */
  earlier?: readonly UsageReceiptLink[]
  contract_digest: string
  /** Of a replay's result: the number of the hold that paid for it. */
  hold_number?: number
}

/** A replay's hold: what it stands on, and what stands if it comes to nothing. */
export interface Again {
  terms: ReplayTerms
  /** The settlement receipt that the run's trail has. */
  settlement_id?: string
  before: Charged
}

export interface Wait {
  accepted: AcceptedOrder
  /** Absent: the order's first hold. */
  again?: Again
  /** Place in the account's list where the wait began: the lowest is the oldest. */
  short_seq: number
  checked_at: string
  checks: number
}

export interface Held {
  status: 'held'
  work_order_id: string
  /** Absent: the order's first hold. */
  again?: Again
  hold: Hold
  /** When the hold ends by itself. */
  ends_at: string
  agent_id: string
  callback_url?: string
  callback_policy: CallbackPolicy
  payment_request_reference?: string
  settlement?: SettlementReceiptLink
}

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
  /** Whether the funding door signed the record. */
  isDoors(record: DoorSigned): boolean
}

/** Signs with receipt's key. */
export type Sign = <
  K extends 'settlement_receipt' | 'usage_receipt' | 'exception_ticket' | 'expiry',
  T,
>(
  kind: K,
  object: T,
  after: readonly Ref[],
) => Link<K, T>

/** What movements, releases and routes are made with. */
export interface Tools {
  accounts: Accounts
  sign: Sign
  isDoors: Context['isDoors']
  findSettlements(needs: readonly Need[]): Promise<Map<string, Settlement>>
  /** Lets the waiting orders of an account go on. */
  release(account: string, signal: AbortSignal): Promise<void>
  /** Base of the addresses that routes give out. */
  publicUrl: string
  /** Resolves when the broker has it. */
  fund(funding: FundingReceived): Promise<void>
}

export interface Receipt {
  party: 'receipt'
  doors: 'funding.received'
  state: State
  inputs: {
    /** It is the order's turn: the account has credits for it. */
    'funds.arrived': Record<string, never>
    /** A look at an account's queue has ended; says nothing. */
    'queue.served': Record<string, never>
    due: Record<string, never>
  }
  events: {
    /** The order waits. */
    'order.queued': Wait
    /** Looked whether the order's turn was missed. */
    'order.rechecked': { at: string }
    /** The hold's end is looked at again: its result was charged and comes again. */
    'hold.extended': { ends_at: string }
    /** Whose an account is. */
    'account.owned': Omit<AgentAccount, 'status'>
    /** The hold expired. */
    'hold.released': { at: string }
    /** Credits may be free while orders wait; see who can go on. */
    'queue.woken': { account: string; cause: string }
  }
  context: Context
  tools: Tools
}

export type ReceiptInput = InputOf<Receipt>
export type ReceiptEvent = EventOf<Receipt>
