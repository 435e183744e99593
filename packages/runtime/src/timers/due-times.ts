import type { Logger } from 'pino'
import { type Readable, readMessage } from '../consumer/read-message.ts'
import type { Work } from '../rounds/round-input.ts'
import type { Input } from '../service.ts'
import { Timers } from './timer-queue.ts'
import type { WaitingList } from './waiting-messages.ts'

/** Makes inputs of due times, and asks again what waits, every second. */
export interface Clock {
  due(doc: string, due_at: string | undefined, delayMs?: number): void
  waits(id: string): void
  /** True while a due time of this document, or a wait under this id, is held. */
  holds(id: string): boolean
  idle(): Promise<void>
  stop(): Promise<void>
}

const TICK_MS = 50
const PAGE = 500
const ASK_EVERY_MS = 1_000

export function startClock<I extends Input>(
  waiting: WaitingList,
  reader: Readable,
  enqueue: (works: Work<I>[]) => Promise<void>,
  log: Logger,
): Clock {
  const timers = new Timers()
  const asks = new Timers()
  let ticking: Promise<void> | undefined

  function waits(id: string): void {
    const next = inMs(ASK_EVERY_MS)
    asks.set(id, next)
  }

  async function takeDue(): Promise<void> {
    const works = timers.take(inMs(0), PAGE).map(({ id, at }) => dueWork<I>(id, at))
    const asked = asks.take(inMs(0), PAGE).map(({ id }) => id)
    if (asked.length > 0) {
      // Held again at once: what was decided meanwhile is not found and leaves.
      for (const id of asked) waits(id)
      const woken = await wake(asked).catch((error: unknown) => {
        log.warn({ err: error }, 'what waits is asked again in a second')
        return []
      })
      works.push(...woken)
    }
    if (works.length > 0) await enqueue(works)
  }

  async function wake(ids: readonly string[]): Promise<Work<I>[]> {
    const messages = await waiting.read(ids)
    const found = new Set(messages.map(({ id }) => id))
    for (const id of ids) if (!found.has(id)) asks.set(id, undefined)
    const works: Work<I>[] = []
    for (const message of messages) {
      const { id, at, ...origin } = message
      const read = await readMessage<I>(reader, { ...origin, at })
      // It was readable when it came; an outage of the registry leaves it for the next second.
      if (!('work' in read)) continue
      const waited = Math.max(0, Math.floor((Date.now() - Date.parse(at)) / 1000))
      works.push({ ...read.work, input: { ...read.work.input, id, waited } })
    }
    return works
  }

  const tick = setInterval(() => {
    ticking ??= takeDue()
      .catch((error: unknown) =>
        log.warn({ err: error }, 'stopping; due times are taken up at the next start'),
      )
      .finally(() => {
        ticking = undefined
      })
  }, TICK_MS)

  const idle = async () => {
    while (ticking !== undefined) await ticking
  }
  return {
    due(doc, due_at, delayMs = 0) {
      timers.set(doc, due_at, delayMs > 0 ? inMs(delayMs) : undefined)
    },
    waits,
    holds: (id) => timers.has(id) || asks.has(id),
    idle,
    async stop() {
      clearInterval(tick)
      await idle()
    },
  }
}

function dueWork<I extends Input>(doc: string, at: string): Work<I> {
  // `due` is part of every service's input union that declares due times.
  return { doc, input: { id: `due:${doc}:${at}`, type: 'due', at, data: {} } as unknown as I }
}

/** RFC 3339 with milliseconds, this far from now. */
export function inMs(ms: number): string {
  return new Date(Date.now() + ms).toISOString()
}
