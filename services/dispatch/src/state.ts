import type {
  AcceptedOrder,
  ActLink,
  AgentRegistered,
  BatchRequested,
  Codec,
  EvidenceRequest,
  ExceptionType,
  ExpiryNotice,
  GenuineProgress,
  Hold,
  NewEvidence,
  OpenTerms,
  RecoveryAct,
  RecoveryRequested,
  ReplayTerms,
  ResultStatus,
  Seconds,
  TimeLimit,
  ToolRegistered,
} from '@prooftrail/contracts'
import type { EventOf, InputOf, Lookup, Reader } from '@prooftrail/runtime'
import type { Ref, TrailKey, VerifiedLinks } from '@prooftrail/trail'
import type { BatchContext, BatchEvents, BatchState } from './batches/state.ts'
import type { Sign } from './command.ts'

/** What an attempt was told; the result must follow from it. */
export interface Attempt {
  attempt: number
  tool_command_id: string
  command_digest: string
  commanded_at: string
}

/** An open ticket of a run. */
export interface Ticket {
  exception_id: string
  exception_type: ExceptionType
}

/** The newest result that was accepted. */
export interface Newest {
  number: number
  ref: Ref
  issued_at: string
  status: ResultStatus
  /** Evidence classes that it left open. */
  open: readonly string[]
}

/** What the end of a run tells of its order. */
export interface Told extends Omit<ExpiryNotice, 'result_status'> {
  work_order_id: string
}

/** What acts stand on, beside what attempts stand on. */
export interface Course {
  agent_id: string
  task_token: string
  execution_mode: string
  newest?: Newest
  tickets: readonly Ticket[]
  /** Accepted acts by their idempotency key: the digest of each. */
  acts: Readonly<Record<string, string>>
  /** Acts that were refused and answered. */
  refused: number
  /** Credits debited for the run so far. */
  debited: number
  /** The number of the order's newest hold. */
  holds: number
  /** Evidence that was added and given to the tool, and what waits for the next replay. */
  given: readonly NewEvidence[]
  added: readonly NewEvidence[]
  /** A callback of the newest result was given up. */
  undelivered?: true
  /** What the agent was asked for last, of the newest result. */
  evidence_request?: Pick<EvidenceRequest, 'missing_items' | 'until'>
  closed?: true
  /** Absent in courses of versions that counted no time limits. */
  told?: Told
  /** How long the run stays open if nobody handles it. */
  open?: OpenTerms
  /** When the replay under way was accepted. */
  asked_at?: string
  /** Ends of time limits so far. */
  expiries?: number
}

/** A replay under way. */
export interface Replay {
  terms: ReplayTerms
  /** The act that asked for it. */
  request: Ref
  /** How many attempts were made before it. */
  before: number
}

/** What every attempt of a run stands on. */
export interface Run {
  accepted: AcceptedOrder
  hold: Hold
  settlement_id?: string
  attempts: readonly Attempt[]
}

interface Commanded extends Run {
  /** Absent: nothing was asked of the run, and it has no result. */
  course?: Course
  replay?: Replay
  /** With `replay`: what stands if it comes to nothing. */
  settled?: Settled
  /** Progress sequence of the current attempt's newest sign of life; 0: none yet. */
  sequence: number
  /** When that was said: by its sender's clock, but not after its arrival. */
  said_at?: string
  /** When the current attempt first said that it goes on. */
  heard_at?: string
  /** When the current attempt counts as silent. */
  due_at: string
}

/** A run whose newest result was accepted; another one is only after a replay. */
export interface Settled {
  status: 'settled'
  attempt: number
  result_digest: string
  result_status: string
  /** Absent in documents of versions that judged no acts. */
  course?: Course
  /** What a replay needs; absent where the result is ready, so that nothing is replayed. */
  run?: Run
}

/** A run that acts are judged on and that no attempt stands on. */
interface Unfunded<S extends string> {
  status: S
  order: Ref
  course: Course
}

/** One work order as dispatch sees it. */
export type OrderState =
  | { status: 'absent' }
  /** Its order waits for its first credits; nothing was commanded. */
  | Unfunded<'pending'>
  /**
   * It ended without a result: its credits were released, or never came. `release`: the act by which
   * it left the queue; should its credits have come all the same, their word says the end.
   */
  | (Unfunded<'ended'> & { release?: ActLink })
  /** An executor was told; its result, its silence or its deadline comes next. */
  | ({ status: 'commanded' } & Commanded)
  /** Out of attempts: what became of the last one is unknown. A ticket is open. */
  | ({ status: 'stalled'; exception_id: string } & Omit<Commanded, 'due_at'>)
  /** A replay was accepted; it is commanded once its credits are held. */
  | ({ status: 'waiting'; settled: Settled; course: Course; replay: Replay } & Run)
  | Settled

/** A tool as intake registered it: whose signatures count, and what its versions promise. */
export type ToolState = { status: 'tool' } & ToolRegistered

/** An agent as intake registered it: whose signatures count for acts on its runs. */
export type AgentState = { status: 'agent' } & AgentRegistered

export type State = OrderState | ToolState | AgentState | BatchState

/** What decisions need besides state and input. */
export interface Context {
  sign: Sign
  signAct: SignAct
  tools: ReadonlyMap<string, ToolState>
  /** The agents that acts name, by id. */
  agents: ReadonlyMap<string, AgentState>
  /** Public keys of operators, by id. */
  operators: ReadonlyMap<string, TrailKey>
  /** The links of results and acts whose signature is that of the key that they name. */
  verified: VerifiedLinks
  genuine: GenuineProgress
  /** Tools whose command topic has its schema. */
  commandable: ReadonlySet<string>
  batches: BatchContext
  /** Seconds, by what is limited. */
  limits: Seconds<TimeLimit>
}

/** Signs an act for an operator. */
export type SignAct = (kind: ActLinkKind, act: RecoveryAct, after: readonly Ref[]) => ActLink

/** What a wave's context is made with. */
export interface Tools {
  sign: Sign
  /** The tools that results are judged by, the agents that ask for acts. */
  lookup: Lookup<State>
  operators: ReadonlyMap<string, TrailKey>
  signAct: SignAct
  /** Puts an act on its topic; resolves when the broker has it. */
  request(asked: RecoveryRequested): Promise<void>
  /** The same of what is said of a batch. */
  requestBatch(asked: BatchRequested): Promise<void>
  /** The documents of batches as they are stored now. */
  reader: Pick<Reader<State>, 'read'>
  /** How large a batch may be, and how fast all of them together. */
  batchLimits: BatchLimits
  /** Epoch milliseconds. */
  now?: () => number
  codec: Pick<Codec, 'isReady' | 'ready'>
  limits: Seconds<TimeLimit>
}

/** Of batches. */
export interface BatchLimits {
  /** Runs of one. */
  maxRuns: number
  /** Acts that all together ask for in a second. */
  perSecond: number
}

/** Kinds of link that acts are. */
export type ActLinkKind = 'recovery_request' | 'operator_decision'

export interface Dispatch {
  party: 'dispatch'
  doors: 'batch.requested'
  state: State
  inputs: { due: Record<string, never> }
  events: {
    /** What `execution.bound` does not say but the next attempt needs. */
    'attempt.heard': { sequence: number; said_at: string; heard_at: string; due_at: string }
    'tool.known': ToolRegistered
    'agent.known': AgentRegistered
    /** A ticket that another service opened on the run, and its end. */
    'ticket.noted': Ticket & { open?: OpenTerms }
    /** An order waits for its first credits, as receipt's ticket says; and it does so no longer. */
    'wait.noted': { order: Ref; agent_id: string; task_token: string; ticket: Ticket }
    'wait.ended': Record<string, never>
    'ticket.gone': Pick<Ticket, 'exception_id'>
  } & BatchEvents
  context: Context
  tools: Tools
}

export type DispatchInput = InputOf<Dispatch>
export type DispatchEvent = EventOf<Dispatch>
