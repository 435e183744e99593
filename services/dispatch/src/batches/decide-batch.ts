import type { BatchRequested, BatchStatus } from '@prooftrail/contracts'
import { BATCH_LATER } from '@prooftrail/contracts/doors'
import type { Message } from '@prooftrail/runtime'
import type { DispatchEvent, State } from '../state.ts'
import type { Batch } from './state.ts'
import { isOver, underWay } from './tally.ts'

/**
 * A batch of acts, as its operators see it.
 * B1 It asks for its runs in their order, each once, whatever happens between: what was asked for
 *    stands in its documents before the acts go out.
 * B2 Only a running batch asks for more. What is under way when it halts is answered all the same.
 * B3 It is done when every run is answered or given up; its time ends it, and so does an operator.
 * B4 It is said before its runs are. One whose making was cut short is never run, and ends by itself.
 */

/** What is said of a batch that is there. */
export type LaterRequest = (typeof BATCH_LATER)[number]

/** Where a batch takes a request, and where that leads. */
export const REQUESTS: Readonly<
  Record<LaterRequest, { from: readonly BatchStatus[]; to: BatchStatus }>
> = {
  run: { from: ['created'], to: 'running' },
  pause: { from: ['running'], to: 'paused' },
  resume: { from: ['paused'], to: 'running' },
  stop: { from: ['created', 'running', 'paused'], to: 'stopped' },
}

/** A batch whose runs are not all there by then was not made whole, and will not be. */
const MAKING_MS = 10 * 60_000

/** Why such a batch ends. */
export const HALF_MADE = 'whoever made it did not come to its end; make it again'

/** Changes that are kept; past them a batch can only end. */
export const MAX_CHANGES = 100

/** A batch is made, or its operators say how it goes on. What its state does not allow changes nothing. */
export function onBatchRequested(
  state: State,
  { data }: Pick<Message<'batch.requested'>, 'data'>,
): readonly DispatchEvent[] {
  const { batch_id, request, requested_by, requested_at, terms, reason } = data
  const said = {
    ...{ batch_id, changed_by: requested_by, changed_at: requested_at },
    ...(reason === undefined ? {} : { reason }),
  }
  switch (request) {
    case 'select':
      return chunkKnown(state, data)
    case 'create':
      if (state.status !== 'absent' || terms === undefined) return []
      return [{ type: 'batch.changed', data: { ...said, status: 'created', terms } }]
    case 'run':
    case 'pause':
    case 'resume':
    case 'stop': {
      if (!isBatch(state) || !takes(state, request)) return []
      const status = REQUESTS[request].to
      return [{ type: 'batch.changed', data: { ...said, status, terms: state.terms } }]
    }
  }
}

/** The runs of a chunk, once and for all. */
function chunkKnown(
  state: State,
  { batch_id, chunk, terms, items }: BatchRequested,
): readonly DispatchEvent[] {
  const isWhole = chunk !== undefined && terms !== undefined && items !== undefined
  if (state.status !== 'absent' || !isWhole) return []
  return [{ type: 'batch.chunk-known', data: { batch_id, chunk, terms, items } }]
}

/** Whether a batch takes a request as it stands. */
export function takes({ stands, changes }: Batch, request: LaterRequest): boolean {
  const isKept = request === 'stop' || changes.length < MAX_CHANGES
  return REQUESTS[request].from.includes(stands) && isKept
}

/** The requests that a batch takes as it stands. */
export function requestsOf(batch: Batch): LaterRequest[] {
  return BATCH_LATER.filter((request) => takes(batch, request))
}

export function isBatch(state: State | undefined): state is Batch {
  return state?.status === 'batch' && state.part === 'batch'
}

/**
 * When a batch is to go on: while it asks or waits for answers, when it must be whole, else when its
 * time is over.
 */
export function dueOfBatch(batch: Batch): string | undefined {
  if (isUnlooked(batch)) {
    return new Date(Date.parse(batch.terms.created_at) + MAKING_MS).toISOString()
  }
  if (batch.stands === 'running' || underWay(batch) > 0) return batch.tick_at
  return isOver(batch) ? undefined : batch.terms.expires_at
}

/** Whether it waits to be run, and nobody looked yet whether its runs are all there. */
export function isUnlooked({ stands, whole }: Pick<Batch, 'stands' | 'whole'>): boolean {
  return stands === 'created' && !whole
}
