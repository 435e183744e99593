import {
  type CommandedAttempt,
  type ExecutionProgressed,
  foreignProgress,
  isLaterProgress,
  progressAhead,
} from '@prooftrail/contracts'
import { type Message, RetryLater, WAIT_SECONDS } from '@prooftrail/runtime'
import { deriveId } from '@prooftrail/trail'
import { onFact } from './decide.ts'
import type { ConsoleEvent, Context, State } from './state.ts'

type Progressed = Message<'execution.progressed'>

/**
 * Folds a heartbeat where it is news, by the rules that dispatch judges it by: of attempts that are
 * bound, and of no others, so that what a run keeps of heartbeats is bounded by its attempts.
 * @throws RetryLater while what it rests on may still come, since topics are read apart: the attempt
 *   of a genuine one, or the announcement of the tool that an attempt was bound to
 */
export function onExecutionProgressed(
  state: State,
  input: Progressed,
  { genuine, tools }: Context,
): readonly ConsoleEvent[] {
  const { data, at, waited = 0 } = input
  const isGenuine = genuine.has(data)
  if (!isGenuine && tools.has(data.tool)) return []
  const commanded = commandedIn(state, data)
  if (commanded === undefined) {
    const isPossible = isGenuine && data.tool_command_id === commandId(data)
    if (waited >= WAIT_SECONDS || !isPossible) return []
    throw new RetryLater('PT-7004', `attempt ${data.attempt} is not bound`)
  }
  const isOfRun =
    foreignProgress(data, commanded) === undefined &&
    progressAhead(data, commanded, at) === undefined
  if (!isOfRun || !isNews(state, data)) return []
  if (isGenuine) return onFact(state, input)
  if (waited >= WAIT_SECONDS) return []
  throw new RetryLater('PT-7004', `tool ${data.tool} is not known yet`)
}

/** The attempt that a heartbeat says it is of, as dispatch bound it; undefined where it did not yet. */
function commandedIn(state: State, said: ExecutionProgressed): CommandedAttempt | undefined {
  const { attempt } = said
  const run = state.status === 'run' ? state : undefined
  const bound = run?.bound.find((one) => one.attempt === attempt)
  if (bound === undefined) return undefined
  const { tool = run?.requested_tool ?? said.tool, bound_at: commanded_at } = bound
  return { tool, tool_command_id: commandId(said), attempt, commanded_at }
}

function commandId({ work_order_id, attempt }: ExecutionProgressed): string {
  return deriveId('cmd', work_order_id, attempt - 1)
}

/** Between the first and the last of an attempt nothing is new. */
function isNews(state: State, data: ExecutionProgressed): boolean {
  const known =
    state.status === 'run' ? state.progress.find((one) => one.attempt === data.attempt) : undefined
  if (known === undefined) return true
  return isLaterProgress(data, known.latest) || isLaterProgress(known.first, data)
}
