import type {
  CallbackDelivery,
  EventTypes,
  ExceptionTicket,
  Facts,
  LedgerAppended,
  ResultContract,
  SettlementReceipt,
  UsageReceipt,
} from '@prooftrail/contracts'
import type { Emitted, Input } from '@prooftrail/runtime'

/** Topics that the console folds. It judges nothing: every fact here is another service's verdict. */
export const FOLDED = [
  'work-order.accepted',
  'work-order.rejected',
  'credits.held',
  'execution.bound',
  'execution.progressed',
  'result.accepted',
  'usage-receipt.issued',
  'callback.attempted',
  'exception.opened',
  'exception.resolved',
  'ledger.appended',
  'trail.attested',
] as const

export type Folded = (typeof FOLDED)[number]

/** One line of a run's story, as people read it. */
export interface RunEvent {
  sequence: number
  type: string
  at: string
  stage: string
  summary: string
}

export interface Exception {
  ticket: ExceptionTicket
  status: string
  resolution?: string
  resolved_at?: string
}

export interface Sealed {
  revision: number
  verdict: string
  runtime_state: string
  ledger_entry_id: string
  attestation_id: string
  log_index: number
  statement: unknown
  key_id: string
  signature: string
  issued_at: string
}

/** Everything that is known of one run. */
export interface RunState {
  work_order_id: string
  task_token?: string
  agent_id?: string
  requested_tool?: string
  requested_capability?: string
  execution_mode?: string
  pilot_id?: string
  attempt?: number
  progress?: { attempt: number; sequence: number }
  ids?: Readonly<Record<string, string>>
  reasons?: readonly { code: string; detail: string }[]
  facts: Facts
  events: readonly RunEvent[]
  result_contract?: ResultContract
  settlement_receipt?: SettlementReceipt
  usage_receipt?: UsageReceipt
  callback?: CallbackDelivery
  exceptions: readonly Exception[]
  ledger: readonly LedgerAppended[]
  sealed: readonly Sealed[]
}

export type State = RunState | null

type TopicInput = { [T in Folded]: Input<T, EventTypes[T]> }[Folded]
export type ConsoleInput = TopicInput

/** The projection's only event: an input as it was, folded. */
export type ConsoleEvent = Emitted<'fact.folded', { input: ConsoleInput }>
