import type { BatchItem, BatchTerms } from '@prooftrail/contracts'
import { refuse, reply } from '@prooftrail/runtime'
import { type BatchDoors, PAGE, until } from './answer.ts'
import { dryRun } from './dry-run.ts'
import { chunkDocuments, newBatchId } from './names.ts'
import type { AskedBatch } from './read-batch.ts'
import { frozen } from './runs.ts'
import { findBatch, findOpen, notThere } from './stored.ts'
import { batchView } from './views.ts'

/** Batches that have not ended, at most. */
const MAX_OPEN = 32

/** Makes a batch of the runs that are named, or says what it would come to. */
export async function makeBatch(
  doors: BatchDoors,
  { workOrderIds, terms: asked }: AskedBatch,
  isDry: boolean,
) {
  const { now = Date.now } = doors
  const batchId = newBatchId(now())
  const terms: BatchTerms = { ...asked, total: workOrderIds.length }
  const chunks = frozen(workOrderIds, terms, doors)
  if (isDry) {
    const sum = await dryRun(batchId, terms, chunks, { after: -1, limit: PAGE }, doors)
    return reply(sum, { status: 200 })
  }
  const open = Object.keys(await findOpen(doors)).length
  if (open >= MAX_OPEN) return refuse('PT-2066', `${open} batches have not ended`)
  // all of it is read before anything is said
  const read: BatchItem[][] = []
  for await (const items of chunks) read.push(items)
  await say(doors, batchId, terms, read)
  let missing = chunkDocuments(batchId, terms)
  const batch = await until(async () => {
    const found = await findBatch(doors, batchId)
    if (found === undefined || !Object.hasOwn(await findOpen(doors), batchId)) return undefined
    missing = await notThere(doors, missing)
    return missing.length === 0 ? found : undefined
  })
  if (batch === undefined) {
    return refuse('PT-9034', `${batchId} was asked for; it is not known yet`, { retryable: true })
  }
  return reply(batchView(batch), { headers: { location: `/v1/batches/${batchId}` } })
}

/** The batch goes out before its runs do: whatever ends this, no runs stay that no batch knows. */
async function say(
  { requestBatch }: BatchDoors,
  batch_id: string,
  terms: BatchTerms,
  chunks: readonly BatchItem[][],
): Promise<void> {
  const { requested_by, created_at: requested_at } = terms
  const said = { batch_id, requested_by, requested_at, terms }
  await requestBatch({ ...said, request: 'create' })
  for (const [chunk, items] of chunks.entries()) {
    await requestBatch({ ...said, request: 'select', chunk, items })
  }
}
