import type { Doc } from '../documents/document.ts'
import { tally } from '../metrics.ts'
import type { RoundInput } from '../round-input.ts'
import type { Emitted, Input, Measured, Service } from '../service.ts'
import type { Change } from './apply-events.ts'
import type { Decided } from './decide.ts'
import type { Open } from './open-inputs.ts'
import type { RoundTools } from './tools.ts'

/** What became of the documents of a save. */
export interface RoundSaved<S> {
  /** As they are stored now. */
  won: Doc<S>[]
  lost: ReadonlySet<string>
  refused: ReadonlyMap<string, Error>
}

/**
 * Moves changes that may wait out of what is saved now. All inputs of a deferred document rest on
 * its write, also those that changed nothing.
 */
export function deferChanges<S, I extends Input, E extends Emitted, C>(
  { mayDefer, measure, changed }: Pick<Service<S, I, E, C>, 'mayDefer' | 'measure' | 'changed'>,
  { documents: { cache }, follow, ...counting }: RoundTools<S>,
  { changes, again }: Decided<S>,
  docs: ReadonlyMap<string, Doc<S>>,
  open: Open<I>,
): void {
  const deferred: Change<S>[] = []
  for (const [id, queue] of open) {
    if (again.has(id)) continue
    const change = changes.get(id)
    const defers = change
      ? cache.writes.isEnabled && mayDefer?.(change.doc.state)
      : cache.isDeferred(id)
    if (!defers || (change && !isDeferrable(change, queue))) continue
    const doc = change?.doc ?? docs.get(id)
    if (!doc) continue
    changes.delete(id)
    cache.defer(doc, queue)
    if (!change) continue
    follow.due(id, doc.due_at)
    deferred.push(change)
  }
  countEvents(counting, deferred, measure)
  tell(
    changed,
    deferred.map(({ doc }) => doc),
    false,
    counting.log,
  )
}

/** Tells the service of documents that changed; what it makes of that holds nothing up. */
function tell<S>(
  changed: Service<S, never, never, unknown>['changed'],
  docs: readonly Doc<S>[],
  isStored: boolean,
  log: RoundTools<S>['log'],
): void {
  if (!changed || docs.length === 0) return
  try {
    changed(docs, isStored)
  } catch (error) {
    log.warn({ err: error }, 'a change was not told')
  }
}

/** Counts the events of changes that were saved, and has the service measure them. */
function countEvents<S, I extends Input, E extends Emitted>(
  { metrics: { events }, log }: Pick<RoundTools<S>, 'metrics' | 'log'>,
  changes: readonly Change<S>[],
  measure: ((decided: Measured<S, I, E>) => void) | undefined,
): void {
  const all = changes.flatMap((change) => change.events)
  for (const [type, count] of tally(all.map(({ event }) => event.type))) events.inc({ type }, count)
  if (!measure) return
  try {
    // The service's own unions are what its `decide` was asked and what it answered.
    for (const one of all) measure(one as Measured<S, I, E>)
  } catch (error) {
    log.warn({ err: error }, 'an event was not measured')
  }
}

/** H1: the broker can deliver all of it again, and nothing follows from it yet. */
function isDeferrable<S>(
  { doc, effects, publishes }: Change<S>,
  queue: readonly RoundInput[],
): boolean {
  return (
    !publishes &&
    effects.length === 0 &&
    doc.outbox.length === 0 &&
    doc.parked.length === 0 &&
    queue.every(({ input, origin, discards }) => {
      return origin !== undefined && input.waited === undefined && discards === undefined
    })
  )
}

/** Saves all changes, and deferred writes whose time has come; then effects and due times follow. */
export async function saveAll<S, I extends Input, E extends Emitted, C>(
  { measure, changed }: Pick<Service<S, I, E, C>, 'measure' | 'changed'>,
  { documents, metrics, follow, log }: RoundTools<S>,
  { changes, again }: Decided<S>,
  overdue: readonly string[],
): Promise<RoundSaved<S>> {
  const writes = [...changes.values()].filter(({ doc }) => !again.has(doc.id))
  const later = overdue.filter((id) => !changes.has(id) && !again.has(id))
  const { won, lost, refused, deferred } = await documents.save(writes, later)
  metrics.saves.inc(won.length + deferred.length)
  metrics.lostRaces.inc(lost.size)
  for (const { write, doc } of won) {
    follow.due(doc.id, doc.due_at)
    if (write.effects.length > 0) follow.start(doc.id, write.effects)
  }
  countEvents(
    { metrics, log },
    won.map(({ write }) => write),
    measure,
  )
  const stored = won.map(({ doc }) => doc)
  tell(changed, [...stored, ...deferred], true, log)
  return { won: stored, lost, refused }
}
