/** What the page of the deployment asks: who answers, and what the panels of a dashboard show. */
import type { AnswerOf } from '@prooftrail/contracts/doors'
import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { ask } from './api.ts'

export type Deployment = AnswerOf<'GET /v1/sre'>
export type Drawn = AnswerOf<'GET /v1/sre/:dashboard'>
export type PanelView = Drawn['rows'][number]['panels'][number]
export type Unit = PanelView['unit']

/** The console samples as often: asking more often tells nothing new. */
const EVERY_MS = 5_000

export const deploymentQuery = queryOptions({
  queryKey: ['sre'],
  queryFn: ({ signal }) => ask<Deployment>('/v1/sre', { signal }),
  refetchInterval: EVERY_MS,
})

/** @param range seconds up to now */
export function dashboardQuery(uid: string, range: number) {
  return queryOptions({
    queryKey: ['sre', uid, range],
    queryFn: ({ signal }) =>
      ask<Drawn>(`/v1/sre/${encodeURIComponent(uid)}?range=${range}`, { signal }),
    refetchInterval: ({ state }) => (state.data?.step_seconds ?? 0) * 1_000 || EVERY_MS,
    placeholderData: keepPreviousData,
  })
}
