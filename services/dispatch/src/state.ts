import type {
  AcceptedOrder,
  ActLink,
  AgentRegistered,
  Codec,
  ExceptionType,
  GenuineProgress,
  Hold,
  NewEvidence,
  RecoveryAct,
  RecoveryRequested,
  ReplayTerms,
  ToolRegistered,
} from '@prooftrail/contracts'
import type { EventOf, InputOf, Lookup } from '@prooftrail/runtime'
import type { Ref, TrailKey, VerifiedLinks } from '@prooftrail/trail'
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
  status: string
  /** Evidence classes that it left open. */
  open: readonly string[]
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
  closed?: true
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

/** One work order as dispatch sees it. */
export type OrderState =
  | { status: 'absent' }
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

export type State = OrderState | ToolState | AgentState

/** What decisions need besides state and input. */
export interface Context {
  sign: Sign
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
}

/** What a wave's context is made with. */
export interface Tools {
  sign: Sign
  /** The tools that results are judged by, the agents that ask for acts. */
  lookup: Lookup<State>
  operators: ReadonlyMap<string, TrailKey>
  /** Signs an act for an operator. */
  signAct(kind: ActLinkKind, act: RecoveryAct, after: readonly Ref[]): ActLink
  /** Puts an act on its topic; resolves when the broker has it. */
  request(asked: RecoveryRequested): Promise<void>
  codec: Pick<Codec, 'isReady' | 'ready'>
}

/** Kinds of link that acts are. */
export type ActLinkKind = 'recovery_request' | 'operator_decision'

export interface Dispatch {
  party: 'dispatch'
  doors: 'recovery.requested'
  state: State
  inputs: { due: Record<string, never> }
  events: {
    /** What `execution.bound` does not say but the next attempt needs. */
    'attempt.heard': { sequence: number; said_at: string; heard_at: string; due_at: string }
    'tool.known': ToolRegistered
    'agent.known': AgentRegistered
    /** A replay's time is over: the result before it stands. */
    'replay.ended': { at: string }
  }
  context: Context
  tools: Tools
}

export type DispatchInput = InputOf<Dispatch>
export type DispatchEvent = EventOf<Dispatch>
