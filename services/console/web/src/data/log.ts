/** What is asked of the log: files that prove themselves, and whose run a leaf is. */
import { queryOptions } from '@tanstack/react-query'
import { ask, askText, type Problem } from './api.ts'
import type { RunsAnswer } from './rows.ts'

const LOG_REFRESH_MS = 5_000

export const checkpointQuery = queryOptions({
  queryKey: ['log', 'checkpoint'],
  queryFn: ({ signal }) => askText('/checkpoint', { signal }),
  refetchInterval: LOG_REFRESH_MS,
})

/** The newest checkpoint that witnesses cosigned; null where there is none. */
export const cosignedQuery = queryOptions({
  queryKey: ['log', 'cosigned'],
  queryFn: ({ signal }) =>
    askText('/checkpoint/cosigned', { signal }).catch((error: Problem) => {
      if (error.status === 404) return null
      throw error
    }),
  refetchInterval: ({ state }) => (state.data ? LOG_REFRESH_MS : false),
})

/** The run that a name finds: an id, a digest, a place in the log. null: none. */
export function foundQuery(name: string) {
  return queryOptions({
    queryKey: ['log', 'found', name],
    queryFn: ({ signal }) =>
      ask<RunsAnswer>(`/v1/runs?find=${encodeURIComponent(name)}`, { signal }).then(
        ({ runs }) => runs[0] ?? null,
      ),
    // a leaf may be logged before the console has heard of it
    refetchInterval: ({ state }) => (state.data === null ? LOG_REFRESH_MS : false),
  })
}
