/**
 * What changes by itself, by one stream of the page: lists, counters and how old all of it is.
 * L1 One stream a tab, whatever is on the page; none while nobody looks.
 * L2 It goes on where it stopped, by the id of its last event; where that is too old, everything is
 *    asked anew.
 * L3 What is shown is never silently old: the state is offline or behind until an event says otherwise.
 */
import type { QueueView } from '@prooftrail/console'
import { type QueryClient, useQueryClient } from '@tanstack/react-query'
import { useEffect, useSyncExternalStore } from 'react'
import { ask } from './api.ts'
import { addChanges, forgetChanges } from './changes.ts'
import { queueQuery } from './queries.ts'
import type { RunRow, RunsAnswer } from './rows.ts'

export interface Live {
  status: 'connecting' | 'live' | 'offline' | 'paused'
  /** How far the projection is behind; null: not known. */
  behindSeconds: number | null
}

/** A connection that says nothing for so many heartbeats is taken for lost. */
const SILENT_BEATS = 3
/** Waits between attempts grow to this. */
const MAX_WAIT_MS = 15_000
/** A run on the page is asked again at most this often while it changes. */
const REFRESH_MS = 400

const listeners = new Set<() => void>()
let live: Live = { status: 'connecting', behindSeconds: null }

function tell(now: Partial<Live>): void {
  const next = { ...live, ...now }
  if (next.status === live.status && next.behindSeconds === live.behindSeconds) return
  live = next
  for (const each of listeners) each()
}

function subscribe(each: () => void): () => void {
  listeners.add(each)
  return () => void listeners.delete(each)
}

/** How fresh the page is. */
export function useLive(): Live {
  return useSyncExternalStore(subscribe, () => live)
}

/**
 * Keeps what is on the page fresh while somebody looks; once for the whole page.
 * @param isTold whether the console tells what changes; else it is asked every two seconds
 */
export function useLiveStream(isTold: boolean): void {
  const client = useQueryClient()
  useEffect(() => {
    const stream = isTold ? new LiveStream(client) : new Polling(client)
    const look = () => (document.hidden ? stream.pause() : stream.connect())
    document.addEventListener('visibilitychange', look)
    addEventListener('online', look)
    look()
    return () => {
      document.removeEventListener('visibilitychange', look)
      removeEventListener('online', look)
      stream.pause()
    }
  }, [client, isTold])
}

class LiveStream {
  readonly #client: QueryClient
  #source: EventSource | undefined
  #lastId = ''
  #beatMs = 15_000
  #failures = 0
  #silence: ReturnType<typeof setTimeout> | undefined
  #retry: ReturnType<typeof setTimeout> | undefined
  #refresh: ReturnType<typeof setTimeout> | undefined
  /** Runs that changed and are not asked again yet, by id and by handle. */
  #changed = new Set<string>()

  constructor(client: QueryClient) {
    this.#client = client
  }

  connect(): void {
    if (this.#source) return
    clearTimeout(this.#retry)
    const from = this.#lastId === '' ? '' : `?last_event_id=${encodeURIComponent(this.#lastId)}`
    const source = new EventSource(`/v1/stream${from}`)
    this.#source = source
    const on = <T>(type: string, take: (data: T) => void) =>
      source.addEventListener(type, (event: MessageEvent<string>) => {
        this.#heard(event.lastEventId)
        // the stream's own events, as the console's README tells them
        take(JSON.parse(event.data) as T)
      })
    on<{ heartbeat_ms: number }>('hello', ({ heartbeat_ms }) => {
      this.#beatMs = heartbeat_ms
      this.#failures = 0
      tell({ status: 'live' })
    })
    on<{ runs: readonly RunRow[] }>('runs', ({ runs }) => {
      addChanges(runs)
      this.#refreshRuns(runs)
    })
    on('queue', (queue) => void this.#client.setQueryData(queueQuery.queryKey, queue as never))
    on<{ behind_seconds: number | null }>('age', ({ behind_seconds }) =>
      tell({ status: 'live', behindSeconds: behind_seconds }),
    )
    on('reset', () => {
      forgetChanges()
      void this.#client.invalidateQueries()
    })
    source.addEventListener('error', () => this.#lost())
  }

  /** Ends the stream; `connect` goes on where it was. */
  pause(): void {
    this.#close()
    clearTimeout(this.#retry)
    tell({ status: 'paused' })
  }

  #heard(id: string): void {
    if (id !== '') this.#lastId = id
    clearTimeout(this.#silence)
    this.#silence = setTimeout(() => this.#lost(), SILENT_BEATS * this.#beatMs)
  }

  #lost(): void {
    this.#close()
    tell({ status: 'offline' })
    this.#failures += 1
    const wait = Math.min(MAX_WAIT_MS, 500 * 2 ** this.#failures)
    clearTimeout(this.#retry)
    this.#retry = setTimeout(() => {
      if (document.hidden) return
      this.connect()
      // what happened meanwhile may be older than what the stream remembers
      void this.#client.invalidateQueries({ type: 'active' })
    }, wait)
  }

  #close(): void {
    this.#source?.close()
    this.#source = undefined
    clearTimeout(this.#silence)
    clearTimeout(this.#refresh)
    this.#refresh = undefined
  }

  /** Asks again what is on the page of runs that changed, a few times a second at most. */
  #refreshRuns(runs: readonly RunRow[]): void {
    for (const { work_order_id, task_token = '' } of runs) {
      this.#changed.add(work_order_id).add(task_token)
    }
    if (this.#refresh !== undefined) return
    this.#refresh = setTimeout(() => {
      this.#refresh = undefined
      const ids = this.#changed
      this.#changed = new Set()
      void this.#client.invalidateQueries({
        queryKey: ['run'],
        type: 'active',
        predicate: ({ queryKey }) => ids.has(String(queryKey[1])),
      })
    }, REFRESH_MS)
  }
}

const POLL_MS = 2_000

/** The same of a console that has no stream. */
class Polling {
  readonly #client: QueryClient
  #timer: ReturnType<typeof setInterval> | undefined

  constructor(client: QueryClient) {
    this.#client = client
  }

  connect(): void {
    if (this.#timer !== undefined) return
    this.#timer = setInterval(() => void this.#ask(), POLL_MS)
    void this.#ask()
  }

  pause(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    tell({ status: 'paused' })
  }

  async #ask(): Promise<void> {
    try {
      const [queue, { runs }] = await Promise.all([
        ask<QueueView>('/v1/queue'),
        ask<RunsAnswer>('/v1/runs?limit=100'),
      ])
      if (this.#timer === undefined) return
      this.#client.setQueryData(queueQuery.queryKey, queue)
      addChanges(runs)
      await this.#client.invalidateQueries({ queryKey: ['run'], type: 'active' })
      tell({ status: 'live' })
    } catch {
      if (this.#timer !== undefined) tell({ status: 'offline' })
    }
  }
}
