import { type Codec, type EventTypes, topicFor } from '@prooftrail/contracts'
import { pino } from 'pino'
import type { Doc, Outgoing } from '../documents/document.ts'
import { DocumentCache } from '../documents/document-cache.ts'
import { Documents } from '../documents/documents.ts'
import { MemoryDatabase } from '../documents/memory-database.fixtures.ts'
import { messageId } from '../message.ts'
import { makeMetrics } from '../metrics.ts'
import { Outbox } from '../outbox/outbox.ts'
import type { RoundInput } from '../round-input.ts'
import type { Effect, Service } from '../service.ts'
import { MemoryWaiting } from '../timers/memory-waiting.fixtures.ts'
import type { Waiting } from '../timers/waiting-messages.ts'
import { runRound } from './round.ts'
import type { RoundTools } from './tools.ts'
import { type ToyEvent, type ToyInput, type ToyState, toyInitial } from './toy.fixtures.ts'

/** JSON behind a frame; only topics named in `schemas` have a schema id. */
export function jsonCodec(schemas?: Set<string>): Codec {
  return {
    async ready(names) {
      for (const name of names) schemas?.add(name)
    },
    isReady: (name) => schemas?.has(name) ?? true,
    encode: (_name, value) => Buffer.concat([Buffer.alloc(5), Buffer.from(JSON.stringify(value))]),
    decode: (_topic, bytes) => JSON.parse(bytes.subarray(5).toString()),
  }
}

/** What the instances of a service share. */
export interface FakeDatabase<S> {
  docs: Map<string, Doc<S>>
  waiting: Map<string, Waiting>
}

export function fakeDatabase<S>(): FakeDatabase<S> {
  return { docs: new Map(), waiting: new Map() }
}

const metrics = makeMetrics('toy', false)
const log = pino({ level: 'silent' })

/** One instance of a service on a database in memory; looks at what a round did. */
export class Instance {
  readonly database: MemoryDatabase<ToyState>
  readonly cache: DocumentCache<ToyState>
  readonly outbox: Outbox<ToyState>
  readonly published: Outgoing[] = []
  readonly effects: { doc: string; effect: Effect }[] = []
  readonly due = new Map<string, { at: string | undefined; delayMs: number | undefined }>()
  readonly waits: string[] = []
  /** Of the next publishes: those that fail, and how. */
  publishFaults: (Error | undefined)[] = []
  /** Topics that cannot take messages. */
  readonly absent = new Set<string>()
  readonly tools: RoundTools<ToyState>
  readonly #inputs = new Set<RoundInput<ToyInput>>()
  readonly #service: Service<ToyState, ToyInput, ToyEvent, undefined>

  constructor(
    service: Service<ToyState, ToyInput, ToyEvent, undefined>,
    db: FakeDatabase<ToyState>,
    codec = jsonCodec(),
    deferMs = 0,
  ) {
    this.#service = service
    this.database = new MemoryDatabase(db.docs)
    this.cache = new DocumentCache({ deferMs, rests: service.rests })
    const documents = new Documents(this.database, this.cache, {
      initial: toyInitial,
      instance: String(Math.random()),
    })
    const { database, cache } = this
    this.outbox = new Outbox({
      database,
      cache,
      metrics,
      log,
      publisher: { publish: (all) => this.#publish(all) },
    })
    this.tools = {
      ...{
        documents,
        outbox: this.outbox,
        waiting: new MemoryWaiting(db.waiting, this.waits),
        codec,
        metrics,
        log,
      },
      follow: {
        start: (doc, effects) => this.effects.push(...effects.map((effect) => ({ doc, effect }))),
        due: (doc, at, delayMs) => this.due.set(doc, { at, delayMs }),
      },
    }
  }

  /** As the loop does, what failed is run again with whatever joined it. */
  async round(...inputs: RoundInput<ToyInput>[]): Promise<void> {
    for (const input of inputs) this.#inputs.add(input)
    await runRound(this.#service, this.tools, this.#inputs)
    this.#inputs.clear()
    await this.outbox.empty()
  }

  async #publish(messages: readonly Outgoing[]): Promise<Set<string>> {
    const fault = this.publishFaults.shift()
    if (fault) throw fault
    this.published.push(...messages.filter(({ topic }) => !this.absent.has(topic)))
    return new Set(messages.map(({ topic }) => topic).filter((one) => this.absent.has(one)))
  }

  /** Published events of a type, parked messages among them. */
  said<N extends keyof EventTypes>(name: N): EventTypes[N][] {
    const topic = topicFor(name)
    return this.published
      .filter((one) => one.topic === topic)
      .map(({ value }) => JSON.parse(value.subarray(5).toString()))
  }
}

/** A message of the toy's topic, as consuming makes it. */
export function message(
  data: EventTypes['funding.received'],
  waited?: number,
): RoundInput<ToyInput> {
  const topic = topicFor('funding.received')
  const value = jsonCodec().encode('funding.received', data)
  const key = Buffer.from(data.account)
  const at = '2026-01-01T00:00:00.000Z'
  const id = messageId(topic, data.account, value)
  return {
    input: {
      ...{ id, type: 'funding.received', at, data, key: data.account },
      ...(waited === undefined ? {} : { waited }),
    },
    origin: { topic, partition: 0, offset: '0', key, value, headers: {} },
  }
}
