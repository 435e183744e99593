/** Views of lists that people keep on the server: their own, and those that are shared. */
import type { AnswerOf, BodyOf } from '@prooftrail/contracts/doors'
import { queryOptions } from '@tanstack/react-query'
import { ask } from './api.ts'

export type View = AnswerOf<'GET /v1/views'>['views'][number]
export type ViewBody = BodyOf<'POST /v1/views'>

export function viewsQuery(page: View['page']) {
  return queryOptions({
    queryKey: ['views', page],
    queryFn: ({ signal }) =>
      ask<AnswerOf<'GET /v1/views'>>(`/v1/views?page=${page}`, { signal }).then(
        ({ views }) => views,
      ),
    staleTime: 60_000,
  })
}

/** Keeps a view, in place of the one of its name. @throws Problem */
export const keepView = (body: ViewBody) => ask<View>('/v1/views', { method: 'POST', body })

/** @throws Problem */
export const dropView = (id: string) =>
  ask<unknown>(`/v1/views/${encodeURIComponent(id)}`, { method: 'DELETE' })
