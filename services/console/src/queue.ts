import { LIFECYCLE_STATES, type LifecycleState } from '@prooftrail/contracts'
import type { Reader } from '@prooftrail/runtime'
import type { State } from './state.ts'

/** How many runs stand where, and which has waited longest. */
export interface QueueView {
  object_type: 'agent_queue_scheduler_monitor'
  generated_at: string
  lifecycle_counts: Record<string, number>
  /** Runs that wait for a service: neither attested nor ended, and no exception is open. */
  waiting: number
  /** Runs that wait for somebody to settle an exception. */
  open_exceptions: number
  /** The oldest of each state that is not at rest, longest first. */
  oldest_waiting: {
    lifecycle_state: LifecycleState
    work_order_id: string
    since: string
    seconds: number
  }[]
}

/** Where a run stays: for its operator, or for ever. */
const AT_REST: readonly LifecycleState[] = ['attested', 'failed', 'closed']

/** @param now RFC 3339 */
export async function queueView(
  store: Pick<Reader<State>, 'find' | 'count'>,
  now: string,
): Promise<QueueView> {
  const counted = await Promise.all(
    LIFECYCLE_STATES.map(
      async (state) => [state, await store.count({ 'ix.lifecycle_state': state })] as const,
    ),
  )
  const onTheWay = counted.filter(([state, n]) => n > 0 && !AT_REST.includes(state))
  const oldest = await Promise.all(
    onTheWay.map(async ([lifecycle_state]) => {
      const [first] = await store.find(
        { 'ix.lifecycle_state': lifecycle_state },
        { sort: { 'ix.since': 1 }, limit: 1 },
      )
      const run = first?.state
      const since = run?.status === 'run' ? sinceOf(run) : undefined
      if (!first || since === undefined) return []
      const seconds = Math.max(0, Math.round((Date.parse(now) - Date.parse(since)) / 1000))
      return [{ lifecycle_state, work_order_id: first.id, since, seconds }]
    }),
  )
  return {
    object_type: 'agent_queue_scheduler_monitor',
    generated_at: now,
    lifecycle_counts: Object.fromEntries(counted),
    waiting: total(onTheWay.filter(([state]) => state !== 'exception_open')),
    open_exceptions: total(onTheWay.filter(([state]) => state === 'exception_open')),
    oldest_waiting: oldest.flat().sort((a, b) => (a.since < b.since ? -1 : 1)),
  }
}

function total(counted: readonly (readonly [LifecycleState, number])[]): number {
  return counted.reduce((sum, [, n]) => sum + n, 0)
}

/** Since when intake has had it. */
export function sinceOf(run: { facts: { accepted_at?: string; rejected_at?: string } }) {
  return run.facts.accepted_at ?? run.facts.rejected_at
}
