import type { Logger } from 'pino'
import type { Store } from '../documents/store.ts'
import type { ServiceMetrics } from '../metrics.ts'
import type { Publish } from '../outbox/publisher.ts'
import { type Clock, inMs } from './due-times.ts'
import type { WaitingList } from './waiting-messages.ts'

/**
 * Takes up what processes that died left behind: outboxes, due times, waiting messages; and what
 * this one could not publish, since a tool's topic was missing.
 */
export interface Sweep {
  /** Documents whose outbox is to be tried again soon. */
  left(ids: readonly string[]): void
  /** Takes up everything there is, without waiting for its age: the start of a process. */
  all(): Promise<void>
  stop(): Promise<void>
}

export interface SweepOptions<S> {
  store: Store<S>
  waiting: WaitingList
  publish: Publish
  clock: Clock
  metrics: ServiceMetrics
  log: Logger
  /** How often the database is asked for what other processes left behind. */
  everyMs: number
}

/** What is older belongs to a process that died: a living one needs less. */
const AGE_MS = 5_000
const RETRY_MS = 5_000
/** A waiting message is decided by the process that keeps it within WAIT_SECONDS. */
const WAIT_AGE_MS = 35_000
const PAGE = 200
/** Due times held at most; later ones are found by a sweep. */
const MOST = 200_000

export function startSweep<S>(options: SweepOptions<S>): Sweep {
  const { store, waiting, publish, clock, metrics, log } = options
  const unpublished = new Set<string>()
  let swept = Date.now()
  let running: Promise<void> | undefined

  async function republish(): Promise<void> {
    const ids = [...unpublished]
    for (let start = 0; start < ids.length; start += PAGE) {
      const page = ids.slice(start, start + PAGE)
      const docs = (await store.full(page)).filter(({ outbox }) => outbox.length > 0)
      const failed = await publish(docs.flatMap(({ outbox }) => outbox))
      const out = docs.filter(({ outbox }) => !outbox.some(({ topic }) => failed.has(topic)))
      store.trim(out)
      await store.trimNow()
      metrics.republished.inc(out.reduce((sum, { outbox }) => sum + outbox.length, 0))
      const kept = new Set(docs.filter((doc) => !out.includes(doc)).map(({ id }) => id))
      for (const id of page) if (!kept.has(id)) unpublished.delete(id)
    }
  }

  async function take(savedBefore: string, dueBefore: string, seenBefore: string): Promise<void> {
    swept = Date.now()
    let held = 0
    for await (const { id, due_at, outbox_at } of store.pending(savedBefore, dueBefore)) {
      if (outbox_at !== undefined && outbox_at < savedBefore) unpublished.add(id)
      if (due_at === undefined || due_at >= dueBefore || clock.holds(id)) continue
      held += 1
      if (held <= MOST) clock.due(id, due_at)
    }
    for (const id of await waiting.since(seenBefore)) if (!clock.holds(id)) clock.waits(id)
    await republish()
  }

  function run(act: () => Promise<void>): Promise<void> {
    running ??= act()
      .catch((error: unknown) => log.warn({ err: error }, 'sweep failed; tried again'))
      .finally(() => {
        running = undefined
      })
    return running
  }

  const timer = setInterval(() => {
    const late = Date.now() - swept >= options.everyMs
    if (late) void run(() => take(inMs(-AGE_MS), inMs(-AGE_MS), inMs(-WAIT_AGE_MS)))
    else if (unpublished.size > 0) void run(republish)
  }, RETRY_MS)

  return {
    left(ids) {
      for (const id of ids) unpublished.add(id)
    },
    all: () => run(() => take(inMs(0), '9999', inMs(0))),
    async stop() {
      clearInterval(timer)
      await running
    },
  }
}
