import type { Codec } from '@prooftrail/contracts'
import type { Doc, Outgoing } from '../documents/document.ts'
import { type Cause, encodeEvent, isPublished, sequenceOf } from '../message.ts'
import type { RoundInput } from '../round-input.ts'
import type { Effect, Emitted, Input, Service } from '../service.ts'
import { noteCause, processSpan, traceOf } from '../tracing/ids.ts'

/** A document as it is to be saved, and what follows once it is. */
export interface Change<S> {
  doc: Doc<S>
  effects: readonly Effect[]
  /** Whether something of it is published. */
  publishes: boolean
  /** The decided events, for the metrics. */
  events: readonly DecidedEvent<S>[]
}

/** An event, the input that it was decided on, the state that it met and the one that it made. */
export interface DecidedEvent<S> {
  event: Emitted
  input: Input
  state: S
  /** The state that it made. */
  next: S
  traceId: string
}

/** The schema id of a topic is not known yet; once it is looked up, the input is decided again. */
export class SchemaWanted extends Error {
  override name = 'SchemaWanted'
  event: Emitted

  constructor(event: Emitted) {
    super(`the schema of ${event.type} ${event.tool ?? ''}`)
    this.event = event
  }
}

/**
 * Applies an input's events to its document, and encodes the published ones to their final bytes.
 * What the document published before, byte for byte, is not published again.
 * @throws SchemaWanted, or what the codec throws for a value that its schema cannot hold
 */
export function applyEvents<S, I extends Input, E extends Emitted, C>(
  service: Service<S, I, E, C>,
  codec: Codec,
  before: Change<S>,
  entry: RoundInput<I>,
  events: readonly E[],
): Change<S> {
  const { doc } = before
  const { input } = entry
  const traceId = traceFrom(entry, doc.id)
  const cause: Cause = { id: input.id, at: input.at, traceId }
  const causing = () => ({ traceId, spanId: processSpan(service.name, input.id) })
  const isUnseen = service.unseen?.includes(input.type) === true
  const publishedIds = [...doc.publishedIds]
  const fresh: Outgoing[] = []
  const effects = [...before.effects]
  const decided: DecidedEvent<S>[] = []
  let state = doc.state
  for (const event of events) {
    if (isPublished(event.type)) {
      if (!codec.isReady(event.type, event.tool)) throw new SchemaWanted(event)
      const outgoing = encodeEvent(codec, service.name, event, cause)
      const { id } = outgoing
      const isKnown = publishedIds.includes(id) || doc.outbox.some((one) => one.id === id)
      if (!isKnown) fresh.push(outgoing)
      if (!isKnown && !isUnseen) {
        outgoing.headers.ce_sequence = sequenceOf(publishedIds.length)
        publishedIds.push(id)
      }
    }
    const effect = service.effect?.of(event)
    if (effect) {
      effects.push(effect)
      noteCause(effect, causing)
    }
    const next = service.evolve(state, event)
    decided.push({ event, input, state, next, traceId })
    state = next
  }
  const remembers = input.type !== 'due' && !isUnseen
  return {
    effects,
    publishes: before.publishes || fresh.length > 0,
    events: [...before.events, ...decided],
    doc: {
      ...doc,
      state,
      publishedIds,
      handledIds: remembers ? [...doc.handledIds, input.id] : doc.handledIds,
      outbox: [...doc.outbox, ...fresh],
      parked: doc.parked.filter((id) => id !== input.id),
      due_at: service.due?.(state),
    },
  }
}

/** The trace that follows from an input: its message's, else its document's. */
export function traceFrom({ span, within }: RoundInput, document: string): string {
  return (span ?? within)?.traceId ?? traceOf(document)
}
