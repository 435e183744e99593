import { setTimeout as wait } from 'node:timers/promises'
import { makeLatencies, type ToolLoad } from './latencies.ts'

/** What is loaded: it takes orders, and tells which are finished. */
export interface Feed {
  /** Prepares orders before they are timed; answers their ids. */
  prepare(count: number): string[]
  /** Resolves when the broker has them all. */
  send(ids: readonly string[]): Promise<void>
  /** Told once for every finished order. */
  onDone: (id: string) => void
  /** The tool of an order, where the orders of several are to be told apart. */
  toolOf?(id: string): string
}

export interface LoadResult extends ToolLoad {
  seconds: number
  /** Orders that were sent and did not finish within the time to drain. */
  unfinished: number
  /** The same by tool, where the feed tells them apart. */
  tools?: Record<string, ToolLoad>
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
  const latencies = makeLatencies(feed)
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
    if (state === 'measuring') latencies.add(id, performance.now() - at)
    if (state === 'filling' && finished >= inFlight) {
      state = 'measuring'
      void Promise.resolve(window.open()).then(() => {
        opened = performance.now()
        latencies.clear()
        setTimeout(end, seconds * 1000)
      })
    }
    if (latencies.count() >= orders) end()
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
  const summed = latencies.sum(took)
  state = 'draining'
  await window.close()
  if (failure) throw failure
  await drain(started)
  feed.onDone = () => {}
  return { ...summed, seconds: took, unfinished: started.size }
}

/** Sends one order every 1/`rate` seconds, whether the earlier ones have finished or not. */
export async function openLoop(
  feed: Feed,
  { rate, seconds }: { rate: number; seconds: number },
  window: Window = NOTHING,
): Promise<LoadResult> {
  const started = new Map<string, number>()
  const latencies = makeLatencies(feed)
  feed.onDone = (id) => {
    const at = started.get(id)
    if (at === undefined) return
    started.delete(id)
    latencies.add(id, performance.now() - at)
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
  return { ...latencies.sum(took), seconds: took, unfinished: started.size }
}

async function drain(started: ReadonlyMap<string, number>): Promise<void> {
  const until = performance.now() + DRAIN_MS
  while (started.size > 0 && performance.now() < until) await wait(5)
}
