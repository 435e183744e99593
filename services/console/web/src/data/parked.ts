/** What is asked about parked messages, and the acts on them. */
import type { AnswerOf, ParkedAct, ParkedItem, ParkedView } from '@prooftrail/contracts/doors'
import { queryOptions } from '@tanstack/react-query'
import { ask } from './api.ts'
import { pathWith } from './keyset.ts'

export type ParkedList = AnswerOf<'GET /v1/parked'>
type Counts = AnswerOf<'GET /v1/parked/counts'>
export type ActAnswer = AnswerOf<'POST /v1/parked/acts'>

/** Nothing of it comes by the stream. */
export const PARKED_REFRESH_MS = 5_000

export const parkedCountsQuery = queryOptions({
  queryKey: ['parked', 'counts'],
  queryFn: ({ signal }) => ask<Counts>('/v1/parked/counts', { signal }),
  refetchInterval: PARKED_REFRESH_MS,
})

export function parkedQuery(id: string) {
  return queryOptions({
    queryKey: ['parked', 'one', id],
    queryFn: ({ signal }) => ask<ParkedView>(`/v1/parked/${encodeURIComponent(id)}`, { signal }),
    refetchInterval: PARKED_REFRESH_MS,
  })
}

/** What is asked of parked messages: one act on a frozen list of ids. */
export interface ParkedAsk {
  act: ParkedAct
  /** In the order in which they were parked. */
  ids: readonly string[]
  reason: string
  /** Sends those too that come before them in their document. */
  withEarlier: boolean
}

/** So many go in one request, so that each answer comes in good time. */
const TOGETHER = 500

/**
 * Acts part by part, or says what would come of it.
 * @param told each part's answers, as they come
 * @param signal stops before the next part; what is done stays done
 * @throws Problem for what is refused as a whole
 */
export async function actOnParked(
  { act, ids, reason, withEarlier }: ParkedAsk,
  {
    isDry,
    told,
    signal,
  }: { isDry: boolean; told: (some: ParkedItem[]) => void; signal: AbortSignal },
): Promise<void> {
  for (let from = 0; from < ids.length && !signal.aborted; from += TOGETHER) {
    const { items } = await ask<ActAnswer>(
      pathWith('/v1/parked/acts', {
        dry_run: isDry ? true : undefined,
        with_earlier: withEarlier ? true : undefined,
      }),
      {
        method: 'POST',
        body: {
          ...{ act, ids: ids.slice(from, from + TOGETHER) },
          ...(reason.trim() === '' ? {} : { reason: reason.trim() }),
        },
      },
    )
    told(items)
  }
}
