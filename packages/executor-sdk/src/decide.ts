import type { ExecutionCommand, ExecutionCommanded, Manifest } from '@prooftrail/contracts'
import { type Backoff, backoffMs, type Message, Refusal } from '@prooftrail/runtime'
import type { Ref } from '@prooftrail/trail'
import { MAX_RESULT_BYTES } from '@prooftrail/trail/format'
import { type BuiltResult, buildFailure, buildResult, type RunFault } from './build-result.ts'
import { later, leaseMs } from './lease.ts'
import {
  type DecideContext,
  documentOf,
  type ExecutorEvent,
  type ExecutorInput,
  type Job,
  type State,
} from './state.ts'
import type { ToolResult } from './tool.ts'

type Of<T extends ExecutorInput['type']> = Extract<ExecutorInput, { type: T }>

/**
 * The decider of any tool.
 * X1 A run is saved as started before it begins; a command said twice starts nothing new. What a
 *    tool without effects concluded before that is its result, and no run is announced.
 * X2 A run whose process ended is begun again when its lease passes; the first conclusion of an
 *    attempt is its result, whichever run it came from, and there is no second.
 * X3 A failing tool ends in a failed result with a ticket after MAX_RUNS. Past the command's deadline
 *    nothing is said, because dispatch would refuse it. A run past its own time limit ends the
 *    attempt: one last sign of life says so, and the silence after it brings the next attempt.
 * X4 A command of another version is another group's: this one leaves it alone.
 */

/** Runs of one attempt, throws and lost processes together. */
export const MAX_RUNS = 3
const RETRY: Backoff = { first: 1_000, most: 60_000, factor: 4 }

/** The document of a command; undefined for one of another version. @throws Refusal PT-3001 */
export function documentOfCommand(
  manifest: Manifest,
  { object: command }: ExecutionCommanded,
): string | undefined {
  if (command.manifest_version !== manifest.version) return undefined
  const faults = faultsOf(manifest, command)
  if (faults.length > 0) throw new Refusal('PT-3001', faults.join('; '))
  return documentOf(command)
}

function faultsOf(manifest: Manifest, command: ExecutionCommand): string[] {
  const faults: string[] = []
  if (command.requested_tool !== manifest.tool) faults.push(`it is for ${command.requested_tool}`)
  for (const name of command.proof_requirements) {
    const given = ['work_order', 'execution_command'].includes(name)
    if (!given && command.ids[name] === undefined) faults.push(`no id for ${name}`)
  }
  return faults
}

/** Begins the first run of an attempt, or answers it. @throws Refusal PT-3002: it was commanded otherwise before */
export function onExecutionCommanded(
  manifest: Manifest,
  state: State,
  { at, data: link }: Message<'execution.commanded'>,
  context: DecideContext,
): readonly ExecutorEvent[] {
  const { object: command } = link
  if (state.status === 'absent') {
    const job = { command, ref: link.ref }
    const result = context.concluded.get(documentOf(command))
    // the append time of the command: whoever runs it again says the same
    if (result) return conclude(manifest, job, result, at, context)
    return [begin(manifest, job, 1, 0, context.now)]
  }
  const known = commandIdOf(state)
  if (known !== undefined && known !== command.tool_command_id) {
    throw new Refusal('PT-3002', `${documentOf(command)} was commanded as ${known}`)
  }
  return []
}

function commandIdOf(state: State): string | undefined {
  if (state.status === 'running' || state.status === 'delayed')
    return state.job.command.tool_command_id
  return state.status === 'abandoned' ? state.tool_command_id : undefined
}

function begin(
  manifest: Manifest,
  job: Job,
  run: number,
  sequence: number,
  now: string,
): ExecutorEvent {
  const lease_until = later(now, leaseMs(manifest.limits))
  return { type: 'run.started', data: { job, run, sequence, lease_until } }
}

/** Again after a loss or a throw: said at once, so that dispatch goes on waiting. */
function beginAgain(
  manifest: Manifest,
  { job, run, sequence }: Extract<State, { status: 'running' | 'delayed' }>,
  at: string,
  context: DecideContext,
): readonly ExecutorEvent[] {
  const said = { note: `run ${run + 1} of this attempt` }
  return [
    progressed(manifest, job, sequence + 1, at, said, context),
    begin(manifest, job, run + 1, sequence + 1, context.now),
  ]
}

/** Says that the run in hand goes on. */
export function onRunProgressed(
  manifest: Manifest,
  state: State,
  { at, data }: Of<'run.progressed'>,
  context: DecideContext,
): readonly ExecutorEvent[] {
  if (state.status !== 'running' || data.run !== state.run) return []
  const { run, ...said } = data
  return [progressed(manifest, state.job, state.sequence + 1, at, said, context)]
}

function progressed(
  { tool }: Manifest,
  { command }: Job,
  sequence: number,
  at: string,
  said: { note?: string; percent?: number },
  { signProgress }: DecideContext,
): ExecutorEvent {
  const { work_order_id, tool_command_id, attempt } = command
  const state = sequence === 1 ? ('started' as const) : ('running' as const)
  const beat = { work_order_id, tool, tool_command_id, attempt, sequence, state, ...said, at }
  return { type: 'execution.progressed', data: signProgress(beat) }
}

/** Answers the attempt with what the run concluded. */
export function onRunFinished(
  manifest: Manifest,
  state: State,
  { at, data }: Of<'run.finished'>,
  context: DecideContext,
): readonly ExecutorEvent[] {
  if (state.status !== 'running' && state.status !== 'delayed') return []
  return conclude(manifest, state.job, data.result, at, context)
}

/** Runs again later, or answers the attempt with the failure. */
export function onRunFailed(
  manifest: Manifest,
  state: State,
  { at, data: { run, fault, retry } }: Of<'run.failed'>,
  context: DecideContext,
): readonly ExecutorEvent[] {
  if (state.status !== 'running' || run !== state.run) return []
  return fail(manifest, state, fault, retry, at, context)
}

function conclude(
  manifest: Manifest,
  job: Job,
  result: ToolResult,
  at: string,
  context: DecideContext,
): readonly ExecutorEvent[] {
  if (at > job.command.deadline) return abandon(job)
  const issued_at = notBefore(job.command, at)
  const built = buildResult(manifest, job.command, result, issued_at)
  const bytes = Buffer.byteLength(JSON.stringify(built))
  if (bytes <= MAX_RESULT_BYTES) return [produced(manifest, job, built, context)]
  const detail = `the result is ${bytes} bytes of JSON; ${MAX_RESULT_BYTES} are allowed`
  const failure = buildFailure(manifest, job.command, { code: 'PT-3005', detail }, issued_at)
  return [produced(manifest, job, failure, context)]
}

function fail(
  manifest: Manifest,
  state: Extract<State, { status: 'running' | 'delayed' }>,
  fault: RunFault,
  retry: boolean,
  at: string,
  context: DecideContext,
): readonly ExecutorEvent[] {
  const { job, run } = state
  if (at > job.command.deadline) return abandon(job)
  if (fault.code === 'PT-3007') {
    const note = `${fault.code} ${fault.detail}`
    return [progressed(manifest, job, state.sequence + 1, at, { note }, context), ...abandon(job)]
  }
  const retry_at = later(at, backoffMs(run - 1, RETRY))
  if (retry && run < MAX_RUNS && retry_at < job.command.deadline) {
    return [{ type: 'run.delayed', data: { retry_at, fault } }]
  }
  const failure = buildFailure(manifest, job.command, fault, notBefore(job.command, at))
  return [produced(manifest, job, failure, context)]
}

/** A clock that is slow dates no answer before its question. */
function notBefore({ issued_at }: ExecutionCommand, at: string): string {
  return at < issued_at ? issued_at : at
}

/** A lease or a pause has passed: goes on, begins again, or gives the attempt up. */
export function onDue(
  manifest: Manifest,
  state: State,
  { at }: Pick<ExecutorInput, 'at'>,
  context: DecideContext,
): readonly ExecutorEvent[] {
  if (state.status !== 'running' && state.status !== 'delayed') return []
  const { job, run } = state
  const { command } = job
  if (command.manifest_version !== manifest.version) return []
  const { now } = context
  if (state.status === 'delayed') {
    if (at < state.retry_at) return []
    return now > command.deadline ? abandon(job) : beginAgain(manifest, state, at, context)
  }
  if (at < state.lease_until) return []
  if (context.isInHand(documentOf(command))) {
    return [{ type: 'run.renewed', data: { lease_until: later(now, leaseMs(manifest.limits)) } }]
  }
  if (now > command.deadline) return abandon(job)
  if (run < MAX_RUNS) return beginAgain(manifest, state, at, context)
  const detail = `the process ended in mid-work in each of ${MAX_RUNS} runs`
  return fail(manifest, state, { code: 'PT-3006', detail }, false, at, context)
}

function abandon(job: Job): readonly ExecutorEvent[] {
  const { tool_command_id } = job.command
  return [{ type: 'run.abandoned', data: { tool_command_id } }]
}

/** Signs the links in the order of the trail, each after the one before. */
function produced(
  manifest: Manifest,
  { command, ref }: Job,
  { links, contract }: BuiltResult,
  { sign }: DecideContext,
): ExecutorEvent {
  const refs: Ref[] = [ref]
  const signed = links.map(({ name, object }) => {
    const link = sign(name, object, refs.slice(-1))
    refs.push(link.ref)
    return link
  })
  return {
    type: 'result.produced',
    data: {
      work_order_id: command.work_order_id,
      tool: manifest.tool,
      tool_command_id: command.tool_command_id,
      attempt: command.attempt,
      result_contract: sign('result_contract', contract, refs),
      ...(signed.length > 0 ? { links: signed } : {}),
    },
  }
}
