import type { Doc } from '../documents/document.ts'
import type { DocumentCache } from '../documents/document-cache.ts'
import type { Loaded } from '../documents/documents.ts'
import type { RoundInput } from '../round-input.ts'
import type { Emitted, Input, Service } from '../service.ts'
import { type Decided, decideAll } from './decide.ts'
import { type Open, reopen, routeAll, unsureToo } from './open-inputs.ts'
import type { Outcomes } from './outcome.ts'
import { deferChanges, saveAll } from './save.ts'
import { askAgain, settle } from './settle.ts'
import type { RoundTools } from './tools.ts'

/**
 * One round: everything that arrived together, folded into one load, one save, one publish.
 * R1 An input is decided against a state that is saved only if nobody saved in between; the loser
 *    reads again and decides again. A decision that saves nothing counts only if the document is
 *    still what the cache holds.
 * R2 An event's bytes are final before the save; the outbox holds them until they were published.
 * R3 Every input ends as events, as nothing new, as waiting, as parked, or as refused quietly: counted
 *    by its code, and to be read on its own topic. None is dropped without a word.
 * R4 A failing input is set aside alone; an outage fails the round, which may be run again whole.
 * R5 A change that nobody reads yet is deferred and saved with what comes next (deferred-writes.ts).
 */

/** Overdue deferred writes that one round saves at most. */
const MAX_OVERDUE = 500

/** Races are lost only to somebody who won: this many in a row is a defect, not bad luck. */
const MAX_RACES = 50

/**
 * Runs one round. Throws on an outage; running it again with the same set of inputs is then safe.
 * @param inputs inputs behind deferred writes that must be decided again join them, so that one of
 *   them that is refused is parked also when the parking fails at first
 */
export async function runRound<S, I extends Input, E extends Emitted, C>(
  service: Service<S, I, E, C>,
  tools: RoundTools<S>,
  inputs: Set<RoundInput<I>>,
): Promise<void> {
  const { documents, outbox, follow } = tools
  const { cache } = documents
  const outcomes: Outcomes = new Map()
  const from = tools.traces ? Date.now() : 0
  const tries = { failed: new Map(), refused: new Map() }

  // 1. Route: every input to its document. What is not authenticated ends before this step.
  const routed = routeAll(service, inputs, outcomes)
  let isNew: ReadonlySet<string> = routed.isNew
  let open: Open<I> = unsureToo(cache, routed.open, inputs)
  let overdue: readonly string[] = cache.overdue(MAX_OVERDUE)
  for (let race = 0; open.size > 0 || overdue.length > 0; race += 1) {
    if (race > MAX_RACES) throw new Error(`${service.name}: ${open.size} documents never settle`)

    // 2. Load: one read for all documents that the cache does not hold.
    const loaded = await documents.load([...open.keys()], isNew)
    for (const { id, effects } of loaded.made) follow.start(id, effects)

    // 3. Prepare, 4. decide, 5. apply: in waves of one input a document.
    const decided = await decideAll(service, tools, loaded.docs, open, { tries, outcomes })

    // 6. Save: one write for all changes, but those that may wait; the rest is confirmed beside.
    deferChanges(service, tools, decided, loaded.docs, open)
    const [saved, changed] = await both(
      saveAll(service, tools, decided, overdue),
      documents.changed(unconfirmed(loaded, decided, cache)),
    )
    for (const [id, error] of saved.refused) tries.refused.set(id, error)
    for (const id of decided.again) cache.forget(id)

    // 7. Publish: what the save filled, and what an earlier save filled and nobody published.
    const untouched = [...loaded.docs.values()].filter(
      ({ id, outbox }) => outbox.length > 0 && !decided.changes.has(id) && !changed.has(id),
    )
    await outbox.publish([...saved.won, ...untouched])

    const undecided = new Set([
      ...saved.lost,
      ...saved.refused.keys(),
      ...decided.again,
      ...changed,
    ])
    askAgain(tools, loaded.docs, decided, open, outcomes, undecided)
    open = reopen(cache, open, undecided, inputs)
    isNew = NONE
    overdue = []
  }

  // 8. Settle: park, keep what waits, count.
  await settle(tools, service, outcomes)
  tools.traces?.processed(outcomes, from)
  cache.settle()
}

const NONE: ReadonlySet<string> = new Set()

/** Both, or the first fault once both have ended: no save is under way when a round is run again. */
async function both<A, B>(one: Promise<A>, other: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([one, other])
  return Promise.all([one, other])
}

/** Documents out of the cache on which a decision rests that saves nothing (R1). */
function unconfirmed<S>(
  { docs, unread }: Loaded<S>,
  { unproven, changes, again }: Decided<S>,
  cache: DocumentCache<S>,
): Doc<S>[] {
  return [...docs.values()].filter(
    ({ id }) =>
      unproven.has(id) &&
      unread.has(id) &&
      !changes.has(id) &&
      !again.has(id) &&
      !cache.isDeferred(id),
  )
}
