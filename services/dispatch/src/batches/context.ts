import type { Pair } from '@prooftrail/runtime'
import type { DispatchInput, State, Tools } from '../state.ts'
import { isBatch, isUnlooked } from './decide-batch.ts'
import { isChunk } from './decide-chunk.ts'
import { chunkDocument, chunkDocuments, REGISTER } from './names.ts'
import { isRegister } from './register.ts'
import type { Batch, BatchContext, Chunk } from './state.ts'

/** What the batches of a wave whose time has come are decided with: one read for all of them. */
export async function batchContext(
  wave: readonly Pair<State, DispatchInput>[],
  { reader, batchLimits, now = Date.now }: Pick<Tools, 'reader' | 'batchLimits' | 'now'>,
): Promise<BatchContext> {
  const documents = wave.flatMap(({ state, input }) =>
    input.type === 'due' && isBatch(state) ? chunksToLookAt(state) : [],
  )
  const isDue = wave.some(({ state, input }) => input.type === 'due' && isBatch(state))
  const found = isDue ? await reader.read([REGISTER, ...documents]) : new Map()
  const chunks = new Map<string, Chunk>()
  for (const [id, { state }] of found) if (isChunk(state)) chunks.set(id, state)
  const register = found.get(REGISTER)?.state
  const { perSecond } = batchLimits
  return { now: now(), perSecond, chunks, register: isRegister(register) ? register : undefined }
}

/** Those that were asked for and are not through; all of them, to see whether they are there. */
function chunksToLookAt(batch: Batch): string[] {
  if (isUnlooked(batch)) return chunkDocuments(batch.batch_id, batch.terms)
  return batch.open_chunks.map(({ chunk }) => chunkDocument(batch.batch_id, chunk))
}
