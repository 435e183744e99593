import type { BatchItemStatus } from '@prooftrail/contracts/doors'
import { sharedAct } from './act-of.ts'
import { requestsOf } from './decide-batch.ts'
import { CHUNK } from './names.ts'
import type { Batch, Chunk, ChunkItem } from './state.ts'
import { answersOf, isOver, underWay } from './tally.ts'

/** Batches as doors show them. */

export function batchView(batch: Batch) {
  const { batch_id, terms, stands, changes, advanced } = batch
  const { act: _, ...limits } = terms
  const { accepted, refused } = answersOf(batch)
  const asked = underWay(batch)
  const rest = terms.total - advanced
  const last = changes.at(-1)
  return {
    batch_id,
    status: stands,
    act: sharedAct(terms),
    ...limits,
    counts: {
      ...{ accepted, refused, asked },
      unanswered: Math.max(0, advanced - accepted - refused - asked),
      ...(isOver(batch) ? { waiting: 0, not_asked: rest } : { waiting: rest, not_asked: 0 }),
    },
    allowed: requestsOf(batch),
    /** Whether nothing more comes: it has ended, and what was asked is answered or given up. */
    settled: isOver(batch) && asked === 0,
    ...(isOver(batch) && last ? { ended_at: last.changed_at } : {}),
    changes,
  }
}

/** A run of a batch with its answer. */
export function itemView(batch: Batch, chunk: Chunk, place: number) {
  const item = chunk.items[place]
  if (item === undefined) return undefined
  const { work_order_id, answer, code } = item
  const status = statusOf(batch, chunk, place, item)
  const { status: _, ...said } = answer ?? {}
  return {
    ...{ index: chunk.chunk * CHUNK + place, work_order_id, status },
    ...(status === 'waiting' && code !== undefined ? { code } : {}),
    ...(status === 'unanswered' ? { code: 'PT-2068' } : {}),
    ...(status === 'accepted' || status === 'refused' ? said : {}),
  }
}

function statusOf(
  batch: Batch,
  chunk: Chunk,
  place: number,
  { answer }: ChunkItem,
): BatchItemStatus {
  if (answer) return answer.status
  const isAsked = place < chunk.upto || chunk.chunk * CHUNK + place < batch.advanced
  if (!isAsked) return isOver(batch) ? 'not_asked' : 'waiting'
  const open = batch.open_chunks.find((one) => one.chunk === chunk.chunk)
  return place < (open?.given_up?.upto ?? 0) ? 'unanswered' : 'asked'
}
