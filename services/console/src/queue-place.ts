import type { QueueState, Seconds } from '@prooftrail/contracts'
import { timePlus } from '@prooftrail/trail/format'
import { isSettled } from './exceptions.ts'
import type { RunState } from './state.ts'

/** Where a run stands for whoever watches it, and since when (RFC 3339). */
export interface Place {
  state: QueueState
  since: string
}

/**
 * Where a run stands in the queue; undefined: at rest, or nothing is known of its acceptance. Pure: a
 * function of the run's facts, whatever their order.
 */
export function placeOf(run: RunState): Place | undefined {
  const { facts } = run
  if (facts.accepted_at === undefined || facts.closed_at !== undefined) return undefined
  if (facts.released_at !== undefined && facts.result_issued_at === undefined) return undefined
  const replay = awaitedReplay(run)
  if (replay !== undefined) return { state: 'replay', since: replay }
  return facts.result_issued_at === undefined ? beforeResult(run) : withResult(run)
}

/** Since when intake has had it. */
export function sinceOf(run: Pick<RunState, 'facts'>): string | undefined {
  return run.facts.accepted_at ?? run.facts.rejected_at
}

/** When the replay whose result is awaited was accepted. */
function awaitedReplay({ recoveries = [], expiries = [], result_number = 0 }: RunState) {
  const last = recoveries.findLast(({ replay }) => replay !== undefined)
  if (!last?.replay || last.replay.result_number <= result_number) return undefined
  const isGivenUp = expiries.some(({ ends, at }) => ends === 'replay' && at >= last.at)
  return isGivenUp ? undefined : last.at
}

function beforeResult({ facts, bound, progress }: RunState): Place {
  const { accepted_at = '', held_at, credit_pending_at, out_of_attempts_at } = facts
  const newest = bound.at(-1)
  if (newest === undefined) {
    if (held_at !== undefined) return { state: 'funded', since: held_at }
    return credit_pending_at === undefined
      ? { state: 'accepted', since: accepted_at }
      : { state: 'credit_pending', since: credit_pending_at }
  }
  if (out_of_attempts_at !== undefined && out_of_attempts_at > newest.bound_at) {
    return { state: 'stalled', since: out_of_attempts_at }
  }
  const said = progress.find(({ attempt }) => attempt === newest.attempt)
  return said
    ? { state: 'operating', since: said.latest.at }
    : { state: 'queued', since: newest.bound_at }
}

function withResult(run: RunState): Place | undefined {
  const { facts, exceptions, open } = run
  const { result_issued_at = '', callback_first_attempt_at, callback_parked_at } = facts
  if (facts.sealed_at === undefined) return { state: 'returning', since: result_issued_at }
  if (facts.callback_status === 'pending' || facts.callback_status === 'failed') {
    return { state: 'callback', since: callback_first_attempt_at ?? result_issued_at }
  }
  const tickets = exceptions.filter((one) => !isSettled(one)).map(({ ticket }) => ticket)
  const isGivenUp = tickets.some(({ exception_type }) => exception_type === 'callback_failure')
  if (isGivenUp) return { state: 'undelivered', since: callback_parked_at ?? result_issued_at }
  const since = open?.since ?? result_issued_at
  const { result_status } = facts
  if (result_status === 'partial' || result_status === 'failed')
    return { state: result_status, since }
  const [first] = tickets.map(({ created_at }) => created_at).sort()
  if (first !== undefined && facts.execution_mode !== 'standard') {
    return { state: 'exception', since: first > since ? first : since }
  }
  return facts.execution_mode === 'standard' ? undefined : { state: 'review', since }
}

/** When a run counts as stuck where it stands (RFC 3339). Where its tool runs, twice its own time at least. */
export function stuckAt(run: RunState, place: Place, after: Seconds<QueueState>): string {
  const { state, since } = place
  const ofTool = state === 'operating' || state === 'queued' || state === 'replay'
  const own = ofTool ? 2 * (run.pinned?.deadline_seconds ?? 0) : 0
  return timePlus(since, Math.max(after[state], own) * 1000)
}
