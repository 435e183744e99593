import {
  commandOf,
  lifecycleState,
  type QueueState,
  type Seconds,
  STATE_LIMITS,
  STUCK_AFTER,
  stuckReason,
  type TaskStuck,
} from '@prooftrail/contracts'
import type { Input } from '@prooftrail/runtime'
import { digestOf } from '@prooftrail/trail/encoding'
import { evolve } from './evolve.ts'
import { isSettled } from './exceptions.ts'
import { type Place, placeOf, stuckAt } from './queue-place.ts'
import type { ConsoleEvent, Context, RunState, State, Stuck } from './state.ts'

/**
 * Runs that do not go on.
 * S1 An alert is raised once per episode: a state, and since when. Its id says which, so that a
 *    projection that is made again says the same.
 * S2 It is cleared by the first fact that takes the run elsewhere, or begins its time anew.
 */

/** When the run is to be looked at; undefined while an alert stands, and at rest. */
export function dueOf(state: State, after: Seconds<QueueState> = STUCK_AFTER): string | undefined {
  if (state.status !== 'run' || state.stuck) return undefined
  const place = placeOf(state)
  return place && stuckAt(state, place, after)
}

/** Raises the alert of a run that still stands where it stood. */
export function onDue(
  state: State,
  { at }: Pick<Input, 'at'>,
  { stuckAfter, publicUrl }: Pick<Context, 'stuckAfter' | 'publicUrl'>,
): readonly ConsoleEvent[] {
  const time = dueOf(state, stuckAfter)
  if (state.status !== 'run' || time === undefined || at < time) return []
  const place = placeOf(state)
  return place ? [{ type: 'task.stuck', data: alertOf(state, place, at, publicUrl) }] : []
}

function alertOf(run: RunState, { state, since }: Place, at: string, publicUrl: string): TaskStuck {
  const { work_order_id, task_token = '', requested_tool } = run
  const { act, look, ends } = STATE_LIMITS[state]
  const open = run.exceptions.filter((one) => !isSettled(one))
  const types = open.map(({ ticket }) => ticket.exception_type)
  return {
    object_type: 'agent_stuck_task_alert',
    alert_id: `alert_${digestOf([work_order_id, state, since]).slice(7, 39)}`,
    ...{ work_order_id, task_token, current_lifecycle_state: lifecycleState(run.facts) },
    ...{ state, stuck_since: since, stuck_reason: stuckReason(state, types) },
    recommended_action: act ?? look,
    ...(act ? { command: commandOf(act, work_order_id) } : {}),
    ...(act && task_token ? { retry_command_url: `${publicUrl}/v1/tasks/${task_token}/acts` } : {}),
    ...(requested_tool === undefined ? {} : { requested_tool }),
    duration_minutes: Math.max(0, Math.floor((Date.parse(at) - Date.parse(since)) / 60_000)),
    ...{ ends, created_at: at },
  }
}

/** What a fact leads to: the alert that stood is over where the run stands elsewhere now. */
export function cleared(state: State, folded: ConsoleEvent, at: string): readonly ConsoleEvent[] {
  if (state.status !== 'run' || state.stuck === undefined) return []
  const next = evolve(state, folded)
  if (next.status !== 'run') return []
  const place = placeOf(next)
  if (place && isSame(place, state.stuck)) return []
  const { alert_id } = state.stuck
  return [
    {
      type: 'task.moved',
      data: {
        ...{ work_order_id: state.work_order_id, alert_id, moved_at: at },
        current_lifecycle_state: lifecycleState(next.facts),
        ...(place ? { state: place.state } : {}),
      },
    },
  ]
}

function isSame(place: Place, stuck: Stuck): boolean {
  return place.state === stuck.state && place.since === stuck.since
}
