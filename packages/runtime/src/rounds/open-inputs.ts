import type { DocumentCache } from '../documents/document-cache.ts'
import type { RoundInput } from '../round-input.ts'
import type { Emitted, Input, Service } from '../service.ts'
import type { Outcomes } from './outcome.ts'
import { parkable } from './park.ts'

/** Inputs that are to be decided, by document, in the order in which they came. */
export type Open<I extends Input> = Map<string, readonly RoundInput<I>[]>

/**
 * The inputs by document. What the service refuses to route is parked, what is not the service's ends.
 * @returns besides, the documents that most probably do not exist yet
 */
export function routeAll<S, I extends Input, E extends Emitted, C>(
  service: Pick<Service<S, I, E, C>, 'name' | 'route' | 'creates'>,
  inputs: Iterable<RoundInput<I>>,
  outcomes: Outcomes,
): { open: Open<I>; isNew: Set<string> } {
  const open = new Map<string, RoundInput<I>[]>()
  const isNew = new Set<string>()
  for (const entry of inputs) {
    try {
      const doc = entry.doc ?? service.route(entry.input)
      const queue = doc === undefined ? undefined : open.get(doc)
      if (doc === undefined) outcomes.set(entry, { outcome: 'nothing' })
      else if (queue) queue.push(entry)
      else {
        open.set(doc, [entry])
        if (service.creates?.(entry.input)) isNew.add(doc)
      }
    } catch (error) {
      const parking = parkable(service.name, entry.input, entry.origin, error, undefined)
      outcomes.set(entry, { outcome: 'parked', parking })
    }
  }
  return { open, isNew }
}

/** Documents that are unsure are opened too: they are read, and the inputs behind them come first. */
export function unsureToo<S, I extends Input>(
  cache: DocumentCache<S>,
  open: Open<I>,
  joined: Set<RoundInput<I>>,
): Open<I> {
  for (const [id, before] of cache.unsure()) {
    open.set(id, union(joining(before, joined), open.get(id) ?? []))
  }
  return open
}

/** The inputs of those documents that must be read and decided again. */
export function reopen<S, I extends Input>(
  cache: DocumentCache<S>,
  open: Open<I>,
  ids: Iterable<string>,
  joined: Set<RoundInput<I>>,
): Open<I> {
  const again: Open<I> = new Map()
  for (const id of ids) {
    again.set(id, union(joining(cache.inputsBehind(id), joined), open.get(id) ?? []))
  }
  return again
}

/** In order, each once: an input that was deferred in this round is among both. */
function union<W>(before: readonly W[], now: readonly W[]): readonly W[] {
  return before.length === 0 ? now : [...new Set([...before, ...now])]
}

/** Inputs of earlier rounds join those of this one. */
function joining<I extends Input>(
  inputs: readonly RoundInput[],
  joined: Set<RoundInput<I>>,
): readonly RoundInput<I>[] {
  // The cache of a service's documents holds inputs of its own rounds only.
  const own = inputs as readonly RoundInput<I>[]
  for (const one of own) joined.add(one)
  return own
}
