import type { Batch, Register } from './state.ts'

/**
 * How fast batches go on. No batch asks for more than its own rate; all that run share one rate in
 * proportion to what they may; and none has more under way than what is answered in a moment, so
 * that whoever asks for a single act never waits behind a batch.
 */

/** So many are asked for together at least, so that a slow batch is not a message per run. */
const LEAST = 10
/** Answers may be so many seconds behind. */
const AHEAD_SECONDS = 2

/**
 * Acts that this batch may ask for in a second.
 * @param perSecond what all may together
 */
export function shareOf(
  { batch_id, terms }: Batch,
  register: Register | undefined,
  perSecond: number,
) {
  const others = Object.entries(register?.open ?? {}).filter(
    ([id, one]) => id !== batch_id && one.stands === 'running',
  )
  const all = others.reduce((sum, [, one]) => sum + one.per_second, terms.per_second)
  return Math.min(terms.per_second, (perSecond * terms.per_second) / all)
}

/** The credit after a time; what nobody used is not kept for later. */
export function creditAfter(credit: number, share: number, ms: number): number {
  return Math.min(credit + (share * Math.max(0, ms)) / 1000, Math.max(share * AHEAD_SECONDS, LEAST))
}

/**
 * How many runs to ask for now.
 * @param under asked for and not answered
 * @param left not asked for
 */
export function stepOf(
  credit: number,
  share: number,
  { under, left }: Record<'under' | 'left', number>,
) {
  const room = Math.max(LEAST, Math.floor(share * AHEAD_SECONDS)) - under
  const step = Math.min(Math.floor(credit), room, left)
  return step >= Math.min(LEAST, left) ? Math.max(0, step) : 0
}
