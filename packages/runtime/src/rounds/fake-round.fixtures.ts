import { type Codec, type EventTypes, topicFor } from '@prooftrail/contracts'
import { pino } from 'pino'
import { Held } from '../documents/deferred-writes.ts'
import type { Outgoing } from '../documents/document.ts'
import {
  type MemoryDatabase,
  MemoryStore,
  MemoryWaiting,
} from '../documents/memory-store.fixtures.ts'
import { messageId } from '../message.ts'
import { makeMetrics } from '../metrics.ts'
import type { Effect, Service } from '../service.ts'
import { type RoundTools, runRound } from './round.ts'
import type { RoundInput } from './round-input.ts'
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

/** One instance of a service on a database in memory; looks at what a round did. */
export class Instance {
  readonly store: MemoryStore<ToyState>
  readonly published: Outgoing[] = []
  readonly effects: { doc: string; effect: Effect }[] = []
  readonly due = new Map<string, { at: string | undefined; delayMs: number | undefined }>()
  readonly waits: string[] = []
  readonly left: string[] = []
  /** Fails the next publishes. */
  publishFaults: Error[] = []
  /** Topics that cannot take messages. */
  readonly absent = new Set<string>()
  readonly tools: RoundTools<ToyState, ToyInput>
  readonly #service: Service<ToyState, ToyInput, ToyEvent, undefined>

  constructor(
    service: Service<ToyState, ToyInput, ToyEvent, undefined>,
    db: MemoryDatabase<ToyState>,
    codec = jsonCodec(),
    withinMs = 0,
  ) {
    this.#service = service
    this.store = new MemoryStore(toyInitial, db)
    let saves = 0
    this.tools = {
      store: this.store,
      held: new Held(withinMs),
      waiting: new MemoryWaiting(db),
      codec,
      metrics: makeMetrics('toy', false),
      log: pino({ level: 'silent' }),
      publish: async (messages) => {
        const fault = this.publishFaults.shift()
        if (fault) throw fault
        this.published.push(...messages.filter(({ topic }) => !this.absent.has(topic)))
        return new Set(messages.map(({ topic }) => topic).filter((one) => this.absent.has(one)))
      },
      stamp: () => `2026-01-01T00:00:00.000Z/${Math.random()}/${saves++}`,
      unsure: new Map(),
      act: (doc, effects) => this.effects.push(...effects.map((effect) => ({ doc, effect }))),
      due: (doc, at, delayMs) => this.due.set(doc, { at, delayMs }),
      waits: (id) => this.waits.push(id),
      left: (ids) => this.left.push(...ids),
    }
  }

  round(...works: RoundInput<ToyInput>[]): Promise<void> {
    return runRound(this.#service, this.tools, works)
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
