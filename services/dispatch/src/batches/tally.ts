import { CHUNK, chunkDocument } from './names.ts'
import type { Batch, Chunk, OpenChunk, Tally } from './state.ts'

/** Answers to the runs of a chunk that were asked for. */
export function tallyOf({ items, upto }: Chunk): Tally {
  const answers = items.slice(0, upto).flatMap(({ answer }) => (answer ? [answer.status] : []))
  const accepted = answers.filter((status) => status === 'accepted').length
  return { accepted, refused: answers.length - accepted }
}

export function plus(one: Tally, other: Tally): Tally {
  return { accepted: one.accepted + other.accepted, refused: one.refused + other.refused }
}

/** All answers that a batch knows of. */
export function answersOf({ through, open_chunks }: Pick<Batch, 'through' | 'open_chunks'>): Tally {
  return open_chunks.reduce<Tally>(plus, through)
}

/** Runs that were asked for and are neither answered nor given up. */
export function underWay(
  batch: Pick<Batch, 'advanced' | 'unanswered' | 'through' | 'open_chunks'>,
) {
  const { accepted, refused } = answersOf(batch)
  return Math.max(0, batch.advanced - batch.unanswered - accepted - refused)
}

/** Whether a batch asks for nothing more. */
export function isOver({ stands }: Pick<Batch, 'stands'>): boolean {
  return stands === 'done' || stands === 'stopped' || stands === 'expired'
}

/**
 * The batch with the answers as its chunks hold them now. What is through is not looked at again; an answer
 * to what was given up counts as the answer that it is.
 */
export function recounted(batch: Batch, chunks: ReadonlyMap<string, Chunk>): Batch {
  const open = batch.open_chunks.map((one) => {
    const known = chunks.get(chunkDocument(batch.batch_id, one.chunk))
    return known ? withTally(one, known) : one
  })
  const isThrough = (one: OpenChunk) => answered(one) >= sizeOf(batch, one.chunk)
  const through = open.filter(isThrough).reduce<Tally>(plus, batch.through)
  return withOpen(
    { ...batch, through },
    open.filter((one) => !isThrough(one)),
  )
}

/** The batch after nobody answered: what is under way is given up. */
export function givenUp(batch: Batch): Batch {
  const open = batch.open_chunks.map((one): OpenChunk => {
    const upto = Math.min(sizeOf(batch, one.chunk), batch.advanced - one.chunk * CHUNK)
    return { ...one, given_up: { upto, count: Math.max(0, upto - answered(one)) } }
  })
  return withOpen(batch, open)
}

/** How many answers a chunk has. */
export function answered(tally: Tally | undefined): number {
  return tally === undefined ? 0 : tally.accepted + tally.refused
}

function withTally({ chunk, given_up }: OpenChunk, known: Chunk): OpenChunk {
  const one = { chunk, ...tallyOf(known) }
  if (given_up === undefined) return one
  const { upto } = given_up
  const left = known.items.slice(0, upto).filter(({ answer }) => answer === undefined)
  return { ...one, given_up: { upto, count: left.length } }
}

function withOpen(batch: Batch, open_chunks: readonly OpenChunk[]): Batch {
  const unanswered = open_chunks.reduce((sum, { given_up }) => sum + (given_up?.count ?? 0), 0)
  return { ...batch, open_chunks, unanswered }
}

/** How many runs a chunk has. */
function sizeOf({ terms: { total } }: Batch, chunk: number): number {
  return Math.min(CHUNK, total - chunk * CHUNK)
}
