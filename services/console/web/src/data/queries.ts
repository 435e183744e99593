/** What the page asks for, by name: one place for addresses, keys of the cache and how old is too old. */
import type { PilotReport, QueueView, RunEvent } from '@prooftrail/console'
import type { RecoveryAction, ResultContract } from '@prooftrail/contracts'
import { queryOptions } from '@tanstack/react-query'
import { ask, askText, type Problem } from './api.ts'

/** Who is signed in, and how others can sign in. */
export interface Session {
  signed_in: boolean
  name?: string
  role?: 'viewer' | 'operator' | 'admin'
  /** The stack is open to this machine: nobody needs to sign in. */
  open: boolean
  /** RFC 3339: when it ends. */
  ends_at?: string
  /** Ways to sign in that this deployment has. */
  ways: readonly ('link' | 'token' | 'oidc')[]
  /** Whether the console tells by itself what changes. */
  stream: boolean
}

/** Where a run stands, as acts on it are judged. */
export interface ActsView {
  work_order_id: string
  agent_id: string
  state: string
  allowed_acts: readonly RecoveryAction[]
  result_number?: number
  open_evidence?: readonly string[]
  open_tickets?: unknown
  replay?: { credits: number; result_number: number; ends_at: string }
}

/** Who asks: the signed-in operator, or whoever holds the handle of one task. */
export type Reader = string | undefined

const path = (id: string, part = '') => `/v1/tasks/${encodeURIComponent(id)}${part}`

export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: ({ signal }) => ask<Session>('/v1/session', { signal }),
  staleTime: 60_000,
})

export const queueQuery = queryOptions({
  queryKey: ['queue'],
  queryFn: ({ signal }) => ask<QueueView>('/v1/queue', { signal }),
})

export function reportQuery(id: string, bearer?: Reader) {
  return queryOptions({
    queryKey: ['run', id, 'report', bearer],
    queryFn: ({ signal }) => ask<PilotReport>(path(id, '/report'), { signal, bearer }),
  })
}

export function eventsQuery(id: string, bearer?: Reader) {
  return queryOptions({
    queryKey: ['run', id, 'events', bearer],
    queryFn: ({ signal }) =>
      ask<{ events: RunEvent[] }>(path(id, '/events'), { signal, bearer }).then(
        ({ events }) => events,
      ),
  })
}

/** A part of a run; undefined where the run has no such part yet. */
export function partQuery<T>(id: string, part: string, bearer?: Reader) {
  return queryOptions({
    queryKey: ['run', id, part, bearer],
    queryFn: ({ signal }) =>
      ask<T>(path(id, part), { signal, bearer }).catch((error: Problem) => absent(error)),
  })
}

export const resultQuery = (id: string, bearer?: Reader) =>
  partQuery<ResultContract>(id, '/result-contract', bearer)

export function actsQuery(id: string) {
  return queryOptions({
    queryKey: ['run', id, 'acts'],
    queryFn: ({ signal }) =>
      ask<ActsView>(path(id, '/acts'), { signal }).catch((error: Problem) => absent(error)),
  })
}

/** The bundle to the byte, as anybody can verify it. @param revision of the newest seal: another, another bundle */
export function bundleQuery(id: string, revision: number, bearer?: Reader) {
  return queryOptions({
    queryKey: ['bundle', id, revision, bearer],
    queryFn: ({ signal }) =>
      askText(`/v1/trails/${encodeURIComponent(id)}`, { signal, bearer }).catch((error: Problem) =>
        absent(error),
      ),
  })
}

export const keysQuery = queryOptions({
  queryKey: ['keys'],
  queryFn: ({ signal }) => askText('/keys.json', { signal }),
  staleTime: 60_000,
})

export function toolQuery(tool: string) {
  return queryOptions({
    queryKey: ['tool', tool],
    queryFn: ({ signal }) => ask<ToolView>(`/v1/tools/${encodeURIComponent(tool)}`, { signal }),
    staleTime: 300_000,
  })
}

/** A tool as intake shows it. */
export interface ToolView {
  tool: string
  versions: readonly { version: string; manifest: unknown }[]
}

// null, as the cache keeps no undefined
function absent(error: Problem): null {
  if (error.status === 404) return null
  throw error
}
