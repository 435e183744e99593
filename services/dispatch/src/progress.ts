import {
  type BeatMark,
  type CommandedAttempt,
  foreignProgress,
  type GenuineProgress,
  isLaterProgress,
  progressAhead,
} from '@prooftrail/contracts'
import { type Message, Refusal, RetryLater, WAIT_SECONDS } from '@prooftrail/runtime'
import { heardUntil } from './silence.ts'
import type { DispatchEvent, OrderState, State } from './state.ts'

type Commanded = Extract<OrderState, { status: 'commanded' }>
type Progressed = Message<'execution.progressed'>

/**
 * A sign of life moves the time at which the attempt counts as silent. What it is not, is counted and
 * moves nothing: a stranger must not end an attempt, nor keep it alive.
 * @throws Refusal PT-2011 to PT-2013, quietly; RetryLater while the tool's registration was not read
 *   yet, since topics are read apart
 */
export function onExecutionProgressed(
  state: State,
  { data, at, waited = 0 }: Progressed,
  { genuine, tools }: { genuine: GenuineProgress; tools: ReadonlyMap<string, unknown> },
): readonly DispatchEvent[] {
  if (state.status !== 'commanded') return []
  const commanded = commandedIn(state)
  const foreign = foreignProgress(data, commanded)
  if (foreign !== undefined) throw quiet('PT-2012', foreign)
  const ahead = progressAhead(data, commanded, at)
  if (ahead !== undefined) throw quiet('PT-2013', ahead)
  if (!isLaterProgress(data, markOf(state))) return []
  if (!genuine.has(data)) {
    const isToolKnown = tools.has(commanded.tool) || waited >= WAIT_SECONDS
    if (!isToolKnown) throw new RetryLater('PT-2011', `${data.tool} is not registered yet`)
    throw quiet('PT-2011', `no signature of ${data.tool} that counts`)
  }
  const heard_at = state.heard_at ?? at
  const due_at = heardUntil(heard_at, at, state.accepted.pins.limits)
  // A sender whose clock is fast shuts nobody else out: no mark lies ahead of its arrival.
  const said_at = data.at < at ? data.at : at
  return [{ type: 'attempt.heard', data: { sequence: data.sequence, said_at, heard_at, due_at } }]
}

/** Whether a heartbeat moves anything if it is genuine: nothing is read or verified for another. */
export function mayMove(state: State, { data, at }: Progressed): boolean {
  if (state.status !== 'commanded') return false
  const commanded = commandedIn(state)
  return (
    foreignProgress(data, commanded) === undefined &&
    progressAhead(data, commanded, at) === undefined &&
    isLaterProgress(data, markOf(state))
  )
}

function commandedIn({ accepted, attempts }: Commanded): CommandedAttempt {
  const current = attempts[attempts.length - 1]
  if (!current) throw new Error(`${accepted.work_order_id} is commanded without an attempt`)
  return { ...current, tool: accepted.pins.tool }
}

function markOf({ sequence, said_at }: Commanded): BeatMark | undefined {
  return said_at === undefined ? undefined : { sequence, at: said_at }
}

function quiet(code: 'PT-2011' | 'PT-2012' | 'PT-2013', detail: string): Refusal {
  return new Refusal(code, detail, { isQuiet: true })
}
