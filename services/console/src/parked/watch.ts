import { type Basics, type Reading, type Reads, type Stoppable, sample } from '@prooftrail/runtime'
import type { metrics } from '../metric-table.ts'
import type { ConsoleInput, State } from '../state.ts'
import { SETTLED_DAYS } from './row.ts'
import type { OpenCount, ParkedKeep, ParkedRows } from './tools.ts'

/** So many entries are kept; beyond, the oldest that block nothing leave the collection, and stay on the topic. */
export const MOST_KEPT = 50_000
const COUNT_MS = 5_000
const CLEAR_MS = 60_000
const DAY_MS = 86_400_000

/** Counts what is open, out of what is stored: a restart forgets nothing, and every instance tells the same. */
export function countOpen(rows: Pick<ParkedRows, 'counts'>) {
  return sample(COUNT_MS, () => rows.counts())
}

/** What the gauges read of the newest counts. */
export function readsOfParked(
  counts: () => readonly OpenCount[] | undefined,
  now: () => number = Date.now,
): Reads<Pick<typeof metrics, 'parked_open' | 'parked_open_age_seconds'>> {
  const each = (value: (one: OpenCount) => number) =>
    counts()?.map((one): Reading => {
      const { topic, code } = one
      return { labels: { topic, code }, value: value(one) }
    })
  return {
    parked_open: () => each(({ count }) => count),
    parked_open_age_seconds: () =>
      each(({ oldest }) => Math.max(0, now() - Date.parse(oldest)) / 1000),
  }
}

/**
 * Drops what was settled long ago, and what would make the collection grow without end; now and then,
 * as long as it is not stopped.
 * @param dropped counts open ones that left
 */
export function clearParked(
  rows: ParkedKeep,
  dropped: { inc(count: number): void },
  log: Basics<State, ConsoleInput>['log'],
): Stoppable {
  return sample(CLEAR_MS, async () => {
    await rows.dropSettled(new Date(Date.now() - SETTLED_DAYS * DAY_MS).toISOString())
    const over = await rows.dropBeyond(MOST_KEPT)
    if (over === 0) return
    dropped.inc(over)
    log.warn(
      { dropped: over, most: MOST_KEPT },
      'parked messages left the list: there were too many',
    )
  })
}
