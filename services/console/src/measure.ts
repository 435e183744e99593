import {
  EXCEPTION_TYPES,
  LIFECYCLE_STATES,
  lifecycleState,
  STUCK_REASONS,
} from '@prooftrail/contracts'
import {
  exemplarOf,
  type Handles,
  type Measured,
  type Reading,
  type Reads,
  type Streams,
} from '@prooftrail/runtime'
import type { ProjectionAge } from './live/projection-age.ts'
import type { metrics } from './metric-table.ts'
import { keysOf, lifeKey, partsOf, queueKey, ticketKey, toolOf, UNSEALED } from './monitor/keys.ts'
import type { QueueSample } from './monitor/sample-queue.ts'
import { type Tally, thereOf } from './monitor/tally.ts'
import { placeOf } from './queue-place.ts'
import type { ConsoleEvent, ConsoleInput, RunState, State } from './state.ts'

type Table = typeof metrics

/** Times the two spans of an order's life by the broker's clock, each once, and counts what moved. */
export function measureWith(
  {
    order_acceptance_seconds: acceptance,
    order_seal_seconds: seal,
  }: Pick<Handles<Table>, 'order_acceptance_seconds' | 'order_seal_seconds'>,
  tally: Pick<Tally, 'moved' | 'heard'>,
) {
  return (measured: Measured<State, ConsoleInput, ConsoleEvent>): void => {
    const { input, state, next, traceId } = measured
    if (next.status === 'run') {
      tally.moved(state.status === 'run' ? state : undefined, next, input.at)
      if (input.type === 'execution.progressed') tally.heard(input.data.tool, input.at)
    }
    const exemplarLabels = exemplarOf(traceId)
    if (input.type === 'work-order.accepted') {
      const value = secondsBetween(input.data.accepted.accepted_at, input.at)
      acceptance.observe({ value, exemplarLabels })
    }
    if (input.type !== 'trail.attested' || state.status !== 'run') return
    const { accepted_at, sealed_at } = state.facts
    if (accepted_at !== undefined && sealed_at === undefined) {
      seal.observe({ value: secondsBetween(accepted_at, input.at), exemplarLabels })
    }
  }
}

function secondsBetween(from: string, to: string): number {
  return Math.max(0, (Date.parse(to) - Date.parse(from)) / 1000)
}

/** Members of a run's index that its counts are compared by, and the oldest of each is found by. */
export function countedBy(run: RunState): Record<string, string | readonly string[] | undefined> {
  const { accepted_at } = run.facts
  const lifecycle = lifecycleState(run.facts)
  const isOver = lifecycle === 'failed' || lifecycle === 'closed'
  const counted = keysOf(run)
  const place = placeOf(run)
  return {
    counted,
    unsealed: counted.includes(UNSEALED) ? accepted_at : undefined,
    replay_ends: isOver ? undefined : awaitedReplay(run),
    stuck: run.stuck ? '1' : undefined,
    stuck_since: run.stuck?.since,
    queue: place && queueKey(toolOf(run), place.state),
    queue_since: place?.since,
  }
}

/** When the newest accepted act whose result has not come ends by itself. */
function awaitedReplay({ recoveries = [], result_number = 0 }: RunState): string | undefined {
  const [last] = recoveries.flatMap(({ replay }) => replay ?? []).slice(-1)
  return last && last.result_number > result_number ? last.ends_at : undefined
}

/** Over the runs alone that have the member. */
const partial = (name: string, ...others: string[]) => ({
  name,
  key: Object.fromEntries([name, ...others].map((one) => [`ix.${one}`, 1 as const])),
  partialFilterExpression: { [`ix.${name}`]: { $exists: true } },
})

export const COUNTING_INDEXES = [
  { name: 'counted', key: { 'ix.counted': 1 } as const },
  partial('unsealed'),
  partial('replay_ends'),
  partial('stuck', 'stuck_since'),
  partial('queue', 'queue_since'),
]

/** What the gauges read of the newest look. */
export function readsOf(newest: () => QueueSample | undefined): Reads<Table> {
  const count = (key: string) => {
    const sample = newest()
    return sample && thereOf(sample.totals, key)
  }
  const each = <V extends string>(label: string, values: readonly V[], key: (one: V) => string) => {
    const sample = newest()
    return sample && values.map((one) => reading({ [label]: one }, sample, key(one)))
  }
  return {
    runs: () => each('state', LIFECYCLE_STATES, lifeKey),
    runs_queued: () => queued(newest()),
    runs_unsealed: () => count(UNSEALED),
    runs_unsealed_age_seconds() {
      const known = newest()
      if (known === undefined) return undefined
      const { unsealed } = known
      return unsealed === undefined ? 0 : secondsBetween(unsealed, new Date().toISOString())
    },
    exceptions_open: () => each('type', EXCEPTION_TYPES, ticketKey),
    acts_open: () => newest()?.acts,
    runs_stuck: () => stuckByReason(newest()),
  }
}

function reading(labels: Record<string, string>, { totals }: QueueSample, key: string): Reading {
  return { labels, value: thereOf(totals, key) }
}

/** Runs by their tool and where they stand. */
function queued(sample: QueueSample | undefined): Reading[] | undefined {
  if (sample === undefined) return undefined
  return [...sample.totals.keys()].flatMap((key) => {
    const [kind, tool = '', state = ''] = partsOf(key)
    return kind === 'queue' ? [reading({ tool, state }, sample, key)] : []
  })
}

function stuckByReason(sample: QueueSample | undefined): Reading[] | undefined {
  if (sample === undefined) return undefined
  const counts = new Map<string, number>(STUCK_REASONS.map((reason) => [reason, 0]))
  for (const key of sample.totals.keys()) {
    const [kind, , , reason = ''] = partsOf(key)
    if (kind !== 'stuck') continue
    counts.set(reason, (counts.get(reason) ?? 0) + thereOf(sample.totals, key))
  }
  return [...counts].map(([reason, value]) => ({ labels: { reason }, value }))
}

/** What the gauges read of the streams. */
export function readsOfStreams(
  streams: Pick<Streams, 'size' | 'refused' | 'cut' | 'sent'>,
  age: Pick<ProjectionAge, 'now'>,
): Reads<Table> {
  return {
    streams_open: () => streams.size,
    streams_refused_total: () => streams.refused,
    streams_cut_total: () => streams.cut,
    stream_events_total: () => streams.sent,
    projection_behind_seconds: () => age.now().behind_seconds ?? undefined,
  }
}
