import type { Doc } from '../documents/document.ts'
import { type ServiceMetrics, tally } from '../metrics.ts'
import type { RoundInput } from '../round-input.ts'
import type { Emitted, Input, Service } from '../service.ts'
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
  { mayDefer }: Pick<Service<S, I, E, C>, 'mayDefer'>,
  { documents: { cache }, metrics, follow }: RoundTools<S>,
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
  countEvents(metrics, deferred)
}

function countEvents<S>(
  { events }: Pick<ServiceMetrics, 'events'>,
  changes: readonly Change<S>[],
): void {
  const types = changes.flatMap((change) => change.events)
  for (const [type, count] of tally(types)) events.inc({ type }, count)
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
export async function saveAll<S>(
  { documents, metrics, follow }: RoundTools<S>,
  { changes, again }: Decided<S>,
  overdue: readonly string[],
): Promise<RoundSaved<S>> {
  const writes = [...changes.values()].filter(({ doc }) => !again.has(doc.id))
  const later = overdue.filter((id) => !changes.has(id) && !again.has(id))
  const { won, lost, refused, deferred } = await documents.save(writes, later)
  metrics.saves.inc(won.length + deferred)
  metrics.lostRaces.inc(lost.size)
  for (const { write, doc } of won) {
    follow.due(doc.id, doc.due_at)
    if (write.effects.length > 0) follow.start(doc.id, write.effects)
  }
  countEvents(
    metrics,
    won.map(({ write }) => write),
  )
  return { won: won.map(({ doc }) => doc), lost, refused }
}
