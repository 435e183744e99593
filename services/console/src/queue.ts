import {
  commandOf,
  LIFECYCLE_STATES,
  QUEUE_STATES,
  type QueueState,
  type Seconds,
  STATE_LIMITS,
  STUCK_REASONS,
} from '@prooftrail/contracts'
import type { AnswerOf } from '@prooftrail/contracts/doors'
import { beatKey, lifeKey, partsOf, queueKey, stuckKey } from './monitor/keys.ts'
import { AT_REST, type QueueSample } from './monitor/sample-queue.ts'
import { type Totals, thereOf } from './monitor/tally.ts'
import { placeOf, sinceOf, stuckAt } from './queue-place.ts'
import type { RunState } from './state.ts'

/** The queue monitor: how many runs stand where, which has waited longest, and what helps those that stand still. */

export type QueueView = AnswerOf<'GET /v1/queue'>
type Row = QueueView['monitor'][number]

/** What the door answers out of a look at the queue. Pure. @param after seconds after which runs count as stuck */
export function queueView(sample: QueueSample, after: Seconds<QueueState>): QueueView {
  const { totals, taken_at, oldest, stuck } = sample
  const counted = LIFECYCLE_STATES.map((state) => [state, thereOf(totals, lifeKey(state))] as const)
  const onTheWay = counted.filter(([state]) => !AT_REST.includes(state))
  const total = (isException: boolean) =>
    onTheWay
      .filter(([state]) => (state === 'exception_open') === isException)
      .reduce((sum, [, n]) => sum + n, 0)
  const monitor = rowsOf(sample, after)
  return {
    object_type: 'agent_queue_scheduler_monitor',
    generated_at: taken_at,
    lifecycle_counts: Object.fromEntries(counted),
    waiting: total(false),
    open_exceptions: total(true),
    oldest_waiting: oldest
      .flatMap(({ lifecycle_state, run }) => {
        const since = sinceOf(run)
        if (since === undefined) return []
        const { work_order_id } = run
        return [{ lifecycle_state, work_order_id, since, seconds: secondsFrom(since, taken_at) }]
      })
      .sort((a, b) => (a.since < b.since ? -1 : 1)),
    stuck: monitor.reduce((sum, row) => sum + row.stuck, 0),
    stuck_runs: stuck.flatMap((run) => stuckRun(run, taken_at)),
    monitor,
  }
}

/** A row for each tool and each state that a run of it was ever in, in the order of the flow. */
function rowsOf({ totals, first, taken_at }: QueueSample, after: Seconds<QueueState>): Row[] {
  const keys = [...totals.keys()].filter((key) => partsOf(key)[0] === 'queue').sort()
  const tools = [...new Set(keys.map((key) => partsOf(key)[1] ?? ''))]
  return tools.flatMap((tool) =>
    QUEUE_STATES.flatMap((state) => {
      const key = queueKey(tool, state)
      const moves = totals.get(key)
      if (moves === undefined) return []
      const reasons = reasonsOf(totals, tool, state)
      const stuck = reasons.reduce((sum, { runs }) => sum + runs, 0)
      const runs = thereOf(totals, key)
      const { act, look } = STATE_LIMITS[state]
      const { processed, advanced, last_at } = moves
      return [
        {
          ...{ requested_tool: tool, state, runs, processed, advanced, last_at },
          queue_state: stuck > 0 ? 'stuck' : runs > 0 ? 'moving' : 'at_rest',
          ...heartbeatOf(totals, tool, state, reasons),
          ...nextOf(first.get(key), taken_at, after),
          ...{ stuck, stuck_reasons: reasons },
          ...(stuck > 0 ? { recommended_action: act ?? look } : {}),
          retry_ready: act ? stuck : 0,
        } satisfies Row,
      ]
    }),
  )
}

/** Why runs of a tool are stuck in a state, and how many of each. */
function reasonsOf(totals: Totals, tool: string, state: string): Row['stuck_reasons'] {
  return STUCK_REASONS.flatMap((reason) => {
    const runs = thereOf(totals, stuckKey(tool, state, reason))
    return runs > 0 ? [{ reason, runs }] : []
  })
}

/** When an executor of the tool was heard last, where it works on the runs; late: one of them is missed. */
function heartbeatOf(
  totals: Totals,
  tool: string,
  state: QueueState,
  reasons: Row['stuck_reasons'],
): Pick<Row, 'heartbeat' | 'heartbeat_at'> {
  const at = totals.get(beatKey(tool))?.last_at
  if (state !== 'operating' || at === undefined) return {}
  const isMissed = reasons.some(({ reason }) => reason === 'queue_heartbeat_missed')
  return { heartbeat: isMissed ? 'late' : 'on_time', heartbeat_at: at }
}

/** The run that has stood there longest, and when it is looked at next: it counts as stuck then, or ends. */
function nextOf(
  run: RunState | undefined,
  now: string,
  after: Seconds<QueueState>,
): Pick<Row, 'oldest' | 'next_at'> {
  const place = run && placeOf(run)
  if (!run || !place) return {}
  const next = run.stuck ? run.open?.until : stuckAt(run, place, after)
  const { work_order_id } = run
  return {
    oldest: { work_order_id, since: place.since, seconds: secondsFrom(place.since, now) },
    ...(next === undefined ? {} : { next_at: next }),
  }
}

function stuckRun(run: RunState, now: string): QueueView['stuck_runs'] {
  if (run.stuck === undefined) return []
  const { work_order_id, requested_tool } = run
  const { alert_id, state, since, reason } = run.stuck
  const limit = QUEUE_STATES.find((one) => one === state)
  if (limit === undefined) return []
  const { act, look, ends } = STATE_LIMITS[limit]
  return [
    {
      work_order_id,
      ...(requested_tool === undefined ? {} : { requested_tool }),
      ...{ alert_id, state, since, stuck_reason: reason },
      seconds: secondsFrom(since, now),
      recommended_action: act ?? look,
      ...(act ? { command: commandOf(act, work_order_id) } : {}),
      ends,
    },
  ]
}

function secondsFrom(since: string, now: string): number {
  return Math.max(0, Math.round((Date.parse(now) - Date.parse(since)) / 1000))
}
