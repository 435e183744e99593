import { LIFECYCLE_STATES, type LifecycleState } from '@prooftrail/contracts'
import type { Reader } from '@prooftrail/runtime'
import { sinceOf } from '../queue-place.ts'
import type { RunState, State } from '../state.ts'
import { lifeKey, partsOf } from './keys.ts'
import { type Totals, thereOf } from './tally.ts'

/** What tallies do not say: which runs have waited longest, and until when. */
export interface QueueSample {
  /** RFC 3339. */
  taken_at: string
  totals: Totals
  oldest: readonly { lifecycle_state: LifecycleState; run: RunState }[]
  /** The oldest of each key of the queue. */
  first: ReadonlyMap<string, RunState>
  /** The oldest runs that an alert stands for. */
  stuck: readonly RunState[]
  /** RFC 3339: the acceptance of the oldest run without a seal. */
  unsealed?: string
  /** Runs with an accepted act whose result may still come. */
  acts: number
}

/** How many stuck runs are shown. */
const MAX_SHOWN = 20

/** Where a run stays: for its operator, or for ever. */
export const AT_REST: readonly LifecycleState[] = ['attested', 'failed', 'closed']

/** Asks for the oldest runs: a look at an index for each state that has one, however many there are. */
export async function sampleQueue(
  store: Pick<Reader<State>, 'find' | 'count'>,
  totals: Totals,
  now: string,
): Promise<QueueSample> {
  const first = async (filter: Record<string, unknown>, by: string) => {
    const [found] = await store.find(filter, { sort: { [by]: 1 }, limit: 1 })
    return found?.state.status === 'run' ? found.state : undefined
  }
  const states = LIFECYCLE_STATES.filter(
    (state) => !AT_REST.includes(state) && thereOf(totals, lifeKey(state)) > 0,
  )
  const queues = [...totals.keys()].filter(
    (key) => partsOf(key)[0] === 'queue' && thereOf(totals, key) > 0,
  )
  const [oldest, firsts, stuck, unsealed, acts] = await Promise.all([
    Promise.all(states.map((state) => first({ 'ix.lifecycle_state': state }, 'ix.since'))),
    Promise.all(queues.map((key) => first({ 'ix.queue': key }, 'ix.queue_since'))),
    store.find({ 'ix.stuck': '1' }, { sort: { 'ix.stuck_since': 1 }, limit: MAX_SHOWN }),
    first({ 'ix.unsealed': { $exists: true } }, 'ix.unsealed'),
    store.count({ 'ix.replay_ends': { $gt: now } }),
  ])
  const at = unsealed && sinceOf(unsealed)
  return {
    ...{ taken_at: now, totals, acts },
    oldest: states.flatMap((lifecycle_state, i) => {
      const run = oldest[i]
      return run ? [{ lifecycle_state, run }] : []
    }),
    first: new Map(queues.flatMap((key, i) => (firsts[i] ? [[key, firsts[i]] as const] : []))),
    stuck: stuck.flatMap(({ state }) => (state.status === 'run' ? [state] : [])),
    ...(at === undefined ? {} : { unsealed: at }),
  }
}
