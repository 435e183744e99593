import type { DispatchEvent } from '../state.ts'
import { HALF_MADE, isUnlooked } from './decide-batch.ts'
import { CHUNK, chunkDocuments } from './names.ts'
import { creditAfter, shareOf, stepOf } from './pace.ts'
import type { Batch, BatchContext, Progress } from './state.ts'
import { answered, answersOf, givenUp, isOver, recounted, underWay } from './tally.ts'

/** How often a batch that runs goes on. */
const TICK_MS = 1_000
/** An act that is not answered by then was parked, or nobody knows what became of it. */
const ANSWER_MS = 120_000
/** Between two ticks so far apart nobody was there to answer. */
const AWAY_MS = 10_000

/** A batch goes on: it counts its answers, asks for more runs, or ends. */
export function onTick(batch: Batch, context: BatchContext): readonly DispatchEvent[] {
  const at = new Date(context.now).toISOString()
  const seen = withAnswers(batch, context, at)
  if (!isOver(seen) && at >= seen.terms.expires_at) {
    return [ticked(seen, at), changed(seen, 'expired', at)]
  }
  if (isUnlooked(seen)) return [looked(seen, context, at)]
  const under = underWay(seen)
  const silentMs = context.now - Date.parse(seen.heard_at)
  if (under > 0 && silentMs > ANSWER_MS) return silent(seen, under, at)
  if (seen.stands !== 'running') return [ticked(seen, at)]
  const left = seen.terms.total - seen.advanced
  if (left === 0 && under === 0) return [ticked(seen, at), changed(seen, 'done', at)]
  const share = shareOf(seen, context.register, context.perSecond)
  const credit = creditAfter(seen.credit, share, context.now - Date.parse(seen.credited_at))
  const step = stepOf(credit, share, { under, left })
  const paid = { ...seen, credit: credit - step, credited_at: at }
  return [ticked(step > 0 ? { ...paid, heard_at: at } : paid, at), ...nextRuns(seen, step, at)]
}

/** Whether its runs are all there; one whose making was cut short ends. */
function looked(batch: Batch, { chunks }: BatchContext, at: string): DispatchEvent {
  const { batch_id, terms } = batch
  const isWhole = chunkDocuments(batch_id, terms).every((id) => chunks.has(id))
  if (isWhole) return { type: 'batch.whole', data: { batch_id } }
  return changed(batch, 'expired', at, { reason: HALF_MADE })
}

/** The batch with its answers, and when it last heard of one. */
function withAnswers(batch: Batch, { chunks, now }: BatchContext, at: string): Batch {
  const seen = recounted(batch, chunks)
  const isNews = answered(answersOf(seen)) !== answered(answersOf(batch))
  const wasAway = now - Date.parse(batch.tick_at) > AWAY_MS
  return { ...seen, heard_at: isNews || wasAway ? at : batch.heard_at }
}

/** Acts that nobody answered count as that, until somebody does. */
function silent(batch: Batch, count: number, at: string): DispatchEvent[] {
  return [
    ticked({ ...givenUp(batch), heard_at: at }, at),
    { type: 'batch-item.unanswered', data: { count } },
  ]
}

function ticked(batch: Batch, at: string): DispatchEvent {
  const { through, open_chunks, unanswered, credit, credited_at, heard_at } = batch
  const counted = { through, open_chunks, unanswered }
  const progress: Progress = { ...counted, credit, credited_at, heard_at }
  const since = Math.max(Date.parse(at), Date.parse(batch.tick_at))
  const tick_at = new Date(since + TICK_MS).toISOString()
  return { type: 'batch.ticked', data: { ...progress, tick_at } }
}

function changed(
  { batch_id, terms }: Batch,
  status: 'done' | 'expired',
  changed_at: string,
  why: { reason?: string } = {},
): DispatchEvent {
  return {
    type: 'batch.changed',
    data: { batch_id, status, changed_by: 'dispatch', changed_at, terms, ...why },
  }
}

/** The next runs, as far as each chunk may go. */
function nextRuns({ batch_id, advanced }: Batch, step: number, at: string): DispatchEvent[] {
  const events: DispatchEvent[] = []
  const end = advanced + step
  for (let from = advanced; from < end; ) {
    const chunk = Math.floor(from / CHUNK)
    from = Math.min(end, (chunk + 1) * CHUNK)
    const upto = from - chunk * CHUNK
    events.push({ type: 'batch.advanced', data: { batch_id, chunk, upto, advanced_at: at } })
  }
  return events
}
