import type { Codec } from '@prooftrail/contracts'
import type { Doc, Outgoing } from '../documents/document.ts'
import { type Cause, encodeEvent, isPublished, sequenceOf } from '../message.ts'
import type { RoundInput } from '../round-input.ts'
import type { Effect, Emitted, Input, Service } from '../service.ts'

/** A document as it is to be saved, and what follows once it is. */
export interface Change<S> {
  doc: Doc<S>
  effects: readonly Effect[]
  /** Whether something of it is published. */
  publishes: boolean
  /** Types of the decided events, for the metrics. */
  events: readonly string[]
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
  { input, traceparent }: RoundInput<I>,
  events: readonly E[],
): Change<S> {
  const { doc } = before
  const cause: Cause = { id: input.id, at: input.at, traceparent }
  const isUnseen = service.unseen?.includes(input.type) === true
  const publishedIds = [...doc.publishedIds]
  const fresh: Outgoing[] = []
  const effects = [...before.effects]
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
    if (effect) effects.push(effect)
    state = service.evolve(state, event)
  }
  const remembers = input.type !== 'due' && !isUnseen
  return {
    effects,
    publishes: before.publishes || fresh.length > 0,
    events: [...before.events, ...events.map(({ type }) => type)],
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
