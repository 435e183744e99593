import type {
  AcceptedOrder,
  CreditsHeld,
  ExceptionOpened,
  ExceptionResolved,
  ExecutionBound,
  ExecutionCommanded,
  ExecutionProgressed,
  Hold,
  ResultAccepted,
  ResultProduced,
  ToolRegistered,
  TrailAttested,
} from '@prooftrail/contracts'
import type { Emitted, Input } from '@prooftrail/runtime'

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
  /** Highest progress sequence of the current attempt; 0: no sign of life yet. */
  sequence: number
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
  | {
      status: 'settled'
      attempt: number
      result_digest: string
      result_status: string
      sealed?: { revision: number; verdict: string }
    }

/** A tool as intake registered it: whose signatures count, and what its versions promise. */
export type ToolState = { status: 'tool' } & ToolRegistered

export type State = OrderState | ToolState

export type DispatchInput =
  | Input<'credits.held', CreditsHeld>
  | Input<'result.produced', ResultProduced>
  | Input<'execution.progressed', ExecutionProgressed>
  | Input<'tool.registered', ToolRegistered>
  | Input<'trail.attested', TrailAttested>
  | Input<'due', Record<string, never>>

export type DispatchEvent =
  | Emitted<'execution.bound', ExecutionBound>
  | (Emitted<'execution.commanded', ExecutionCommanded> & { tool: string })
  | Emitted<'result.accepted', ResultAccepted>
  | Emitted<'exception.opened', ExceptionOpened>
  | Emitted<'exception.resolved', ExceptionResolved>
  /** What `execution.bound` does not say but the next attempt needs. Rebuilt from `execution.bound`. */
  | Emitted<'attempt.heard', { sequence: number; heard_at: string; due_at: string }>
  | Emitted<'trail.known', { revision: number; verdict: string }>
  | Emitted<'tool.known', ToolRegistered>
