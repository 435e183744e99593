/** What the overview asks besides the queue: counters of a shift, who is waited for, rates. */
import type { AnswerOf } from '@prooftrail/contracts/doors'
import { queryOptions } from '@tanstack/react-query'
import { ask } from './api.ts'

export type Overview = AnswerOf<'GET /v1/overview'>
export type Counted = Overview['counters']['pending']

export const overviewQuery = queryOptions({
  queryKey: ['overview'],
  queryFn: ({ signal }) => ask<Overview>('/v1/overview', { signal }),
  refetchInterval: 3_000,
})
