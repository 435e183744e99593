import { setTimeout as wait } from 'node:timers/promises'
import { percentile } from './stats.ts'

/** What is loaded: it takes orders, and tells which are finished. */
export interface Feed {
  /** Prepares orders before they are timed; answers their ids. */
  prepare(count: number): string[]
  /** Resolves when the broker has them all. */
  send(ids: readonly string[]): Promise<void>
  /** Told once for every finished order. */
  onDone: (id: string) => void
}

export interface LoadResult {
  orders: number
  seconds: number
  per_second: number
  p50_ms: number
  p99_ms: number
  /** Orders that were sent and did not finish within the time to drain. */
  unfinished: number
}

/** Told when the measured window opens and closes; the reading's difference is the window's. */
export interface Window {
  open(): void | Promise<void>
  close(): void | Promise<void>
}

const DRAIN_MS = 60_000
const NOTHING: Window = { open() {}, close() {} }

/**
 * Keeps `inFlight` orders under way: each finished one is followed by the next. The window opens
 * when the first `inFlight` have finished, and closes after `seconds` or `orders`.
 */
export async function closedLoop(
  feed: Feed,
  { inFlight, seconds, orders = Infinity }: { inFlight: number; seconds: number; orders?: number },
  window: Window = NOTHING,
): Promise<LoadResult> {
  const started = new Map<string, number>()
  const latencies: number[] = []
  let state: 'filling' | 'measuring' | 'draining' = 'filling'
  const isOver = () => state === 'draining'
  let finished = 0
  let opened = 0
  let owed = inFlight
  let sending = false
  let failure: unknown
  let end = () => {}
  const over = new Promise<void>((resolve) => {
    end = resolve
  })
  const refill = async () => {
    if (sending || isOver()) return
    sending = true
    try {
      while (owed > 0 && !isOver()) {
        const ids = feed.prepare(owed)
        owed -= ids.length
        const at = performance.now()
        for (const id of ids) started.set(id, at)
        await feed.send(ids)
      }
    } catch (error) {
      failure = error
      end()
    } finally {
      sending = false
    }
  }
  feed.onDone = (id) => {
    const at = started.get(id)
    if (at === undefined) return
    started.delete(id)
    finished += 1
    owed += 1
    if (state === 'measuring') latencies.push(performance.now() - at)
    if (state === 'filling' && finished >= inFlight) {
      state = 'measuring'
      void Promise.resolve(window.open()).then(() => {
        opened = performance.now()
        latencies.length = 0
        setTimeout(end, seconds * 1000)
      })
    }
    if (latencies.length >= orders) end()
    void refill()
  }
  await refill()
  const stuck = setInterval(() => {
    if (state === 'filling' && finished === 0) {
      failure = new Error('no order finished within a minute')
      end()
    }
  }, DRAIN_MS)
  await over
  clearInterval(stuck)
  const took = (performance.now() - opened) / 1000
  const count = latencies.length
  state = 'draining'
  await window.close()
  if (failure) throw failure
  await drain(started)
  feed.onDone = () => {}
  return {
    orders: count,
    seconds: took,
    per_second: count / took,
    p50_ms: percentile(latencies.slice(0, count), 0.5),
    p99_ms: percentile(latencies.slice(0, count), 0.99),
    unfinished: started.size,
  }
}

/** Sends one order every 1/`rate` seconds, whether the earlier ones have finished or not. */
export async function openLoop(
  feed: Feed,
  { rate, seconds }: { rate: number; seconds: number },
  window: Window = NOTHING,
): Promise<LoadResult> {
  const started = new Map<string, number>()
  const latencies: number[] = []
  feed.onDone = (id) => {
    const at = started.get(id)
    if (at === undefined) return
    started.delete(id)
    latencies.push(performance.now() - at)
  }
  const sends: Promise<void>[] = []
  await window.open()
  const began = performance.now()
  for (let n = 0; n < rate * seconds; n += 1) {
    await wait(Math.max(0, began + (n * 1000) / rate - performance.now()))
    const ids = feed.prepare(1)
    for (const id of ids) started.set(id, performance.now())
    sends.push(feed.send(ids))
  }
  await Promise.all(sends)
  await drain(started)
  const took = (performance.now() - began) / 1000
  await window.close()
  feed.onDone = () => {}
  return {
    orders: latencies.length,
    seconds: took,
    per_second: latencies.length / took,
    p50_ms: percentile(latencies, 0.5),
    p99_ms: percentile(latencies, 0.99),
    unfinished: started.size,
  }
}

async function drain(started: ReadonlyMap<string, number>): Promise<void> {
  const until = performance.now() + DRAIN_MS
  while (started.size > 0 && performance.now() < until) await wait(5)
}
