/**
 * Which schema an id names, asked so that who sends unknown ids costs the registry and everybody else
 * little: an id that nobody met is asked for, a few a second on each topic; what comes beyond that is
 * looked for in the list of the topic's subject, which is read once a second at most for all of them.
 */
import { LRUCache } from 'lru-cache'
import { Poison } from './poison.ts'
import { fetchSchema, listSubject, type RegistryAddress } from './registry.ts'

/** An id that the registry does not have is asked for once a minute, however often it comes. */
const UNKNOWN_MS = 60_000
const MAX_UNKNOWN = 100_000

/** Ids that are asked for one by one on a topic: so many at once, and then so many a second. */
const AT_ONCE = 20
const A_SECOND = 5

/** A list that was begun so long ago is read again. */
const LIST_MS = 1_000

/** What a topic may still ask, and what its subject was found to hold. */
interface TopicState {
  tokens: number
  /** When the tokens were counted, and when the list that was read last was begun. */
  countedAt: number
  listedAt: number
  versions: Set<number>
}

export class RegistryLookups<T> {
  readonly #registry: RegistryAddress
  readonly #make: (schema: string, id: number) => T
  readonly #now: () => number
  readonly #known = new Map<number, T>()
  readonly #unknown = new LRUCache<number, true>({ max: MAX_UNKNOWN, ttl: UNKNOWN_MS })
  readonly #topics = new Map<string, TopicState>()
  readonly #asking = new Map<number, Promise<T>>()
  readonly #listing = new Map<string, Promise<void>>()

  /**
   * @param make what is made of a schema, once; a Poison that it throws is the answer to its id
   * @param now milliseconds of a clock that is never set back
   */
  constructor(
    registry: RegistryAddress,
    make: (schema: string, id: number) => T,
    now: () => number = () => performance.now(),
  ) {
    this.#registry = registry
    this.#make = make
    this.#now = now
  }

  /**
   * What was made of the schema of this id. Synchronous once it was met.
   * @throws Poison PT-9002 when the registry has none, PT-9015 when it was not asked;
   *   RegistryUnavailable
   */
  find(id: number, topic: string): T | Promise<T> {
    const known = this.#known.get(id)
    if (known !== undefined) return known
    if (this.#unknown.has(id)) throw unknownSchema(id)
    const asking = this.#asking.get(id)
    if (asking !== undefined) return asking
    const state = this.#stateOf(topic)
    if (this.#spend(state)) return once(this.#asking, id, () => this.#ask(id))
    if (this.#now() - state.listedAt < LIST_MS) throw notLookedUp(id, topic)
    return once(this.#listing, topic, () => this.#list(topic, state)).then(() => {
      const found = this.#known.get(id)
      if (found !== undefined) return found
      throw notLookedUp(id, topic)
    })
  }

  async #ask(id: number): Promise<T> {
    const schema = await fetchSchema(this.#registry, id)
    if (schema !== undefined) return this.#keep(schema, id)
    this.#unknown.set(id, true)
    throw unknownSchema(id)
  }

  #keep(schema: string, id: number): T {
    const made = this.#make(schema, id)
    this.#known.set(id, made)
    return made
  }

  /** Meets every schema of the topic's subject that was not met yet. */
  async #list(topic: string, state: TopicState): Promise<void> {
    const began = this.#now()
    for await (const { version, id, schema } of listSubject(
      this.#registry,
      `${topic}-value`,
      state.versions,
    )) {
      state.versions.add(version)
      try {
        if (!this.#known.has(id)) this.#keep(schema, id)
      } catch (error) {
        // told to whoever uses the id
        if (!(error instanceof Poison)) throw error
      }
    }
    state.listedAt = began
  }

  #spend(state: TopicState): boolean {
    const now = this.#now()
    const more = ((now - state.countedAt) / 1_000) * A_SECOND
    state.tokens = Math.min(AT_ONCE, state.tokens + more)
    state.countedAt = now
    if (state.tokens < 1) return false
    state.tokens -= 1
    return true
  }

  /** Topics are those of the catalogue and of tools, so there are few. */
  #stateOf(topic: string): TopicState {
    const known = this.#topics.get(topic)
    if (known !== undefined) return known
    const never = Number.NEGATIVE_INFINITY
    const state = {
      tokens: AT_ONCE,
      countedAt: this.#now(),
      listedAt: never,
      versions: new Set([]),
    }
    this.#topics.set(topic, state)
    return state
  }
}

function unknownSchema(id: number): Poison {
  return new Poison('PT-9002', `the registry has no schema ${id}`)
}

function notLookedUp(id: number, topic: string): Poison {
  return new Poison('PT-9015', `schema ${id} is none of ${topic}'s, among too many unknown ones`)
}

/** One run per key at a time; the next one after it ended begins anew. */
export function once<K, V>(running: Map<K, Promise<V>>, key: K, run: () => Promise<V>): Promise<V> {
  const known = running.get(key)
  if (known !== undefined) return known
  const started = run().finally(() => running.delete(key))
  running.set(key, started)
  return started
}
