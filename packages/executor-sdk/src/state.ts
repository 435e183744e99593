import type { ExecutionCommand, ExecutionProgressed, ToolParked } from '@prooftrail/contracts'
import type { EventOf, InputOf } from '@prooftrail/runtime'
import type { Link, LinkName, Ref } from '@prooftrail/trail'
import type { RunFault } from './build-result.ts'
import type { ConcurrencyLimit } from './concurrency-limit.ts'
import type { Heartbeats } from './heartbeats.ts'
import type { RunsAtOnce } from './run-at-once.ts'
import type { Note } from './run-tool.ts'
import type { Execute, Log, ToolResult } from './tool.ts'

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

/** What decide needs from outside. */
export interface DecideContext {
  sign<K extends LinkName, T>(kind: K, object: T, after: readonly Ref[]): Link<K, T>
  /** A heartbeat as the tool's word: with `key_id` and `signature`. */
  signProgress(said: ExecutionProgressed): ExecutionProgressed
  /** When this wave is decided. Leases run by it, nothing that is published does. */
  now: string
  /** Commands whose run this process has in hand, by document. */
  isInHand(doc: string): boolean
  /** By document: what a tool without effects concluded before anything of its run was saved. */
  concluded: ReadonlyMap<string, ToolResult>
}

/** What contexts and runs are made with. */
export interface Tools {
  execute: Execute
  sign: DecideContext['sign']
  signProgress: DecideContext['signProgress']
  signParked(said: ToolParked): ToolParked
  /** Runs that need not be announced. */
  atOnce: RunsAtOnce
  /** Runs in hand. */
  heartbeats: Heartbeats
  /** How many of them run at a time. */
  limit: ConcurrencyLimit
  log: Log
}

export interface Executor {
  party: 'executor'
  doors: 'tool.announced'
  state: State
  inputs: {
    'run.finished': { run: number; result: ToolResult }
    'run.failed': { run: number; fault: RunFault; retry: boolean }
    'run.progressed': { run: number } & Note
    due: Record<string, never>
  }
  events: {
    'run.started': { job: Job; run: number; sequence: number; lease_until: string }
    'run.renewed': { lease_until: string }
    'run.delayed': { retry_at: string; fault: RunFault }
    'run.abandoned': { tool_command_id: string }
  }
  context: DecideContext
  tools: Tools
}

export type ExecutorInput = InputOf<Executor>
export type ExecutorEvent = EventOf<Executor>

/** A document is one attempt: attempts of one work order never share one. */
export function documentOf(command: Pick<ExecutionCommand, 'work_order_id' | 'attempt'>): string {
  return `${command.work_order_id}/${command.attempt}`
}
