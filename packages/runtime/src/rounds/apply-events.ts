import type { Codec } from '@prooftrail/contracts'
import type { Doc, Outgoing } from '../documents/document.ts'
import { type Cause, encodeEvent, isPublished, sequenceOf } from '../message.ts'
import type { Effect, Emitted, Input, Service } from '../service.ts'
import type { RoundInput } from './round-input.ts'

/** A document as it is to be saved, and what to run once it is. */
export interface Change<S> {
  doc: Doc<S>
  effects: readonly Effect[]
  /** Whether something of it goes out. */
  publishes: boolean
  /** Types of the events said, for the metrics. */
  said: readonly string[]
}

/** The schema id of a topic is not known yet; looked up, the input is decided again. */
export class SchemaWanted extends Error {
  override name = 'SchemaWanted'
  event: Emitted

  constructor(event: Emitted) {
    super(`the schema of ${event.type} ${event.tool ?? ''}`)
    this.event = event
  }
}

/**
 * Folds an input's events into its document, and encodes the published ones to their final bytes.
 * What the document said before, byte for byte, does not go out again.
 * @throws SchemaWanted, or what the codec throws for a value that its schema cannot hold
 */
export function fold<S, I extends Input, E extends Emitted, C>(
  service: Service<S, I, E, C>,
  codec: Codec,
  before: Change<S>,
  work: RoundInput<I>,
  events: readonly E[],
): Change<S> {
  const { input, traceparent } = work
  const { doc } = before
  const cause: Cause = { id: input.id, at: input.at, traceparent }
  const isUnseen = service.unseen?.includes(input.type) === true
  const said = [...doc.said]
  const fresh: Outgoing[] = []
  const effects = [...before.effects]
  let state = doc.state
  for (const event of events) {
    if (isPublished(event.type)) {
      if (!codec.isReady(event.type, event.tool)) throw new SchemaWanted(event)
      const outgoing = encodeEvent(codec, service.name, event, cause)
      const known = said.includes(outgoing.id) || doc.outbox.some(({ id }) => id === outgoing.id)
      if (!known) {
        fresh.push(outgoing)
        if (!isUnseen) {
          outgoing.headers.ce_sequence = sequenceOf(said.length)
          said.push(outgoing.id)
        }
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
    said: [...before.said, ...events.map(({ type }) => type)],
    doc: {
      ...doc,
      state,
      said,
      seen: remembers ? [...doc.seen, input.id] : doc.seen,
      outbox: [...doc.outbox, ...fresh],
      parked: doc.parked.filter((id) => id !== input.id),
      due_at: service.due?.(state),
    },
  }
}
