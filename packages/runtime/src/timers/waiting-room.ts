import type { Logger } from 'pino'
import type { Origin, RoundInput } from '../round-input.ts'
import { type Input, Refusal, WAIT_SECONDS } from '../service.ts'
import type { RoundWaiting, Summary, Waiting, WaitingMessages } from './waiting-messages.ts'

export interface WaitingRoomOptions<I extends Input> {
  messages: Pick<WaitingMessages, 'keep' | 'drop' | 'read'>
  /** Reads a message again; undefined while the registry is away. */
  read(origin: Origin, at: string): Promise<RoundInput<I> | undefined>
  enqueue(inputs: RoundInput<I>[]): Promise<void>
  /** Those of the names that are known now. */
  known?: ((names: readonly string[]) => Promise<ReadonlySet<string>>) | undefined
  log: Logger
}

/** What is in memory of a message that waits: where it came from, and what for; never its bytes. */
interface Place extends Omit<Summary, 'id'> {
  /** It is not read back before it has waited so many seconds, where it names nothing. */
  notBefore: number
}

const LOOK_EVERY_MS = 1_000
/** What outsiders' messages may take of one partition; what they wait for may never come. */
const MOST = { count: 1_000, bytes: 16 * 1024 * 1024 } as const
/** So many messages are read back together; a larger one alone: what is read takes many times its bytes. */
const TOGETHER = { count: 50, bytes: 128 * 1024 } as const
/** So many names are asked for in one question. */
const MAX_NAMES = 500

/**
 * Messages that wait for something to become known.
 * W1 What they wait for is asked for by its name, once a second for all together; a message is read
 *    back once it is known, or when its time is over. What names nothing is read back when it has
 *    waited for one second, two, four and so on: whoever writes it has it decided six times, not thirty.
 * W2 They are read back one after the other; their bytes are in the database meanwhile.
 * W3 Of what outsiders write, no more waits of a partition than `MOST`; the rest is refused (PT-9008).
 */
export class WaitingRoom<I extends Input> implements RoundWaiting {
  readonly #options: WaitingRoomOptions<I>
  readonly #places = new Map<string, Place>()
  readonly #taken = new Map<string, { count: number; bytes: number }>()
  readonly #timer: NodeJS.Timeout
  #looking: Promise<void> | undefined
  #stopped = false

  constructor(options: WaitingRoomOptions<I>) {
    this.#options = options
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS)
  }

  has(id: string): boolean {
    return this.#places.has(id)
  }

  get size(): number {
    return this.#places.size
  }

  refusal(one: Waiting): Refusal | undefined {
    if (this.#places.has(one.id)) return undefined
    const { count, bytes } = this.#taken.get(partitionOf(one)) ?? { count: 0, bytes: 0 }
    const isFull = count >= MOST.count || bytes + one.value.length > MOST.bytes
    if (one.isClaim && isFull) {
      const detail = `${count} messages of this partition, ${bytes} bytes, wait already`
      return new Refusal('PT-9008', detail)
    }
    this.#put(one.id, placeOf(one))
    return undefined
  }

  async keep(messages: readonly Waiting[]): Promise<void> {
    await this.#options.messages.keep(messages)
  }

  async drop(ids: readonly string[]): Promise<void> {
    await this.#options.messages.drop(ids)
    for (const id of ids) this.#remove(id)
  }

  /** The message of this id goes on waiting, for this. */
  waits(id: string, wanted: string | undefined): void {
    const place = this.#places.get(id)
    if (place) this.#places.set(id, { ...place, wanted })
  }

  /** Takes over what a process left that is gone. */
  takeUp(summaries: readonly Summary[]): void {
    for (const { id, ...place } of summaries) {
      if (!this.#places.has(id)) this.#put(id, { ...place, notBefore: 0 })
    }
  }

  async idle(): Promise<void> {
    while (this.#looking !== undefined) await this.#looking
  }

  async stop(): Promise<void> {
    this.#stopped = true
    clearInterval(this.#timer)
    await this.idle()
  }

  #look(): void {
    if (this.#places.size === 0) return
    this.#looking ??= this.#askAgain()
      .catch((error: unknown) => {
        this.#options.log.warn({ err: error }, 'waiting messages are asked again in a second')
      })
      .finally(() => {
        this.#looking = undefined
      })
  }

  async #askAgain(): Promise<void> {
    const known = await this.#known()
    const ready = [...this.#places].filter(([, place]) => isReady(place, known))
    while (ready.length > 0 && !this.#stopped) {
      let bytes = 0
      let count = 0
      for (const [, { size }] of ready) {
        bytes += size
        if (count > 0 && (bytes > TOGETHER.bytes || count >= TOGETHER.count)) break
        count += 1
      }
      await this.#readBack(ready.splice(0, count).map(([id]) => id))
    }
  }

  async #known(): Promise<ReadonlySet<string>> {
    const { known } = this.#options
    const names = [...new Set([...this.#places.values()].flatMap(({ wanted }) => wanted ?? []))]
    const found = new Set<string>()
    for (let from = 0; known && from < names.length; from += MAX_NAMES) {
      for (const name of await known(names.slice(from, from + MAX_NAMES))) found.add(name)
    }
    return found
  }

  async #readBack(ids: readonly string[]): Promise<void> {
    const { messages, read, enqueue } = this.#options
    const found = await messages.read(ids)
    const there = new Set(found.map(({ id }) => id))
    // Another process decided those that are gone.
    for (const id of ids) if (!there.has(id)) this.#remove(id)
    const inputs: RoundInput<I>[] = []
    for (const { id, at, ...origin } of found) {
      const again = await read(origin, at)
      // What is not readable now is left for the next second.
      if (again === undefined) continue
      const waited = waitedSince(at)
      const place = this.#places.get(id)
      if (place) this.#places.set(id, { ...place, notBefore: 2 * Math.max(1, waited) })
      inputs.push({ ...again, input: { ...again.input, id, waited } })
    }
    if (inputs.length > 0) await enqueue(inputs)
  }

  #put(id: string, place: Place): void {
    this.#places.set(id, place)
    this.#count(place, 1)
  }

  #remove(id: string): void {
    const place = this.#places.get(id)
    if (place === undefined) return
    this.#places.delete(id)
    this.#count(place, -1)
  }

  #count(place: Place, by: 1 | -1): void {
    const key = partitionOf(place)
    const { count, bytes } = this.#taken.get(key) ?? { count: 0, bytes: 0 }
    if (count + by === 0) this.#taken.delete(key)
    else this.#taken.set(key, { count: count + by, bytes: bytes + by * place.size })
  }
}

function isReady({ wanted, at, notBefore }: Place, known: ReadonlySet<string>): boolean {
  const waited = waitedSince(at)
  if (waited >= WAIT_SECONDS) return true
  return wanted === undefined ? waited >= notBefore : known.has(wanted)
}

function waitedSince(at: string): number {
  return Math.max(0, Math.floor((Date.now() - Date.parse(at)) / 1000))
}

function placeOf({ topic, partition, at, wanted, value }: Waiting): Place {
  return { topic, partition, at, wanted, size: value.length, notBefore: 0 }
}

function partitionOf({ topic, partition }: Pick<Place, 'topic' | 'partition'>): string {
  return `${topic}/${partition}`
}
