import type {
  CodeTable,
  EventTypes,
  Parked,
  TopicName,
  TopicsOfOutsiders,
  TopicsPerTool,
  TopicsReadBy,
  TopicsWrittenBy,
} from '@prooftrail/contracts'
import type { Express } from 'express'
import type { Reader } from './documents/store.ts'
import type { Access } from './http/access.ts'
import type { Behaviour, Code, Effect, Emitted, Input, Pair } from './service.ts'

/**
 * A service, said once: what it consumes, how each input is authenticated and which document it
 * goes to, what it decides, what it publishes. The compiler compares it with the catalogue: a topic
 * that the catalogue lets the service read or write and that is missing here does not compile, nor
 * does one that it does not.
 */

/** The types of one service; `defineService` is called with them. */
export interface ServiceTypes {
  /** Whose topics of the catalogue it reads and writes. */
  party: string
  state: unknown
  /** Data of the inputs that are no messages, by type: `due`, outcomes, what its adapters submit. */
  inputs: object
  /** Data of the events that are only folded into the state, by type. */
  events: object
  /** What `prepare` brings to `decide`. */
  context: unknown
  /** What `prepare`, effects and routes work with; opened when the service starts. */
  tools: unknown
  /** Topics that its doors write instead of `decide`: HTTP routes, what it says when it starts. */
  doors?: TopicName
  /** Topics of the catalogue that it reads beside the loop. */
  beside?: TopicName
}

type DoorsOf<D> = D extends { doors: infer T extends TopicName } ? T : never
type BesideOf<D> = D extends { beside: infer T extends TopicName } ? T : never
/** What the runtime parks is written by it alone. */
type WrittenBy<D extends ServiceTypes> = Exclude<
  TopicsWrittenBy<D['party']>,
  'parked' | 'tool.parked'
>
/** That a run is forgotten is the runtime's to do, whoever keeps something of it. */
type Forgetting = 'run.forgotten'
/** What was decided about parked messages the runtime reads for every service; the console keeps it. */
type OfRuntime<D extends ServiceTypes> =
  | Forgetting
  | (D['party'] extends 'console' ? never : 'parked.decided')
type ReadBy<D extends ServiceTypes> = Exclude<TopicsReadBy<D['party']>, BesideOf<D> | OfRuntime<D>>
type Named<D extends object> = keyof D & string

/** A topic's message as an input. */
export type Message<T extends TopicName> = Input<T, EventTypes[T]>

/** Every input of a service. */
export type InputOf<D extends ServiceTypes> =
  | { [T in ReadBy<D>]: Message<T> }[ReadBy<D>]
  | { [N in Named<D['inputs']>]: Input<N, D['inputs'][N]> }[Named<D['inputs']>]

type Published<T extends TopicName> = T extends TopicsPerTool
  ? Emitted<T, EventTypes[T]> & { tool: string }
  : Emitted<T, EventTypes[T]>

/** Every event that a service's `decide` may say. */
export type EventOf<D extends ServiceTypes> =
  | { [T in Exclude<WrittenBy<D>, DoorsOf<D>>]: Published<T> }[Exclude<WrittenBy<D>, DoorsOf<D>>]
  | { [N in Named<D['events']>]: Emitted<N, D['events'][N]> }[Named<D['events']>]

/** Who an outsider's message claims to be from, and the keys (kid) that sign for it; none: unsigned. */
export interface Claims {
  party: string
  keyIds: readonly string[]
}

interface Deciding<D extends ServiceTypes, I> {
  /** Pure: the same state, input and context give the same events. Throws `Refusal`. */
  decide(state: D['state'], input: I, context: D['context']): readonly EventOf<D>[]
  /** Not remembered as handled: its own sequence makes it idempotent. */
  sequenced?: true
}

interface Routed<T extends TopicName> {
  /** Document id, where it is not the message key; undefined: not this service's. Throws `Refusal`. */
  document?(data: EventTypes[T]): string | undefined
  /** The document most probably does not exist yet: insert without loading. */
  creates?: true
}

/**
 * Who wrote the message. Topics of services are closed to others by the broker; what an outsider
 * sent is a claim: `authenticate` says whose, and refuses what cannot be theirs. It is asked before
 * any document is named.
 */
interface Authenticated<T extends TopicName> {
  authenticate: T extends TopicsOfOutsiders ? (input: Message<T>) => Claims : never
}

type OnTopic<D extends ServiceTypes, T extends TopicName> = Deciding<D, Message<T>> &
  Routed<T> &
  (T extends TopicsOfOutsiders ? Authenticated<T> : Partial<Record<'authenticate', never>>)

/** One entry per topic that the catalogue lets the party read, and per input of the service's own. */
export type Inputs<D extends ServiceTypes> = { [T in ReadBy<D>]: OnTopic<D, T> } & {
  [T in BesideOf<D>]: 'beside'
} & { [N in Named<D['inputs']>]: Deciding<D, Input<N, D['inputs'][N]>> }

/** One entry per topic that the catalogue lets the party write: said by `decide`, or by a door. */
export type Emits<D extends ServiceTypes> = {
  [T in WrittenBy<D>]: T extends DoorsOf<D> ? 'door' : 'decide'
}

/** What HTTP routes get besides the service's tools. */
export interface RouteTools<S> {
  store: Reader<S>
  access: Access
}

type Routing =
  | 'consumes'
  | 'writes'
  | 'says'
  | 'route'
  | 'creates'
  | 'claimed'
  | 'unseen'
  | 'decide'
  | 'forget'

/** A service as it is written down. */
export interface ServiceSpec<D extends ServiceTypes>
  extends Omit<Behaviour<D['state'], InputOf<D>, EventOf<D>, D['context']>, Routing>,
    Acting<D['state'], InputOf<D>, EventOf<D>, D['context'], D['tools']> {
  on: Inputs<D>
  emits: Emits<D>
  /** Code of a message whose key is not the one in its value. Default PT-9007. */
  keyCode?: Code
}

/** Who reads that a run is forgotten says what stays of its documents; nobody else has something to say. */
export type WhatStays<D extends ServiceTypes> =
  Forgetting extends TopicsReadBy<D['party']>
    ? { forget(state: D['state']): D['state'] }
    : { forget?: never }

/** What a service does with its tools. */
export interface Acting<S, I extends Input, E extends Emitted, C, T> {
  /** Everything decide needs from outside, for one wave (at most one input a document). Idempotent. */
  prepare?(wave: readonly Pair<S, I>[], tools: T): Promise<C>
  /** Those of the names that messages wait for (`RetryLater`) which are known now. */
  known?(names: readonly string[], tools: T): Promise<ReadonlySet<string>>
  effect?: {
    of(event: E): Effect | undefined
    /** Never throws for what the outside does: the outcome is tagged and becomes an input. */
    run(effect: Effect, signal: AbortSignal, tools: T): Promise<I>
    concurrency: number
  }
  /** How it says what it parks, where that is no `parked` of its own: a tool signs. */
  parks?(parked: Parked, tools: T): Emitted
  /** Mounts its HTTP routes. */
  routes?(app: Express, tools: RouteTools<S> & T): void
  /** Its own codes: their titles stand in problem documents. */
  codes?: CodeTable
}

/** A service that `runService` can run. */
export interface Definition<S, I extends Input, E extends Emitted, C, T>
  extends Behaviour<S, I, E, C>,
    Acting<S, I, E, C, T> {}

/** The definition of a service by its types. */
export type DefinitionOf<D extends ServiceTypes> = Definition<
  D['state'],
  InputOf<D>,
  EventOf<D>,
  D['context'],
  D['tools']
>
