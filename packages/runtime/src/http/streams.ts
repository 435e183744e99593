import type { Request, Response } from 'express'
import { type Refused, refuse, STREAMED } from './answers.ts'

/**
 * Streams of server-sent events (WHATWG HTML, section 9.2).
 * E1 One caller has a bounded number of streams, and so has the process; one more is refused (429).
 * E2 Nothing is kept for a reader that does not keep up: it is cut off, and comes back with the id
 *    of the last event that it saw.
 * E3 A quiet stream says something every `beatMs`, so that proxies and readers know it lives; one
 *    whose reader may read no longer ends, and each ends after `longestMs`.
 */
export interface StreamsOptions {
  perSession?: number
  inAll?: number
  /** Bytes that may wait for one reader. */
  waitingBytes?: number
  beatMs?: number
  longestMs?: number
  /** How often it is asked whether a reader may still read. */
  checkMs?: number
}

/** One reader. */
export interface Stream {
  /** What the reader saw last, as it says; undefined for one that is new. */
  readonly lastId: string | undefined
  /** Sends an event, or cuts the reader off. */
  send(event: string, data: string, id?: string): void
  /** Called once, when the stream has ended, whoever ended it. */
  onEnd(act: () => void): void
}

const DEFAULTS = {
  perSession: 16,
  inAll: 1_000,
  waitingBytes: 1_048_576,
  beatMs: 15_000,
  longestMs: 30 * 60_000,
  checkMs: 60_000,
}
const RETRY_SECONDS = 10

interface Open {
  res: Response
  ends: (() => void)[]
}

export class Streams {
  readonly #options: typeof DEFAULTS
  readonly #open = new Set<Open>()
  readonly #sessions = new Map<string, number>()
  refused = 0
  cut = 0
  sent = 0

  constructor(options: StreamsOptions = {}) {
    this.#options = { ...DEFAULTS, ...options }
  }

  get size(): number {
    return this.#open.size
  }

  /**
   * Answers a request with a stream.
   * @param session whose it is @param mayRead asked now and then @param begin gets the stream
   */
  open(
    { req, res }: { req: Request; res: Response },
    { session, mayRead }: { session: string; mayRead(): Promise<boolean> },
    begin: (stream: Stream) => void,
  ): Refused | typeof STREAMED {
    const { perSession, inAll } = this.#options
    const own = this.#sessions.get(session) ?? 0
    if (own >= perSession || this.#open.size >= inAll) {
      this.refused += 1
      const detail =
        own >= perSession ? `${own} streams are open already` : `${inAll} streams are open here`
      return refuse('PT-9042', detail, {}, { 'Retry-After': String(RETRY_SECONDS) })
    }
    const one: Open = { res, ends: [] }
    this.#open.add(one)
    this.#sessions.set(session, own + 1)
    const timers = this.#timersOf(one, mayRead)
    res.once('close', () => {
      for (const timer of timers) clearInterval(timer)
      this.#open.delete(one)
      const left = (this.#sessions.get(session) ?? 1) - 1
      if (left === 0) this.#sessions.delete(session)
      else this.#sessions.set(session, left)
      for (const act of one.ends) act()
    })
    res.status(200).set({
      'content-type': 'text/event-stream; charset=utf-8',
      // no-transform: a proxy that compresses would keep events back
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
      'x-content-type-options': 'nosniff',
    })
    res.flushHeaders()
    begin({
      lastId: lastIdOf(req),
      send: (event, data, id) => this.#send(one, frameOf(event, data, id)),
      onEnd: (act) => void one.ends.push(act),
    })
    return STREAMED
  }

  /** Ends all of them. */
  async stop(): Promise<void> {
    for (const { res } of this.#open) res.end()
  }

  #timersOf(one: Open, mayRead: () => Promise<boolean>): NodeJS.Timeout[] {
    const { beatMs, longestMs, checkMs } = this.#options
    const end = () => void one.res.end()
    const check = () => {
      mayRead().then((may) => {
        if (!may) end()
      }, end)
    }
    return [
      setInterval(() => this.#send(one, ':\n\n'), beatMs).unref(),
      setInterval(check, checkMs).unref(),
      setTimeout(end, longestMs).unref(),
    ]
  }

  #send({ res }: Open, frame: string): void {
    if (res.writableEnded || res.destroyed) return
    if (res.writableLength > this.#options.waitingBytes) {
      this.cut += 1
      res.destroy()
      return
    }
    res.write(frame)
    this.sent += 1
  }
}

/** EventSource sends the header when it comes back; a reader that begins anew may ask by address. */
function lastIdOf(req: Request): string | undefined {
  const asked = req.get('last-event-id') ?? req.query.last_event_id
  return typeof asked === 'string' && asked !== '' ? asked : undefined
}

/** @param data one line: JSON has no line break */
function frameOf(event: string, data: string, id: string | undefined): string {
  const named = id === undefined ? '' : `id: ${id}\n`
  return `${named}event: ${event}\ndata: ${data}\n\n`
}
