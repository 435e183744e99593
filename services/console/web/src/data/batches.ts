/** Batches: one act on many runs, frozen and asked for by the server. */
import type { AnswerOf, BodyOf } from '@prooftrail/contracts/doors'
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { ask } from './api.ts'

export type Batch = AnswerOf<'GET /v1/batches/:id'>
export type BatchRow = AnswerOf<'GET /v1/batches'>['batches'][number]
export type BatchRun = AnswerOf<'GET /v1/batches/:id/runs'>['runs'][number]
export type BatchDryRun = AnswerOf<'GET /v1/batches/:id/dry-run'>
export type BatchBody = BodyOf<'POST /v1/batches'>
export type BatchLater = Batch['allowed'][number]

/** How often a batch that is under way is looked at. */
const LOOK_MS = 1_000
const LIST_MS = 5_000
const RUNS_A_PAGE = 200
const REFUSALS_A_PAGE = 100

const path = (id: string, part = '') => `/v1/batches/${encodeURIComponent(id)}${part}`

export const batchesQuery = infiniteQueryOptions({
  queryKey: ['batches'],
  queryFn: ({ pageParam, signal }) => {
    const after = pageParam === undefined ? '' : `&after=${encodeURIComponent(pageParam)}`
    return ask<AnswerOf<'GET /v1/batches'>>(`/v1/batches?limit=50${after}`, { signal })
  },
  initialPageParam: undefined as string | undefined,
  getNextPageParam: ({ next }) => next,
  refetchInterval: LIST_MS,
})

/** One batch; looked at until nothing more comes of it. */
export function batchQuery(id: string) {
  return queryOptions({
    queryKey: ['batch', id],
    queryFn: ({ signal }) => ask<Batch>(path(id), { signal }),
    refetchInterval: ({ state }) => (state.data?.settled === true ? false : LOOK_MS),
  })
}

/** Its runs with their answers, page by page. @param status those of one status alone */
export function batchRunsQuery(id: string, status: BatchRun['status'] | undefined) {
  return infiniteQueryOptions({
    queryKey: ['batch', id, 'runs', status],
    queryFn: ({ pageParam, signal }) => {
      const query = new URLSearchParams({ limit: String(RUNS_A_PAGE) })
      if (status !== undefined) query.set('status', status)
      if (pageParam !== undefined) query.set('after', String(pageParam))
      return ask<AnswerOf<'GET /v1/batches/:id/runs'>>(path(id, `/runs?${query}`), { signal })
    },
    initialPageParam: undefined as number | undefined,
    getNextPageParam: ({ next }) => next,
  })
}

/** What it would come to now; refusals page by page. */
export function batchDryRunQuery(id: string) {
  return infiniteQueryOptions({
    queryKey: ['batch', id, 'dry-run'],
    queryFn: ({ pageParam, signal }) => {
      const query = new URLSearchParams({ limit: String(REFUSALS_A_PAGE) })
      if (pageParam !== undefined) query.set('after', String(pageParam))
      return ask<BatchDryRun>(path(id, `/dry-run?${query}`), { signal })
    },
    initialPageParam: undefined as number | undefined,
    getNextPageParam: ({ next }) => next,
    staleTime: Number.POSITIVE_INFINITY,
  })
}

/** Freezes the runs that are named; nothing is asked of them before the batch is run. @throws Problem */
export const makeBatch = (body: BatchBody) =>
  ask<Batch>('/v1/batches', { method: 'POST', body, timeoutMs: 40_000 })

/** Says how a batch goes on. @throws Problem */
export const driveBatch = (id: string, request: BatchLater, reason: string) =>
  ask<Batch>(path(id, `/${request}`), {
    method: 'POST',
    body: reason === '' ? {} : { reason },
  })

/** Ids of all runs of a batch with one of these statuses. */
export async function idsOf(id: string, statuses: readonly BatchRun['status'][]) {
  const ids: string[] = []
  for (const status of statuses) {
    let after: number | undefined
    do {
      const query = new URLSearchParams({ limit: '1000', status })
      if (after !== undefined) query.set('after', String(after))
      const page = await ask<AnswerOf<'GET /v1/batches/:id/runs'>>(path(id, `/runs?${query}`))
      ids.push(...page.runs.map(({ work_order_id }) => work_order_id))
      after = page.next
    } while (after !== undefined)
  }
  return ids
}
