import type { BatchChanged, BatchStatus } from '@prooftrail/contracts'
import type { State } from '../state.ts'
import { isBatch } from './decide-batch.ts'
import { isChunk, withAnswer, withAsked } from './decide-chunk.ts'
import { CHUNK } from './names.ts'
import { isRegister } from './register.ts'
import type { Batch, BatchEvent } from './state.ts'
import { isOver } from './tally.ts'

/** Folds an event of a batch into the document that it is about. */
export function evolveBatch(state: State, event: BatchEvent): State {
  switch (event.type) {
    case 'batch.changed':
      return changed(state, event.data)
    case 'batch.advanced':
      return isBatch(state) ? advanced(state, event.data.chunk, event.data.upto) : state
    case 'batch.whole':
      return isBatch(state) ? { ...state, whole: true } : state
    case 'batch.ticked':
      return isBatch(state) ? { ...state, ...event.data } : state
    case 'batch-item.unanswered':
      return state
    case 'batch.registered':
      return registered(state, event.data)
    case 'batch.chunk-known':
      return { status: 'batch', part: 'chunk', upto: 0, ...event.data }
    case 'recovery.requested':
      return isChunk(state) ? withAsked(state, event.data.act) : state
    case 'batch-item.asked':
      return isChunk(state) ? { ...state, upto: event.data.upto } : state
    case 'batch-item.accepted': {
      const { place, ...answer } = event.data
      return isChunk(state) ? withAnswer(state, place, { status: 'accepted', ...answer }) : state
    }
    case 'batch-item.refused': {
      const { place, ...answer } = event.data
      return isChunk(state) ? withAnswer(state, place, { status: 'refused', ...answer }) : state
    }
  }
}

const MS_BEFORE_FIRST_TICK = 1_000

function changed(state: State, data: BatchChanged): State {
  const { batch_id, status: stands, changed_by, changed_at, reason, terms } = data
  const before = isBatch(state) ? state : blank(batch_id, data)
  const change = { status: stands, changed_by, changed_at, ...(reason ? { reason } : {}) }
  const changes = [...before.changes, change]
  if (stands !== 'running') return { ...before, terms, stands, changes }
  // what a halted batch did not ask for is not made up for
  const credited = Date.parse(changed_at) - MS_BEFORE_FIRST_TICK
  const credited_at = new Date(credited).toISOString()
  const moment = { heard_at: changed_at, tick_at: changed_at, credited_at, credit: 0 }
  return { ...before, terms, stands, changes, ...moment }
}

function blank(batch_id: string, { changed_at, terms, status }: BatchChanged): Batch {
  return {
    ...{ status: 'batch', part: 'batch', batch_id, terms, stands: status, changes: [] },
    ...{ advanced: 0, through: { accepted: 0, refused: 0 }, open_chunks: [], unanswered: 0 },
    ...{ credit: 0, credited_at: changed_at, heard_at: changed_at, tick_at: changed_at },
  }
}

function advanced(batch: Batch, chunk: number, upto: number): Batch {
  const isKnown = batch.open_chunks.some((one) => one.chunk === chunk)
  const one = { chunk, accepted: 0, refused: 0 }
  const open_chunks = isKnown ? batch.open_chunks : [...batch.open_chunks, one]
  return { ...batch, open_chunks, advanced: chunk * CHUNK + upto }
}

function registered(
  state: State,
  { batch_id, stands, per_second }: { batch_id: string; stands: BatchStatus; per_second: number },
): State {
  const { [batch_id]: _, ...others } = isRegister(state) ? state.open : {}
  const open = isOver({ stands }) ? others : { ...others, [batch_id]: { stands, per_second } }
  return { status: 'batch', part: 'register', open }
}
