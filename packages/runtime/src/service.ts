import type { Parked, TopicName } from '@prooftrail/contracts'

/**
 * A service is data and pure functions; the runtime does the rest (rounds, saving, outbox, due
 * times, parking). Nothing here is inherited: `defineService` makes a service from its table of
 * inputs, `runService` runs it.
 */

/** Whatever reaches `decide`: a message, a due time, or the outcome of an effect. */
export interface Input<T extends string = string, D = unknown> {
  /** An id counts once. For a message it is the digest of topic, key and bytes. */
  id: string
  /** Topic short name, `due`, or a name of the service's own. */
  type: T
  /** RFC 3339 with milliseconds. Broker append time, due time, or the outcome's own time. */
  at: string
  data: D
  /** Message key. */
  key?: string
  /** Seconds since a message that answered `RetryLater` was first seen. */
  waited?: number
}

/** An event that `decide` returns: published when `type` is a topic's short name, else only applied. */
export interface Emitted<T extends string = string, D = unknown> {
  type: T
  data: D
  /** For topics of one tool. */
  tool?: string
}

/** An action outside, run after the save that announced it, by the process that won that save. */
export interface Effect {
  /** Names the attempt; the outcome's input id is derived from it. */
  id: string
  [member: string]: unknown
}

/** One input with the state it meets. */
export interface Pair<S, I> {
  doc: string
  state: S
  input: I
}

/** An index of the service's collection; `ix.<name>` are the members that `index` hoists. */
export interface IndexSpec {
  name: string
  key: Record<string, 1 | -1>
  unique?: boolean
  partialFilterExpression?: Record<string, unknown>
}

/** What a service is without its tools: what the loop asks it about inputs, states and events. */
export interface Behaviour<S, I extends Input, E extends Emitted, C> {
  name: string
  /** Consumer group; default `prooftrail.<name>`. Two versions of a tool are two groups. */
  group?: string
  collection: string
  /** The topics whose messages are inputs. */
  consumes: readonly TopicName[]
  /** The topics that `decide` and the HTTP routes write. */
  writes?: readonly TopicName[]
  /** Of those, what `decide` says: a document can be made again from them. */
  says?: readonly TopicName[]
  /**
   * Milliseconds that a fetch may wait for more to come: few large fetches instead of many small
   * ones, for a service that nobody waits for. Default: none, what comes is taken at once.
   */
  gatherMs?: number
  /**
   * Topics of which a flood holds up nothing else: few of their messages are taken at a time, and
   * what else the service reads goes on between.
   */
  patient?: readonly TopicName[]
  /** The tool whose own topics are consumed (executors). */
  tool?: string
  initial: S
  /** Document id of a message; undefined: not ours. Throws `Refusal` to park it. */
  route(input: I): string | undefined
  /** True when the document most probably does not exist yet: insert without loading. */
  creates?(input: I): boolean
  /**
   * Input types that outsiders write. What such a message cannot be decided by is its own affair: it
   * is parked, and holds up nothing of the document that it names.
   */
  claimed?: readonly string[]
  /** Input types that are not remembered as seen; their own sequence makes them idempotent. */
  unseen?: readonly string[]
  /** Pure: the same state, input and context give the same events, byte for byte. */
  decide(state: S, input: I, context: C): readonly E[]
  /** Pure: a new state; published events alone must be enough to make a document again. */
  evolve(state: S, event: E): S
  /**
   * What stays of a document when its run is forgotten (`run.forgotten`): nothing that its order, its
   * evidence or its result says, and nobody's address. Absent: no document holds such things.
   */
  forget?(state: S): S
  /** When the document wants a `due` input (RFC 3339), if at all. */
  due?(state: S): string | undefined
  /**
   * True for states that no other process waits to read: a change to one, of which nothing is
   * published, may be saved with the next one (documents/deferred-writes.ts). Default: none.
   */
  mayDefer?(state: S): boolean
  /**
   * True for states that most probably meet no further input. Such a document leaves memory once it
   * is saved; should something come all the same, it is read again. Default: none.
   */
  rests?(state: S): boolean
  /** Members to query by, hoisted to `ix.<name>`; a list is found by each of its members. */
  index?(state: S): Record<string, string | number | readonly string[] | undefined>
  indexes?: readonly IndexSpec[]
}

/** A service with its tools in hand: what the loop runs. */
export interface Service<S, I extends Input, E extends Emitted, C> extends Behaviour<S, I, E, C> {
  /** Everything decide needs from outside, for one wave (at most one input a document). Idempotent. */
  prepare?(wave: readonly Pair<S, I>[]): Promise<C>
  /** Those of the names that messages wait for (`RetryLater`) which are known now. */
  known?(names: readonly string[]): Promise<ReadonlySet<string>>
  /** How it says what it parks, where that is no `parked` of its own: a tool signs. */
  parks?(parked: Parked): Emitted
  effect?: {
    of(event: E): Effect | undefined
    /** Never throws for what the outside does: the outcome is tagged and becomes an input. */
    run(effect: Effect, signal: AbortSignal): Promise<I>
    concurrency: number
  }
  /**
   * Told of documents that changed: once when a change is put off (`isStored` false), if it is, and
   * once when the database has it. A crash may leave one out; the next change of it is told again.
   */
  changed?(documents: readonly ChangedDocument<S>[], isStored: boolean): void
  /** Counts an event that was saved. */
  measure?(decided: Measured<S, I, E>): void
}

/** A document as it is now. */
export interface ChangedDocument<S> {
  id: string
  version: number
  state: S
}

/** An event that was saved: what it was decided on, the state that it met, and what it made of it. */
export interface Measured<S, I, E> {
  event: E
  input: I
  state: S
  /** The state that it made. */
  next: S
  /** The trace that it belongs to. */
  traceId?: string | undefined
}

/** A numbered code of the page of codes (docs/errors.md). */
export type Code = `PT-${number}`

/**
 * The domain says no. Never retried; the message is parked with this code, the state stays. A quiet
 * one is counted by its code and logged, not parked: there is nothing to mend and nothing to send
 * again, and anybody may write as many of its kind as he likes.
 */
export class Refusal extends Error {
  override name = 'Refusal'
  code: Code
  detail: string
  firstDigest: string | undefined
  isQuiet: boolean
  /** Whose word the message is, where a signature showed it: `agent/<id>`, `tool/<name>`. */
  party: string | undefined

  constructor(
    code: Code,
    detail: string,
    options: { firstDigest?: string; isQuiet?: boolean; party?: string } = {},
  ) {
    super(`${code} ${detail}`)
    this.code = code
    this.detail = detail
    this.firstDigest = options.firstDigest
    this.isQuiet = options.isQuiet === true
    this.party = options.party
  }
}

/** What the input names is not known yet: keep the message until it is, or its time is over. */
export class RetryLater extends Error {
  override name = 'RetryLater'
  code: Code
  wanted: string | undefined

  /** @param wanted by which name `known` finds it, where the service has that */
  constructor(code: Code, detail: string, wanted?: string) {
    super(`${code} ${detail}`)
    this.code = code
    this.wanted = wanted
  }
}

/** Seconds after which an input that answered `RetryLater` must be decided. */
export const WAIT_SECONDS = 30
