import type { RunRow } from '@prooftrail/contracts/doors'
import { type Reader, type Stream, Streams } from '@prooftrail/runtime'
import type { QueueView } from '../queue.ts'
import { rowOf } from '../run-row.ts'
import type { State } from '../state.ts'
import type { Changed, Changes } from './changes.ts'
import type { ProjectionAge } from './projection-age.ts'

/** What readers hear besides runs, and how often. */
const AGE_MS = 5_000
const QUEUE_MS = 2_000
/** Rows of one event. */
const MOST_ROWS = 500

/** Asks for a stream: who, and of which run; undefined: of all. */
export interface Wanted {
  session: string
  run?: string
  mayRead(): Promise<boolean>
}

/** What a stream is about, and whether it has heard all that there was when it began. */
interface Reading {
  run: string | undefined
  isCurrent: boolean
}

/**
 * Streams of runs: the rows that changed, the queue, and how old all of it is. What is told to all is
 * made once for all.
 */
export class LiveRuns {
  readonly streams: Streams
  readonly #changes: Changes
  readonly #age: ProjectionAge
  readonly #store: Pick<Reader<State>, 'read'>
  readonly #view: () => Promise<QueueView>
  readonly #readers = new Map<Stream, Reading>()
  #timers: NodeJS.Timeout[] = []
  #unlisten = () => {}
  #hasNews = false

  constructor(
    store: Pick<Reader<State>, 'read'>,
    changes: Changes,
    age: ProjectionAge,
    queue: () => Promise<QueueView>,
    streams = new Streams(),
  ) {
    this.#store = store
    this.#view = queue
    this.#changes = changes
    this.#age = age
    this.streams = streams
  }

  /** Answers a request with a stream. */
  open(call: Parameters<Streams['open']>[0], { session, run, mayRead }: Wanted) {
    return this.streams.open(call, { session, mayRead }, (stream) => {
      if (this.#readers.size === 0) this.#begin()
      const reading = { run, isCurrent: false }
      this.#readers.set(stream, reading)
      stream.onEnd(() => {
        this.#readers.delete(stream)
        if (this.#readers.size === 0) this.#pause()
      })
      stream.send('hello', JSON.stringify({ heartbeat_ms: AGE_MS }))
      void this.#welcome(stream, reading)
    })
  }

  async stop(): Promise<void> {
    this.#pause()
    await this.streams.stop()
  }

  /** What a reader missed; then how things stand. */
  async #welcome(stream: Stream, reading: Reading): Promise<void> {
    const { run } = reading
    const { mark } = this.#changes
    try {
      if (run !== undefined) await this.#tell([stream], new Map([[run, undefined]]))
      else if (stream.lastId !== undefined) {
        const missed = await this.#changes.since(stream.lastId)
        if (missed) await this.#tell([stream], new Map(missed.map((id) => [id, undefined])))
        else this.#reset([stream])
      }
      await this.#age.ask()
      reading.isCurrent = true
      stream.send('age', JSON.stringify(this.#age.now()), String(mark))
      if (run === undefined) stream.send('queue', await this.#queue())
    } catch {
      // the database is away: the reader has to ask again
      reading.isCurrent = true
      this.#reset([stream])
    }
  }

  #begin(): void {
    this.#unlisten = this.#changes.listen((changed, at) => void this.#heard(changed, at))
    this.#timers = [
      setInterval(() => void this.#tellAge(), AGE_MS),
      setInterval(() => void this.#tellQueue(), QUEUE_MS),
    ]
    for (const timer of this.#timers) timer.unref()
  }

  #pause(): void {
    this.#unlisten()
    for (const timer of this.#timers) clearInterval(timer)
    this.#timers = []
  }

  async #heard(changed: Changed, at: number): Promise<void> {
    this.#hasNews = true
    const [all, own] = [new Set<Stream>(), new Map<string, Stream[]>()]
    for (const [stream, { run }] of this.#readers) {
      if (run === undefined) all.add(stream)
      else if (changed.has(run)) own.set(run, [...(own.get(run) ?? []), stream])
    }
    try {
      if (all.size > 0) await this.#tell(all, changed, at)
      for (const [run, readers] of own) {
        await this.#tell(readers, new Map([[run, changed.get(run)]]), at)
      }
    } catch {
      this.#reset([...all, ...[...own.values()].flat()])
    }
  }

  async #tell(readers: Iterable<Stream>, changed: Changed, at?: number): Promise<void> {
    const rows = await this.#rows(changed)
    const to = [...readers]
    for (let from = 0; from < rows.length; from += MOST_ROWS) {
      const data = JSON.stringify({ runs: rows.slice(from, from + MOST_ROWS) })
      // only with the last of them has a reader heard everything, and only one that missed nothing
      const id = from + MOST_ROWS >= rows.length && at !== undefined ? String(at) : undefined
      for (const one of to) {
        one.send('runs', data, this.#readers.get(one)?.isCurrent ? id : undefined)
      }
    }
  }

  async #rows(changed: Changed): Promise<RunRow[]> {
    const unknown = [...changed].flatMap(([id, state]) => (state ? [] : [id]))
    const read = unknown.length > 0 ? await this.#store.read(unknown) : new Map<string, never>()
    return [...changed].flatMap(([id, known]) => {
      const state: State | undefined = known ?? read.get(id)?.state
      return state?.status === 'run' ? [rowOf(state)] : []
    })
  }

  async #tellAge(): Promise<void> {
    await this.#age.ask()
    const data = JSON.stringify(this.#age.now())
    const id = String(this.#changes.mark)
    for (const [one, { isCurrent }] of this.#readers) {
      one.send('age', data, isCurrent ? id : undefined)
    }
  }

  async #tellQueue(): Promise<void> {
    if (!this.#hasNews) return
    this.#hasNews = false
    const data = await this.#queue().catch(() => undefined)
    if (data === undefined) return
    for (const [one, { run }] of this.#readers) if (run === undefined) one.send('queue', data)
  }

  async #queue(): Promise<string> {
    return JSON.stringify(await this.#view())
  }

  #reset(readers: readonly Stream[]): void {
    const data = JSON.stringify({ reason: 'something may be missing: read anew' })
    for (const one of readers) one.send('reset', data, String(this.#changes.mark))
  }
}
