import { randomBytes } from 'node:crypto'

/**
 * How batches, their parts and the acts that they ask for are named. A batch's id sorts by the time at
 * which it was made; a run's place in the batch gives its chunk and its act's idempotency key.
 */

/** Runs of one chunk: what one document and one message hold. */
export const CHUNK = 100

/** The document that knows which batches are open. */
export const REGISTER = 'batches'

const BATCH_ID = /^bt_[0-9a-f]{32}$/
const ITEM_KEY = /^(bt_[0-9a-f]{32})\/(0|[1-9][0-9]{0,6})$/

/**
 * A new id: its time in 12 hexadecimal digits, then chance, so that nobody says an act under a key of
 * a batch before it is asked for.
 * @param now epoch milliseconds
 */
export function newBatchId(now: number): string {
  return `bt_${now.toString(16).padStart(12, '0')}${randomBytes(10).toString('hex')}`
}

export function isBatchId(text: string): boolean {
  return BATCH_ID.test(text)
}

/** The document of a batch itself. */
export function batchDocument(batchId: string): string {
  return `batch/${batchId}`
}

/** Whether it is the document of a batch itself. */
export function isBatchDocument(doc: string): boolean {
  return doc.startsWith('batch/')
}

/** The document of one chunk of its runs. */
export function chunkDocument(batchId: string, chunk: number): string {
  return `batch-runs/${batchId}/${chunk}`
}

/** The documents of all chunks of a batch of so many runs. */
export function chunkDocuments(batchId: string, { total }: { total: number }): string[] {
  return Array.from({ length: chunksOf(total) }, (_, chunk) => chunkDocument(batchId, chunk))
}

/** How many chunks so many runs have. */
export function chunksOf(total: number): number {
  return Math.ceil(total / CHUNK)
}

/** The idempotency key of the act on the run at this place: the same however often it is asked for. */
export function keyOfItem(batchId: string, index: number): string {
  return `${batchId}/${index}`
}

/** The place that an idempotency key names; undefined for a key of no batch's. */
export function itemOfKey(key: string): { batchId: string; index: number } | undefined {
  const [, batchId, index] = key.match(ITEM_KEY) ?? []
  return batchId === undefined ? undefined : { batchId, index: Number(index) }
}
