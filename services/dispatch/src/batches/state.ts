import type { BatchItem, BatchStatus, BatchTerms } from '@prooftrail/contracts'
import type { DispatchEvent } from '../state.ts'

/**
 * A batch in documents that do not grow with it: one that knows where it stands, one per chunk of its
 * runs, and one for all batches that says which are open.
 */

/** What somebody did to a batch, and why. */
export interface BatchChange {
  status: BatchStatus
  changed_by: string
  changed_at: string
  reason?: string
}

/** How many answers came to the runs of one chunk that were asked for. */
export interface Tally {
  accepted: number
  refused: number
}

/** A chunk that was asked for and is not through, with its answers so far. */
export interface OpenChunk extends Tally {
  chunk: number
  /** Of its runs up to one, those that were not answered within ANSWER_MS, and not since. */
  given_up?: { upto: number; count: number }
}

/** How far a batch is, as its last tick saw it. */
export interface Progress {
  /** Answers of chunks that are through. */
  through: Tally
  open_chunks: readonly OpenChunk[]
  /** What was given up of all chunks. */
  unanswered: number
  /** Acts that may be asked for by now. */
  credit: number
  /** Until when credit was given, and when the last answer or the last run to ask for came. */
  credited_at: string
  heard_at: string
}

/** A batch. Document `batch/<batch_id>`. */
export interface Batch extends Progress {
  status: 'batch'
  part: 'batch'
  batch_id: string
  terms: BatchTerms
  stands: BatchStatus
  changes: readonly BatchChange[]
  /** Runs that are asked for, from its first one on. */
  advanced: number
  tick_at: string
  /** Its runs were found to be all there. */
  whole?: true
}

/** A run's answer. */
export interface Answer {
  status: 'accepted' | 'refused'
  at: string
  code?: string
  detail?: string
}

/** A run of a batch, with what was asked and answered. */
export interface ChunkItem extends BatchItem {
  /** Digest of the act that was asked for. */
  asked?: string
  answer?: Answer
}

/** Runs of a batch. Document `batch-runs/<batch_id>/<chunk>`. */
export interface Chunk {
  status: 'batch'
  part: 'chunk'
  batch_id: string
  chunk: number
  terms: BatchTerms
  items: readonly ChunkItem[]
  /** Runs that were asked for, from the first one on. */
  upto: number
}

/** Which batches have not ended. Document `batches`. */
export interface Register {
  status: 'batch'
  part: 'register'
  open: Readonly<Record<string, { stands: BatchStatus; per_second: number }>>
}

export type BatchState = Batch | Chunk | Register

/** Events that are only folded into the documents of batches. */
export interface BatchEvents {
  'batch.chunk-known': Pick<Chunk, 'batch_id' | 'chunk' | 'terms' | 'items'>
  'batch.whole': { batch_id: string }
  'batch.ticked': Progress & { tick_at: string }
  /** Runs of the chunk that were asked for by now. */
  'batch-item.asked': { upto: number }
  'batch-item.accepted': ItemAnswered
  'batch-item.refused': ItemAnswered
  'batch-item.unanswered': { count: number }
  'batch.registered': { batch_id: string; stands: BatchStatus; per_second: number }
}

/** What the documents of batches are folded from. */
export type BatchEvent = Extract<
  DispatchEvent,
  { type: keyof BatchEvents | 'batch.changed' | 'batch.advanced' | 'recovery.requested' }
>

interface ItemAnswered extends Omit<Answer, 'status'> {
  /** Of the run in its chunk. */
  place: number
}

/** What the documents of batches are decided with, besides their state. */
export interface BatchContext {
  /** Epoch milliseconds: a due time may be long past, a pace is kept by the clock. */
  now: number
  /** Acts asked for in a second by all batches together, at most. */
  perSecond: number
  register: Register | undefined
  /** Chunks that were asked for and are not through, by their document. */
  chunks: ReadonlyMap<string, Chunk>
}
