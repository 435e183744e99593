import { topics } from '@prooftrail/contracts'
import { isPublished } from '../message.ts'
import { type Behaviour, type Emitted, type Input, RetryLater } from '../service.ts'

/**
 * Makes one document again from what the topics hold of it.
 * F1 What was published is taken as it was: no event of a topic is decided, signed or dated anew.
 * F2 Events that are only folded are decided again, from the inputs that a service names.
 * F3 Published events come in the order of their sequence. Of the inputs between them an order is
 *    found in which each decides what it published; the order of arrival is tried first.
 * F4 What finds no such place is named (`unexplained`), and nothing is made up for it.
 */

/** An event as the service published it. */
export interface Said<E> {
  /** The message's id. */
  id: string
  event: E
  /** Its place among all that the document published; absent for what is not remembered. */
  sequence: number | undefined
}

/** An input with what it published, or the name of one that is on no topic. */
export interface Entry<I, E> {
  /** The input's id. */
  cause: string
  /** RFC 3339: when the input came. */
  at: string
  /** Where it came from: inputs of one place keep their order. */
  place: string
  /** Absent where it is on no topic: a due time, the outcome of an effect. */
  input?: I
  said: readonly Said<E>[]
}

/** How a service's documents are made again. */
export interface Refolding<S, I extends Input, E extends Emitted, C> {
  /** Inputs that are decided again, for events that are only folded. Others count by what they published. */
  decides: readonly I['type'][] | 'all'
  /**
   * What an input published says all that it changed, of every document or of those that are named:
   * only those that published nothing are decided again.
   */
  saidIsEnough?: true | ((doc: string) => boolean)
  /** What deciding again needs from outside. Moves nothing there; what it throws leaves the input undecided. */
  context(doc: string, state: S, input: I): Promise<C>
  /** The service's own input behind something that it published, where that must be decided again. */
  ownInput?(state: S, entry: Entry<I, E>): I | undefined
  /** An event that is only folded, with what was published instead of what was decided now. */
  adopt?(event: E, said: readonly E[]): E
}

export interface Refolded<S> {
  state: S
  handledIds: string[]
  publishedIds: string[]
  /** Inputs for which no place was found. */
  unexplained: string[]
}

type Core<S, I extends Input, E extends Emitted, C> = Pick<
  Behaviour<S, I, E, C>,
  'initial' | 'decide' | 'evolve' | 'due' | 'unseen'
>

/** @param until RFC 3339: due times up to then have passed */
export async function refold<S, I extends Input, E extends Emitted, C>(
  service: Core<S, I, E, C>,
  refolding: Refolding<S, I, E, C>,
  doc: string,
  entries: readonly Entry<I, E>[],
  until: string,
): Promise<Refolded<S>> {
  const one = new Refold(service, refolding, doc, entries)
  while (one.isOpen) await one.step()
  await one.dues(until)
  return one.made
}

/** What an input comes to in a state. */
type Trial<E> =
  | { kind: 'fits'; events: readonly E[] }
  | { kind: 'nothing' }
  /** It waits for something, and was parked if that never came. */
  | { kind: 'later' }
  /** It decides something else than it published. */
  | { kind: 'not-here' }

class Refold<S, I extends Input, E extends Emitted, C> {
  readonly made: Refolded<S>
  readonly #service: Core<S, I, E, C>
  readonly #refolding: Refolding<S, I, E, C>
  readonly #doc: string
  #open: Entry<I, E>[]
  /** A due time that came to nothing here. */
  #passed: string | undefined

  constructor(
    service: Core<S, I, E, C>,
    refolding: Refolding<S, I, E, C>,
    doc: string,
    entries: readonly Entry<I, E>[],
  ) {
    this.#service = service
    this.#refolding = refolding
    this.#doc = doc
    this.#open = [...entries].sort(byTime)
    this.made = { state: service.initial, handledIds: [], publishedIds: [], unexplained: [] }
  }

  get isOpen(): boolean {
    return this.#open.length > 0
  }

  /** Takes the first entry that fits; where none does, the first of all, as far as it was published. */
  async step(): Promise<void> {
    const [first] = this.#open
    if (first) await this.dues(first.at)
    const next = this.#nextSaid()
    const blocked = new Set<string>()
    let waits: Entry<I, E> | undefined
    for (const entry of this.#open) {
      if (blocked.has(entry.place)) continue
      const isLater = sequenceOf(entry) !== undefined && entry !== next
      const trial: Trial<E> = isLater ? { kind: 'not-here' } : await this.#try(entry)
      if (trial.kind === 'fits' || trial.kind === 'nothing') {
        this.#take(entry, trial.kind === 'fits' ? trial.events : [])
        return
      }
      blocked.add(entry.place)
      if (trial.kind === 'later' && entry.said.length === 0) waits ??= entry
    }
    if (next === undefined && waits) this.#take(waits, [])
    else this.#force(next ?? first)
  }

  /** Due times that came before `at` and changed nothing but the state. */
  async dues(at: string): Promise<void> {
    if (!this.#decides('due')) return
    for (;;) {
      const due = this.#service.due?.(this.made.state)
      if (due === undefined || due > at || due === this.#passed) return
      const input = this.#dueInput(due)
      if (this.#open.some(({ cause }) => cause === input.id)) return
      this.#passed = due
      const events = await this.#decide(input)
      if (typeof events === 'string' || events.length === 0) return
      if (events.some(({ type }) => isPublished(type))) return
      this.#fold(events)
    }
  }

  /** The entry whose events were published before those of all others that are left. */
  #nextSaid(): Entry<I, E> | undefined {
    let next: Entry<I, E> | undefined
    for (const entry of this.#open) {
      const sequence = sequenceOf(entry)
      if (sequence === undefined) continue
      const before = next && sequenceOf(next)
      if (before === undefined || sequence < before) next = entry
    }
    return next
  }

  async #try(entry: Entry<I, E>): Promise<Trial<E>> {
    const said = entry.said.map(({ event }) => event)
    const input = entry.input ?? this.#ownInput(entry)
    const isSaid = said.length > 0 && this.#saidIsEnough()
    if (isSaid || input === undefined || !this.#decides(input.type)) {
      return said.length > 0 ? { kind: 'fits', events: said } : { kind: 'nothing' }
    }
    const decided = await this.#decide(input)
    if (decided === 'later') return { kind: 'later' }
    if (decided === 'refused') return { kind: said.length > 0 ? 'not-here' : 'nothing' }
    const events = this.#withSaid(decided, said)
    if (events === undefined) return { kind: 'not-here' }
    return events.length > 0 ? { kind: 'fits', events } : { kind: 'nothing' }
  }

  #saidIsEnough(): boolean {
    const { saidIsEnough = false } = this.#refolding
    return typeof saidIsEnough === 'function' ? saidIsEnough(this.#doc) : saidIsEnough
  }

  #decides(type: string): boolean {
    const { decides } = this.#refolding
    return decides === 'all' || (decides as readonly string[]).includes(type)
  }

  #ownInput(entry: Entry<I, E>): I | undefined {
    if (entry.cause.startsWith('due:')) {
      const own = this.#refolding.ownInput?.(this.made.state, entry)
      return own ?? (this.#decides('due') ? this.#dueInput(entry.at) : undefined)
    }
    return this.#refolding.ownInput?.(this.made.state, entry)
  }

  async #decide(input: I): Promise<readonly E[] | 'later' | 'refused'> {
    const { state } = this.made
    try {
      const context = await this.#refolding.context(this.#doc, state, input)
      return this.#service.decide(state, input, context)
    } catch (error) {
      return error instanceof RetryLater ? 'later' : 'refused'
    }
  }

  /** What was decided, with the published events as they were; undefined where others were published. */
  #withSaid(decided: readonly E[], said: readonly E[]): readonly E[] | undefined {
    const left = [...said]
    const events: E[] = []
    for (const event of decided) {
      if (!isPublished(event.type)) {
        events.push(this.#refolding.adopt?.(event, said) ?? event)
        continue
      }
      const at = left.findIndex(({ type }) => type === event.type)
      const [was] = at < 0 ? [] : left.splice(at, 1)
      if (was) events.push(was)
      else if (topics[event.type].retention === 'forever') return undefined
    }
    return left.length > 0 ? undefined : events
  }

  #take(entry: Entry<I, E>, events: readonly E[]): void {
    this.#open = this.#open.filter((one) => one !== entry)
    this.#fold(events)
    const isUnseen = entry.input && this.#service.unseen?.includes(entry.input.type)
    const isNamed = entry.input !== undefined || sequenceOf(entry) !== undefined
    const isDue = entry.cause.startsWith('due:')
    if (events.length > 0 && isNamed && !isUnseen && !isDue) this.made.handledIds.push(entry.cause)
    for (const { id, sequence } of entry.said) {
      if (sequence !== undefined) this.made.publishedIds.push(id)
    }
  }

  #force(entry: Entry<I, E> | undefined): void {
    if (entry === undefined) return
    this.made.unexplained.push(entry.cause)
    this.#take(
      entry,
      entry.said.map(({ event }) => event),
    )
  }

  #fold(events: readonly E[]): void {
    for (const event of events) this.made.state = this.#service.evolve(this.made.state, event)
  }

  #dueInput(at: string): I {
    // `due` is part of every service's input union that declares due times.
    return { id: `due:${this.#doc}:${at}`, type: 'due', at, data: {} } as unknown as I
  }
}

function sequenceOf<I, E>({ said }: Entry<I, E>): number | undefined {
  return said.find(({ sequence }) => sequence !== undefined)?.sequence
}

/** By time of arrival. What was published stands behind what it may have waited for. */
function byTime<I, E>(one: Entry<I, E>, other: Entry<I, E>): number {
  if (one.at !== other.at) return one.at < other.at ? -1 : 1
  return (sequenceOf(one) ?? -1) - (sequenceOf(other) ?? -1)
}
