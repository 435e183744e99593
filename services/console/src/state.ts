import type {
  CallbackDelivery,
  ExceptionTicket,
  Facts,
  GenuineProgress,
  LedgerAppended,
  OpenTerms,
  PublicKey,
  QueueState,
  ResultContract,
  Seconds,
  SettlementReceipt,
  ToolParked,
  UsageReceipt,
} from '@prooftrail/contracts'
import type { EventOf, InputOf, Lookup } from '@prooftrail/runtime'
import type { SigningKey } from '@prooftrail/trail'
import type { ActStore } from './act-trail/store.ts'
import type { ConsoleConfig } from './config.ts'
import type { AskToForget } from './forget.ts'
import type { LiveRuns } from './live/live-runs.ts'
import type { ParkedState } from './parked/entry.ts'
import type { ParkedTools } from './parked/tools.ts'
import type { QueueView } from './queue.ts'
import type { Sampler } from './sre/sampler.ts'
import type { ViewStore } from './views/store.ts'
import type { UseOnce } from './web/sign-in-link.ts'

/** One line of a run's timeline, as people read it. */
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

/** An act that somebody asked for, and the answer. */
export interface Recovery {
  action: string
  requested_by: string
  reason?: string
  idempotency_key: string
  digest: string
  at: string
  /** Which of the accepted acts it is; absent: refused. */
  sequence?: number
  runtime_state?: string
  /** Of a replay: the number of its result, and the credits that are held for it. */
  replay?: { result_number: number; credits: number; ends_at: string }
  /** Why it was refused. */
  refused?: { code: string; detail: string }
}

/** The alert of a run that does not go on. */
export interface Stuck {
  alert_id: string
  state: string
  since: string
  reason: string
}

/** What a time limit ended. */
export interface Expiry {
  sequence: number
  ends: string
  state: string
  reason: string
  rule: string
  at: string
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

/** What one attempt's executor said first and last, by its own clock. */
export interface Progress {
  attempt: number
  first: { sequence: number; at: string }
  latest: {
    sequence: number
    at: string
    state: string
    percent?: number
    note?: string
    /** That its executor signed with; absent in documents of versions that did not keep it. */
    key_id?: string
  }
}

/** What intake pinned and the report asks for. */
export interface Pinned {
  manifest_version: string
  proof_trail: readonly string[]
  price: number
  max_attempts: number
  /** Absent in documents of versions that watched no limits. */
  deadline_seconds?: number
  callback_policy: string
  callback_url?: string
  allow_replay: boolean
}

/** Everything that is known of one run. Document `<work_order_id>`. */
export interface RunState {
  status: 'run'
  work_order_id: string
  /** Append time of the newest fact. */
  as_of: string
  task_token?: string
  agent_id?: string
  requested_tool?: string
  requested_capability?: string
  execution_mode?: string
  pilot_id?: string
  /** The agent's own time in its order. */
  ordered_at?: string
  pinned?: Pinned
  binding_id?: string
  /** Attempts bound, in order. */
  bound: readonly { attempt: number; bound_at: string; tool?: string }[]
  progress: readonly Progress[]
  /** Link name to id, of the newest attempt. */
  ids?: Readonly<Record<string, string>>
  reasons?: readonly { code: string; detail: string }[]
  facts: Facts
  events: readonly RunEvent[]
  result_contract?: ResultContract
  /** The attempt whose result was accepted. */
  result_attempt?: number
  /** The number of that result; absent: the first. */
  result_number?: number
  settlement_receipt?: SettlementReceipt
  usage_receipt?: UsageReceipt
  callback?: CallbackDelivery
  exceptions: readonly Exception[]
  ledger: readonly LedgerAppended[]
  sealed: readonly Sealed[]
  /** By time; absent in documents of versions that read no acts. */
  recoveries?: readonly Recovery[]
  /** What time limits ended, by their place; absent: nothing. */
  expiries?: readonly Expiry[]
  /** The alert that stands for it. */
  stuck?: Stuck
  /** How long it stays open if nobody handles it. */
  open?: OpenTerms
}

/** A tool's versions, for the names of their steps, and its keys. Document `tool/<name>`. */
export interface ToolState {
  status: 'tool'
  tool: string
  revision: number
  versions: readonly { version: string; title?: string; steps: readonly string[] }[]
  /** Whose signature a heartbeat of the tool must have. */
  keys?: readonly PublicKey[]
}

/** Nothing is known of it yet. */
export interface Absent {
  status: 'absent'
}

export type State = Absent | RunState | ToolState | ParkedState

/** What routes read besides the documents. */
export interface Tools {
  /** Addresses that answers hold, and to which reads are forwarded. */
  config: ConsoleConfig
  /** The tools that heartbeats are judged by. */
  lookup: Lookup<State>
  /** What the doors of parked messages work with. */
  parked: ParkedTools
  /** Has what a run says deleted. */
  forget: AskToForget
  /** Who follows runs live. */
  live: LiveRuns
  /** What the SRE page is drawn from. */
  sampler: Sampler
  /** Every act, as messages tell of it. */
  acts: ActStore
  /** Views that people keep. */
  views: ViewStore
  /** Has a link that signs in count once. */
  useLink: UseOnce
  /** How the queue stands: as it was a second ago at most. */
  queue(): Promise<QueueView>
}

/** What decide needs besides state and input. */
export interface Context {
  /** Signs what operators have deleted. */
  key: SigningKey
  genuine: GenuineProgress
  /** Tools among those that heartbeats name, as far as their announcements were read. */
  tools: Pick<ReadonlyMap<string, unknown>, 'has'>
  /** What tools set aside and signed. */
  genuineParked: Pick<ReadonlySet<ToolParked>, 'has'>
  /** Seconds after which runs count as stuck, by where they stand. */
  stuckAfter: Seconds<QueueState>
  /** Base of the addresses that alerts hold. */
  publicUrl: string
}

/** Every fact that the console folds is another service's verdict, but heartbeats, which it judges as dispatch does. */
export interface Console {
  party: 'console'
  state: State
  inputs: {
    /** What an operator asks of a parked message at the door. */
    'parked.asked': AskedOfParked
    /** That an operator wants what a run says deleted. */
    'forget.asked': AskedToForget
    due: Record<string, never>
  }
  /** An input as it was, folded. */
  events: { 'fact.folded': { input: ConsoleInput } }
  context: Context
  tools: Tools
}

export type ConsoleInput = InputOf<Console>
export type ConsoleEvent = EventOf<Console>
export type ToolInput = Extract<ConsoleInput, { type: 'tool.registered' }>
/** What is said about a parked message. */
export type ParkedInput = Extract<
  ConsoleInput,
  { type: 'parked' | 'tool.parked' | 'parked.decided' | 'parked.asked' }
>
/** What operators did to a batch: it is only listed, no document changes by it. */
export type BatchInput = Extract<ConsoleInput, { type: 'batch.changed' }>
export type RunInput = Exclude<
  ConsoleInput,
  ToolInput | ParkedInput | BatchInput | { type: 'due' | 'forget.asked' }
>

/** Who wants a run forgotten, and why. */
export interface AskedToForget {
  by: string
  reason: string
}

/** What an operator asks of a parked message. */
export interface AskedOfParked {
  act: 'send' | 'discard'
  by: string
  reason?: string
}
