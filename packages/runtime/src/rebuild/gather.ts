import { keyOf, topicFor } from '@prooftrail/contracts'
import { type MessageOrigin, readMessage } from '../consumer/read-message.ts'
import type { Host } from '../host.ts'
import { inputType, isPublished, sourceOf } from '../message.ts'
import { type Behaviour, type Emitted, type Input, Refusal } from '../service.ts'
import type { Committed } from './group-standing.ts'
import type { OwnTopics } from './own-topics.ts'
import type { Entry, Said } from './refold.ts'

/** Where what was published belongs, and whether it is the service's own word. */
export interface Belonging<E extends Emitted> {
  /** The document of something published whose input is on no topic; undefined: that of its siblings. */
  documentOf?(event: E): string | undefined
  /** Whether it is the service's own word; asked where others write the topic too. */
  isOwn?(event: E): boolean | Promise<boolean>
}

interface Share {
  /** Whether a document is gathered this time. */
  isOfShare(doc: string): boolean
  committed: Committed
  own: OwnTopics
}

interface Taken<I> {
  input: I
  place: string
  isCommitted: boolean
}

interface Published<E> extends Said<E> {
  at: string
}

type Gathering<S, I extends Input, E extends Emitted, C> = Pick<
  Behaviour<S, I, E, C>,
  'name' | 'route' | 'says'
>

/** What the topics hold of a share of a service's documents. */
export class Gathered<S, I extends Input, E extends Emitted, C> {
  readonly #codec: Host['codec']
  readonly #service: Gathering<S, I, E, C>
  readonly #belonging: Belonging<E>
  readonly #share: Share
  readonly #inputs = new Map<string, Map<string, Taken<I>>>()
  readonly #documentOfCause = new Map<string, string>()
  /** By the input that caused it. */
  readonly #said = new Map<string, Map<string, Published<E>>>()
  readonly #parked = new Map<string, string[]>()
  /** What people gave up, by document: it counts as handled, and changed nothing. */
  readonly #givenUp = new Map<string, Set<string>>()

  constructor(
    codec: Host['codec'],
    service: Gathering<S, I, E, C>,
    belonging: Belonging<E>,
    share: Share,
  ) {
    this.#codec = codec
    this.#service = service
    this.#belonging = belonging
    this.#share = share
  }

  /** Takes one message of the topics, if it is of the share. @throws in an outage of the registry */
  async take(origin: MessageOrigin): Promise<void> {
    const { own } = this.#share
    const isInput = own.read.includes(origin.topic)
    const isOwnWord = origin.header('ce_source') === sourceOf(this.#service.name)
    const isSaid = isOwnWord && own.said.includes(origin.topic)
    const isDecided = origin.topic === topicFor('parked.decided')
    if (!isInput && !isSaid && !isDecided) return
    const reader = { name: this.#service.name, codec: this.#codec }
    const read = await readMessage<I>(reader, origin, origin.at)
    if ('outage' in read) throw read.outage
    // what nobody can read was parked
    if (!('input' in read)) return
    if (isDecided) this.#takeDecided(read.input.input)
    if (isInput) this.#takeInput(read.input.input, origin)
    if (isSaid) await this.#takeSaid(read.input.input, origin)
  }

  /** The entries of each document of the share. */
  entries(): Map<string, Entry<I, E>[]> {
    const made = new Map<string, Entry<I, E>[]>()
    const add = (doc: string, entry: Entry<I, E>) => {
      const list = made.get(doc)
      if (list) list.push(entry)
      else made.set(doc, [entry])
    }
    for (const [doc, inputs] of this.#inputs) {
      for (const [cause, { input, place, isCommitted }] of inputs) {
        const said = inSequence(this.#said.get(cause))
        // the service takes it when it runs again
        if (said.length === 0 && !isCommitted) continue
        if (this.#givenUp.get(doc)?.has(cause) === true) continue
        add(doc, { cause, at: input.at, place, input, said })
      }
    }
    for (const [cause, group] of this.#said) {
      if (this.#documentOfCause.has(cause)) continue
      const said = inSequence(group)
      const doc = said.map(({ event }) => this.#documentOf(event)).find((one) => one !== undefined)
      const at = said[0]?.at
      if (doc === undefined || at === undefined || !this.#share.isOfShare(doc)) continue
      add(doc, { cause, at, place: cause, said })
    }
    return made
  }

  /** What was parked for a document and blocks what follows, first one first. */
  parkedOf(doc: string, handled: readonly string[]): string[] {
    const known = new Set([...handled, ...this.givenUpOf(doc)])
    return [...new Set(this.#parked.get(doc) ?? [])].filter((id) => !known.has(id))
  }

  /** Inputs of a document that people gave up. */
  givenUpOf(doc: string): string[] {
    return [...(this.#givenUp.get(doc) ?? [])]
  }

  #takeDecided({ data }: I): void {
    const { act, service, document, input } = Object(data)
    if (act !== 'discard' || service !== this.#service.name || typeof document !== 'string') return
    if (!this.#share.isOfShare(document)) return
    this.#givenUp.set(document, (this.#givenUp.get(document) ?? new Set()).add(String(input)))
  }

  #takeInput(input: I, { topic, partition, offset }: MessageOrigin): void {
    const doc = this.#routed(input)
    if (doc === undefined || !this.#share.isOfShare(doc)) return
    const known = this.#inputs.get(doc) ?? new Map<string, Taken<I>>()
    const place = `${topic}/${partition}`
    const isCommitted = BigInt(offset) < (this.#share.committed.get(place) ?? 0n)
    // the same message sent twice is one input, which came when it came first
    if (!known.has(input.id)) known.set(input.id, { input, place, isCommitted })
    this.#inputs.set(doc, known)
    this.#documentOfCause.set(input.id, doc)
  }

  /** Undefined for what is not the service's, and for what it parked. */
  #routed(input: I): string | undefined {
    try {
      return this.#service.route(input)
    } catch (error) {
      if (error instanceof Refusal) return undefined
      throw error
    }
  }

  async #takeSaid(input: I, origin: MessageOrigin): Promise<void> {
    const type = inputType(origin.topic)
    const cause = origin.header('ce_causationid') ?? ''
    if (type === 'parked' || type === 'tool.parked') {
      this.#takeParked(input.data, cause)
      return
    }
    if (!this.#service.says?.includes(type)) return
    // what this service publishes is what it decides: its topics are those of its events
    const event = { type, data: input.data } as unknown as E
    if (this.#belonging.isOwn && !(await this.#belonging.isOwn(event))) return
    const place = origin.header('ce_sequence')
    const sequence = place === undefined ? undefined : Number(place)
    const at = origin.header('ce_time') ?? input.at
    const group = this.#said.get(cause) ?? new Map<string, Published<E>>()
    // published twice is published once
    if (!group.has(input.id)) group.set(input.id, { id: input.id, event, sequence, at })
    this.#said.set(cause, group)
  }

  #takeParked(parked: unknown, input: string): void {
    const { document, reason_code, partition } = Object(parked)
    const blocks = BLOCKING.has(reason_code) && Number(partition) >= 0
    if (!blocks || typeof document !== 'string' || !this.#share.isOfShare(document)) return
    this.#parked.set(document, [...(this.#parked.get(document) ?? []), input])
  }

  #documentOf(event: E): string | undefined {
    const { documentOf } = this.#belonging
    if (documentOf) return documentOf(event)
    return isPublished(event.type) ? keyOf(event.type, event.data) : undefined
  }
}

/** Reasons for which what follows in a document is parked behind a message. */
const BLOCKING: ReadonlySet<unknown> = new Set(['PT-9005', 'PT-9006'])

function inSequence<E>(group: ReadonlyMap<string, Published<E>> | undefined): Published<E>[] {
  const said = [...(group?.values() ?? [])]
  return said.sort((one, other) => (one.sequence ?? -1) - (other.sequence ?? -1))
}
