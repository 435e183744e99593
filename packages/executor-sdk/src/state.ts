import type {
  ExecutionCommand,
  ExecutionCommanded,
  ExecutionProgressed,
  ResultProduced,
} from '@prooftrail/contracts'
import type { Emitted, Input } from '@prooftrail/runtime'
import type { LinkName, Ref, SignedLink } from '@prooftrail/trail'
import type { RunFault } from './build-result.ts'
import type { ToolResult } from './tool.ts'

/** One attempt of one work order, as its executor knows it. */
export type State =
  /** No command came yet. */
  | { status: 'absent' }
  /** A run was announced before it began; whoever sees its lease pass may begin another. */
  | { status: 'running'; job: Job; run: number; sequence: number; lease_until: string }
  /** The last run failed; the next begins at `retry_at`. */
  | {
      status: 'delayed'
      job: Job
      run: number
      sequence: number
      retry_at: string
      fault: RunFault
    }
  /** The result went out; the command is no longer kept. */
  | { status: 'produced'; result_contract_id: string; result_status: string }
  /** The deadline passed; dispatch makes another attempt, and this one says nothing more. */
  | { status: 'abandoned'; tool_command_id: string }

/** The command and the reference by which its results follow it. */
export interface Job {
  command: ExecutionCommand
  ref: Ref
}

export type ExecutorInput =
  | Input<'execution.commanded', ExecutionCommanded>
  | Input<'run.finished', { run: number; result: ToolResult }>
  | Input<'run.failed', { run: number; fault: RunFault; retry: boolean }>
  | Input<'run.progressed', { run: number; note?: string; percent?: number }>
  | Input<'due', object>

export type ExecutorEvent =
  | Emitted<'run.started', { job: Job; run: number; sequence: number; lease_until: string }>
  | Emitted<'run.renewed', { lease_until: string }>
  | Emitted<'run.delayed', { retry_at: string; fault: RunFault }>
  | Emitted<'run.abandoned', { tool_command_id: string }>
  | Emitted<'execution.progressed', ExecutionProgressed>
  | Emitted<'result.produced', ResultProduced>

/** What decide needs from outside. */
export interface DecideContext {
  sign<T>(name: LinkName, object: T, after: readonly Ref[]): SignedLink<T>
  /** When this wave is decided. Leases run by it, nothing that is published does. */
  now: string
  /** Commands whose run this process has in hand, by document. */
  isInHand(doc: string): boolean
}

/** A document is one attempt: attempts of one work order never share one. */
export function documentOf(command: Pick<ExecutionCommand, 'work_order_id' | 'attempt'>): string {
  return `${command.work_order_id}/${command.attempt}`
}
