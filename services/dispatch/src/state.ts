import type { AcceptedOrder, Codec, Hold, ToolRegistered } from '@prooftrail/contracts'
import type { EventOf, InputOf, Lookup } from '@prooftrail/runtime'
import type { VerifiedLinks } from '@prooftrail/trail'
import type { Sign } from './command.ts'
import type { GenuineProgress } from './progress.ts'

/** What an attempt was told; the result must follow from it. */
export interface Attempt {
  attempt: number
  tool_command_id: string
  command_digest: string
  commanded_at: string
}

interface Commanded {
  accepted: AcceptedOrder
  hold: Hold
  settlement_id?: string
  attempts: readonly Attempt[]
  /** Progress sequence of the current attempt's newest sign of life; 0: none yet. */
  sequence: number
  /** When that was said: by its sender's clock, but not after its arrival. */
  said_at?: string
  /** When the current attempt first said that it goes on. */
  heard_at?: string
  /** When the current attempt counts as silent. */
  due_at: string
}

/** One work order as dispatch sees it. */
export type OrderState =
  | { status: 'absent' }
  /** An executor was told; its result, its silence or its deadline comes next. */
  | ({ status: 'commanded' } & Commanded)
  /** Out of attempts: what became of the last one is unknown. A ticket is open. */
  | ({ status: 'stalled'; exception_id: string } & Omit<Commanded, 'due_at'>)
  /** A result was accepted; nothing else is. */
  | { status: 'settled'; attempt: number; result_digest: string; result_status: string }

/** A tool as intake registered it: whose signatures count, and what its versions promise. */
export type ToolState = { status: 'tool' } & ToolRegistered

export type State = OrderState | ToolState

/** What decisions need besides state and input. */
export interface Context {
  sign: Sign
  tools: ReadonlyMap<string, ToolState>
  /** The links of results whose signature is that of the tool's key. */
  verified: VerifiedLinks
  genuine: GenuineProgress
  /** Tools whose command topic has its schema. */
  commandable: ReadonlySet<string>
}

/** What a wave's context is made with. */
export interface Tools {
  sign: Sign
  /** The tools that results are judged by. */
  lookup: Lookup<State>
  codec: Pick<Codec, 'isReady' | 'ready'>
}

export interface Dispatch {
  party: 'dispatch'
  state: State
  inputs: { due: Record<string, never> }
  events: {
    /** What `execution.bound` does not say but the next attempt needs. */
    'attempt.heard': { sequence: number; said_at: string; heard_at: string; due_at: string }
    'tool.known': ToolRegistered
  }
  context: Context
  tools: Tools
}

export type DispatchInput = InputOf<Dispatch>
export type DispatchEvent = EventOf<Dispatch>
