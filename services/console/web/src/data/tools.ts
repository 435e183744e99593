/** What is asked about tools and their executors. */
import type { AnswerOf } from '@prooftrail/contracts/doors'
import { queryOptions } from '@tanstack/react-query'
import { ask } from './api.ts'

export type ToolList = AnswerOf<'GET /v1/tools'>
export type ToolRow = ToolList['tools'][number]
export type Tool = AnswerOf<'GET /v1/tools/:name'>
export type Executors = AnswerOf<'GET /v1/executors/:tool'>

export function toolPageQuery(tool: string) {
  return queryOptions({
    queryKey: ['tools', 'one', tool],
    queryFn: ({ signal }) => ask<Tool>(`/v1/tools/${encodeURIComponent(tool)}`, { signal }),
  })
}

/** What is at a tool changes by the second. */
const EXECUTORS_MS = 3_000

export function executorsQuery(tool: string) {
  return queryOptions({
    queryKey: ['tools', 'executors', tool],
    queryFn: ({ signal }) =>
      ask<Executors>(`/v1/executors/${encodeURIComponent(tool)}`, { signal }),
    refetchInterval: EXECUTORS_MS,
  })
}
