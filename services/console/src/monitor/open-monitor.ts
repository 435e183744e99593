import {
  EXCEPTION_TYPES,
  LIFECYCLE_STATES,
  type QueueState,
  type Seconds,
} from '@prooftrail/contracts'
import { type Host, type Reader, type Sampled, type Stoppable, sample } from '@prooftrail/runtime'
import { queueView } from '../queue.ts'
import type { State } from '../state.ts'
import { lifeKey, partsOf, ticketKey, UNSEALED } from './keys.ts'
import { type QueueSample, sampleQueue } from './sample-queue.ts'
import { Tally } from './tally.ts'
import { openTallies } from './tally-store.ts'

/** How often the oldest runs are asked for, and how old an answer of the door may be. */
const SAMPLE_MS = 5_000
const FRESH_MS = 1_000

/** The queue monitor: what gauges, door and streams say of the queue comes from here alone. */
export function openMonitor(
  { db, instance }: Pick<Host, 'db' | 'instance'>,
  store: Pick<Reader<State>, 'find' | 'count'>,
  stuckAfter: Seconds<QueueState>,
) {
  const tally = new Tally(openTallies(db, 'runs.tallies'), instance)
  const ask = () => sampleQueue(store, tally.totals(), new Date().toISOString())
  let sampled: Sampled<QueueSample> | undefined
  return {
    tally,
    newest: () => sampled?.value(),
    queue: async () => queueView(await (sampled?.fresh(FRESH_MS) ?? ask()), stuckAfter),
    start(): Stoppable {
      const keeping = keepTally(tally, store)
      const sampling = sample(SAMPLE_MS, ask)
      sampled = sampling
      return { stop: async () => void (await Promise.all([keeping.stop(), sampling.stop()])) }
    },
  }
}

/** How often tallies are written and read, and how long after a start they are compared. */
const REFRESH_MS = 2_000
const COMPARE_MS = 5_000

/** Keys that are compared also where nothing was counted yet. */
const ALWAYS = [
  ...LIFECYCLE_STATES.map(lifeKey),
  ...EXCEPTION_TYPES.map(ticketKey),
  UNSEALED,
] as const

/**
 * Keeps a tally written and read beside everything else, and compares it with the index after the
 * start, until both agree. What is away meanwhile is asked again at the next turn.
 */
export function keepTally(tally: Tally, store: Pick<Reader<State>, 'count'>): Stoppable {
  let isStopped = false
  let work: Promise<unknown> = Promise.resolve()
  let timer: NodeJS.Timeout | undefined
  let isCompared = false
  let comparedAt = Number.NEGATIVE_INFINITY

  async function turn(): Promise<void> {
    await tally.refresh()
    if (isCompared || performance.now() - comparedAt < COMPARE_MS) return
    comparedAt = performance.now()
    isCompared = await tally.compare(ALWAYS, (key) => store.count(filterOf(key)))
  }
  function next(): void {
    work = turn()
      .catch(() => undefined)
      .finally(() => {
        if (!isStopped) timer = setTimeout(next, REFRESH_MS).unref()
      })
  }
  next()
  return {
    async stop() {
      isStopped = true
      clearTimeout(timer)
      await work
      await tally.refresh().catch(() => undefined)
    },
  }
}

/** What the index finds under a key. */
export function filterOf(key: string): Record<string, unknown> {
  const [kind, value] = partsOf(key)
  return kind === 'life' ? { 'ix.lifecycle_state': value } : { 'ix.counted': key }
}
