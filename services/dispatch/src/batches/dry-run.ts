import type { BatchItem, BatchTerms } from '@prooftrail/contracts'
import type { Tools } from '../state.ts'
import { type Judged, judged } from './runs.ts'

/** A run on which the act would be refused. */
export interface WouldBeRefused {
  index: number
  work_order_id: string
  code: string
  detail: string
}

/** What a batch would come to if all of it were asked for now. */
export interface DryRun {
  dry_run: true
  total: number
  accepted: number
  refused: number
  /** Credits that the accepted acts would take, in sum; accounts are not asked whether they have them. */
  credits: number
  /** How many would be refused for which reason. */
  by_code: Record<string, number>
  /** The refused ones, those of the smallest index first, as many as were asked for. */
  refusals: WouldBeRefused[]
  /** Asked for as `after`, it gives the refusals behind these; absent where there are none. */
  next?: number
}

/**
 * Judges all runs of a batch, chunk by chunk, and writes nothing.
 * @param refusals which of them are listed: behind an index, and how many
 */
export async function dryRun(
  batchId: string,
  terms: BatchTerms,
  chunks: AsyncIterable<readonly BatchItem[]>,
  refusals: { after: number; limit: number },
  tools: Pick<Tools, 'reader' | 'lookup' | 'now'>,
): Promise<DryRun> {
  const sum: DryRun = {
    ...{ dry_run: true, total: 0, accepted: 0, refused: 0, credits: 0 },
    ...{ by_code: {}, refusals: [] },
  }
  for await (const items of chunks) {
    const from = sum.total
    const answers = await judged(batchId, terms, { items, from }, tools)
    for (const [n, item] of items.entries()) {
      const answer = answers[n]
      if (answer) count(sum, answer, { index: from + n, ...item }, refusals)
    }
    sum.total += items.length
  }
  return sum
}

function count(
  sum: DryRun,
  answer: Judged,
  { index, work_order_id }: { index: number; work_order_id: string },
  { after, limit }: { after: number; limit: number },
): void {
  if (answer.status === 'would be accepted') {
    sum.accepted += 1
    sum.credits += answer.credits
    return
  }
  const { code, detail } = answer
  sum.refused += 1
  sum.by_code[code] = (sum.by_code[code] ?? 0) + 1
  const last = sum.refusals.at(-1)
  if (index <= after) return
  if (sum.refusals.length < limit) sum.refusals.push({ index, work_order_id, code, detail })
  else if (last) sum.next ??= last.index
}
