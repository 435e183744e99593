import type { Manifest } from '@prooftrail/contracts'
import type { Effect } from '@prooftrail/runtime'
import { assessEvidence, evidenceItems, scoreEvidence } from './assess-evidence.ts'
import type { RunFault } from './build-result.ts'
import { checkResult } from './check-result.ts'
import type { ConcurrencyLimit } from './concurrency-limit.ts'
import type { ExecutorEvent, ExecutorInput, Job } from './state.ts'
import type { Command, Context, Execute, Log, ToolResult } from './tool.ts'

/** A run to be made, as the save that announced it says. */
export interface RunEffect extends Effect {
  job: Job
  run: number
}

/** What came of a run. */
export type RunOutcome = { result: ToolResult } | { fault: RunFault; retry: boolean }

/** What a run says while it goes on. */
export interface Note {
  note?: string
  percent?: number
}

/** The effect of an event; undefined where it has none. */
export function effectOf(event: ExecutorEvent): RunEffect | undefined {
  if (event.type !== 'run.started') return undefined
  const { job, run } = event.data
  return { id: `${job.command.tool_command_id}/${run}`, job, run }
}

/** The outcome as the input that decides what follows; `at` is when it was recorded. */
export function outcomeInput(effect: RunEffect, outcome: RunOutcome, at: string): ExecutorInput {
  const id = `run:${effect.id}`
  const { run } = effect
  return 'result' in outcome
    ? { id, type: 'run.finished', at, data: { run, result: outcome.result } }
    : { id, type: 'run.failed', at, data: { run, fault: outcome.fault, retry: outcome.retry } }
}

/**
 * Runs the function once. Never throws for what the tool does: a throw, a wrong result and a passed
 * time limit are outcomes. Two limits end a run: `limits.deadline_seconds` of the manifest, counted
 * from where the run begins, so that waiting for a turn costs nothing; and the command's deadline.
 * @param stopping aborted when the process stops: then this rejects, the run stays without outcome,
 *   and another process begins it again
 */
export async function runTool(
  tool: { manifest: Manifest; execute: Execute; log: Log },
  command: Command,
  stopping: AbortSignal,
  heartbeat: (note: Note) => void,
  limit: ConcurrencyLimit,
): Promise<RunOutcome> {
  const { manifest, execute } = tool
  const left = Date.parse(command.deadline) - Date.now()
  const late = {
    fault: { code: 'PT-3007', detail: `the deadline ${command.deadline} passed` },
    retry: false,
  }
  if (left <= 0) return late
  const limits = startLimits(stopping, left, late)
  const { signal } = limits
  const leave = await limit.enter(signal)
  const aborted = whenAborted(signal)
  try {
    if (leave === undefined) return limits.outcome()
    limits.begin(manifest.limits.deadline_seconds * 1000, tooLong(manifest))
    const context: Context = {
      now: command.issued_at,
      manifest,
      assessment: assessEvidence(manifest, command),
      items: (evidenceClass) => evidenceItems(command.evidence, evidenceClass),
      assess: (lines) => scoreEvidence(manifest, lines),
      signal,
      heartbeat: (note, percent) =>
        heartbeat({
          ...(note === undefined ? {} : { note }),
          ...(percent === undefined ? {} : { percent: Math.round(percent) }),
        }),
      log: tool.log,
    }
    // the tool may change its copy; the state keeps what was signed
    const call = async () => ({ returned: await execute(structuredClone(command), context) })
    const answer = await Promise.race([call(), aborted.promise])
    if (answer === undefined) return limits.outcome()
    const checked = checkResult(manifest, command, answer.returned)
    if ('result' in checked) return checked
    const detail = checked.faults.slice(0, 20).join('; ')
    tool.log.warn({ code: 'PT-3004', faults: checked.faults }, 'wrong result')
    return { fault: { code: 'PT-3004', detail }, retry: true }
  } catch (error) {
    if (signal.aborted) return limits.outcome()
    tool.log.warn({ code: 'PT-3003', err: error }, 'the tool threw')
    const detail = error instanceof Error ? error.message : String(error)
    return { fault: { code: 'PT-3003', detail: detail.slice(0, 500) }, retry: true }
  } finally {
    aborted.forget()
    limits.forget()
    leave?.()
  }
}

/** The longest time that a timer holds. */
const MAX_TIMER_MS = 2_147_483_647

function tooLong({ limits }: Manifest): RunOutcome {
  const detail = `the run took longer than deadline_seconds (${limits.deadline_seconds})`
  return { fault: { code: 'PT-3007', detail }, retry: false }
}

/** What ends a run from outside: the process stops, the command's deadline, the run's own limit. */
interface Limits {
  signal: AbortSignal
  /** From here the run's own limit counts too. */
  begin(ms: number, outcome: RunOutcome): void
  /** What the limit that passed means. @throws when the process stops */
  outcome(): RunOutcome
  forget(): void
}

function startLimits(stopping: AbortSignal, left: number, late: RunOutcome): Limits {
  const controller = new AbortController()
  const stop = () => controller.abort()
  const startedAt = Date.now()
  let passed = late
  const endAfter = (ms: number, outcome: RunOutcome) =>
    setTimeout(
      () => {
        passed = outcome
        controller.abort()
      },
      Math.min(ms, MAX_TIMER_MS),
    )
  let timer = endAfter(left, late)
  if (stopping.aborted) stop()
  else stopping.addEventListener('abort', stop, { once: true })
  return {
    signal: controller.signal,
    begin(ms, outcome) {
      if (ms >= left - (Date.now() - startedAt)) return
      clearTimeout(timer)
      timer = endAfter(ms, outcome)
    },
    outcome() {
      if (stopping.aborted) throw new Error('stopped in mid-work; another run follows')
      return passed
    },
    forget() {
      clearTimeout(timer)
      stopping.removeEventListener('abort', stop)
    },
  }
}

/** Resolves with undefined on abort; `forget` leaves no listener behind. */
function whenAborted(signal: AbortSignal): { promise: Promise<undefined>; forget(): void } {
  let listener = () => {}
  const promise = new Promise<undefined>((resolve) => {
    listener = () => resolve(undefined)
    if (signal.aborted) listener()
    else signal.addEventListener('abort', listener, { once: true })
  })
  return { promise, forget: () => signal.removeEventListener('abort', listener) }
}
