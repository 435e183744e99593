import type { Reader } from '@prooftrail/runtime'
import type { State, Tools } from '../state.ts'
import { isBatch } from './decide-batch.ts'
import { isChunk } from './decide-chunk.ts'
import { batchDocument, CHUNK, chunkDocument, chunksOf, REGISTER } from './names.ts'
import { isRegister } from './register.ts'
import type { Batch, Chunk, Register } from './state.ts'
import { recounted } from './tally.ts'

/** Batches as they are stored, for doors. */

type Reading = Pick<Tools, 'reader'>

export async function findBatch({ reader }: Reading, batchId: string): Promise<Batch | undefined> {
  const id = batchDocument(batchId)
  const state = (await reader.read([id])).get(id)?.state
  return isBatch(state) ? withLate({ reader }, state) : undefined
}

/** With answers that came after they were given up: a batch that has ended counts no more by itself. */
async function withLate({ reader }: Reading, batch: Batch): Promise<Batch> {
  if (batch.unanswered === 0) return batch
  const ids = batch.open_chunks.map(({ chunk }) => chunkDocument(batch.batch_id, chunk))
  const chunks = new Map<string, Chunk>()
  for (const [id, { state }] of await reader.read(ids)) if (isChunk(state)) chunks.set(id, state)
  return recounted(batch, chunks)
}

/** Which batches have not ended. */
export async function findOpen({ reader }: Reading): Promise<Register['open']> {
  const state = (await reader.read([REGISTER])).get(REGISTER)?.state
  return isRegister(state) ? state.open : {}
}

/** Which of these documents are not there. */
export async function notThere({ reader }: Reading, ids: readonly string[]): Promise<string[]> {
  const there = await reader.read(ids)
  return ids.filter((id) => !there.has(id))
}

/** The chunks of a batch from the one that holds this run on. */
export async function* chunksFrom(
  { reader }: Reading,
  { batch_id, terms }: Batch,
  index = 0,
): AsyncGenerator<Chunk> {
  for (let n = Math.floor(index / CHUNK); n < chunksOf(terms.total); n += 1) {
    const id = chunkDocument(batch_id, n)
    const state = (await reader.read([id])).get(id)?.state
    if (!isChunk(state)) return
    yield state
  }
}

/** Newest first, behind a batch: ids sort by the time at which they were made. */
export async function newestBatches(
  { store, reader }: { store: Pick<Reader<State>, 'find'> } & Reading,
  { after, limit }: { after?: string; limit: number },
): Promise<Batch[]> {
  const before = after === undefined ? batchDocument('bt_g') : batchDocument(after)
  const filter = { _id: { $gt: batchDocument('bt_'), $lt: before } }
  const found = await store.find(filter, { sort: { _id: -1 }, limit })
  const batches = found.flatMap(({ state }) => (isBatch(state) ? [state] : []))
  return Promise.all(batches.map((one) => withLate({ reader }, one)))
}
