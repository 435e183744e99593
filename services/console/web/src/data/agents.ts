/** What is asked about agents and their accounts. */
import type { AnswerOf } from '@prooftrail/contracts/doors'
import { queryOptions } from '@tanstack/react-query'
import { ask, type Problem } from './api.ts'

export type AgentList = AnswerOf<'GET /v1/agents'>
export type AgentRow = AgentList['agents'][number]
export type Agent = AnswerOf<'GET /v1/agents/:id'>
export type AccountList = AnswerOf<'GET /v1/accounts'>
export type AccountRow = AccountList['accounts'][number]
export type Account = AnswerOf<'GET /v1/accounts/:account'>
export type EntryList = AnswerOf<'GET /v1/accounts/:account/entries'>
export type Entry = EntryList['entries'][number]

/** Money moves with every run. */
export const MONEY_REFRESH_MS = 5_000

export function agentQuery(id: string) {
  return queryOptions({
    queryKey: ['agents', 'one', id],
    queryFn: ({ signal }) => ask<Agent>(`/v1/agents/${encodeURIComponent(id)}`, { signal }),
    refetchInterval: MONEY_REFRESH_MS,
  })
}

/** What an account holds; null where nothing was ever moved on it. */
export function accountQuery(account: string) {
  return queryOptions({
    queryKey: ['accounts', 'one', account],
    queryFn: ({ signal }) =>
      ask<Account>(accountPath(account), { signal }).catch((error: Problem) => {
        if (error.status === 404) return null
        throw error
      }),
    refetchInterval: MONEY_REFRESH_MS,
  })
}

/** The signed receipt of what funded an account. */
export function settlementQuery(id: string) {
  return queryOptions({
    queryKey: ['settlement', id],
    queryFn: ({ signal }) =>
      ask<AnswerOf<'GET /v1/settlements/:id'>>(`/v1/settlements/${encodeURIComponent(id)}`, {
        signal,
      }),
    staleTime: Number.POSITIVE_INFINITY,
  })
}

export function accountPath(account: string): string {
  return `/v1/accounts/${encodeURIComponent(account)}`
}
