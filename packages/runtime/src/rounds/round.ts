import type { Codec } from '@prooftrail/contracts'
import type { Logger } from 'pino'
import type { Held } from '../documents/deferred-writes.ts'
import type { Doc } from '../documents/document.ts'
import type { RoundStore } from '../documents/store.ts'
import type { ServiceMetrics } from '../metrics.ts'
import type { Publish } from '../outbox/publisher.ts'
import type { Effect, Emitted, Input, Service } from '../service.ts'
import type { RoundWaiting } from '../timers/waiting-messages.ts'
import type { Change } from './apply-events.ts'
import { type Decided, decideAll, type Tries } from './decide.ts'
import { parkable, parkedMessage } from './park.ts'
import type { Outcomes, RoundInput } from './round-input.ts'

/**
 * One round: everything that arrived together, folded into one load, one save, one publish.
 * R1 An input is decided against a state that is saved only if nobody saved in between; the loser
 *    reads again and decides again. A decision that saves nothing counts only if the document is
 *    still what memory says.
 * R2 An event's bytes are final before the save; the outbox holds them until they went out.
 * R3 Every input ends as events, as nothing new, as waiting, or as parked. None is dropped.
 * R4 A failing input is set aside alone; an outage fails the round, which may be run again whole.
 * R5 What nobody waits for is held (documents/deferred-writes.ts) and saved with what comes next.
 */

export interface RoundTools<S, I extends Input = Input> {
  store: RoundStore<S>
  held: Held<S, I>
  waiting: RoundWaiting
  codec: Codec
  publish: Publish
  metrics: ServiceMetrics
  log: Logger
  /** Sorts by time, and names one save of one process. */
  stamp(): string
  /** Effects of saves that failed without saying whether they were made; by document. */
  unsure: Map<string, { stamp: string; effects: readonly Effect[] }>
  /** Told for every save that was won: what to run now. */
  act(doc: string, effects: readonly Effect[]): void
  /** When a document wants its due input; in `delayMs` at the earliest. */
  due(doc: string, due_at: string | undefined, delayMs?: number): void
  /** Told for every message that waits: ask again in a second. */
  waits(id: string): void
  /** Told for documents whose outbox could not go out whole. */
  left(ids: readonly string[]): void
}

/** Held documents that one round saves at most besides its own. */
const MAX_OVERDUE = 500

/** Races are lost only to somebody who won: this many in a row is a defect, not bad luck. */
const MAX_RACES = 50

/** Runs one round. Throws on an outage; running the same work again is then safe. */
export async function runRound<S, I extends Input, E extends Emitted, C>(
  service: Service<S, I, E, C>,
  tools: RoundTools<S, I>,
  works: readonly RoundInput<I>[],
): Promise<void> {
  const { store, unsure, held } = tools
  const ends: Outcomes = new Map()
  const tries: Tries = { failed: new Map(), refused: new Map() }
  let open = routeAll(service, works, ends)
  const trusted = new Set<string>()
  for (const [id, [first]] of open) {
    if (first && !unsure.has(id) && service.creates?.(first.input)) trusted.add(id)
  }

  for (const [id, before] of held.reopened()) open.set(id, union(before, open.get(id) ?? []))
  let overdue = held.overdue(MAX_OVERDUE)
  for (let race = 0; open.size > 0 || overdue.length > 0; race += 1) {
    if (race > MAX_RACES) throw new Error(`${service.name}: ${open.size} documents never settle`)
    const { docs, unread } = await store.docs([...open.keys()], trusted)
    trusted.clear()
    resume(tools, docs)
    const decided = await decideAll(service, tools, docs, open, tries, ends)
    const { changes, again } = decided
    holdBack(service, tools, decided, docs, open)
    const doubtful = [...docs.values()].filter(
      ({ id }) =>
        decided.unproven.has(id) &&
        unread.has(id) &&
        ![changes, again, held].some((m) => m.has(id)),
    )
    const [{ lost, refused, won }, outdated] = await Promise.all([
      saveAll(tools, decided, overdue),
      store.outdated(doubtful),
    ])
    overdue = []
    for (const [id, error] of refused) tries.refused.set(id, error)
    for (const id of again) store.forget(id)
    const untouched = [...docs.values()].filter(
      ({ id, outbox }) => outbox.length > 0 && !changes.has(id) && !outdated.has(id),
    )
    await publishAll(tools, [...won, ...untouched])
    const isOpen = (id: string) =>
      lost.has(id) || refused.has(id) || again.has(id) || outdated.has(id)
    askAgain(tools, docs, changes, open, ends, isOpen)
    const ids = new Set([...lost, ...refused.keys(), ...again, ...outdated])
    open = new Map([...ids].map((id) => [id, union(held.reopen(id), open.get(id) ?? [])]))
  }
  held.settle()
  await settle(tools, service.name, ends)
}

/** In order, each once: an input that was held in this round is among both. */
function union<W>(before: readonly W[], now: readonly W[]): W[] {
  return [...new Set([...before, ...now])]
}

/** Moves changes that may wait out of what is saved now; keeps all inputs that rest on a held one. */
function holdBack<S, I extends Input, E extends Emitted, C>(
  { mayDefer }: Pick<Service<S, I, E, C>, 'mayDefer'>,
  { store, held, metrics, due }: RoundTools<S, I>,
  { changes, again }: Decided<S>,
  docs: ReadonlyMap<string, Doc<S>>,
  open: ReadonlyMap<string, readonly RoundInput<I>[]>,
): void {
  for (const [id, queue] of open) {
    if (again.has(id)) continue
    const change = changes.get(id)
    const holds = change ? held.holds && mayDefer?.(change.doc.state) : held.has(id)
    if (holds && (!change || mayWait(change, queue))) {
      const doc = change?.doc ?? docs.get(id)
      if (!doc) continue
      changes.delete(id)
      store.hold(doc)
      held.keep(doc, queue)
      if (change) due(id, doc.due_at)
      for (const type of change?.said ?? []) metrics.events.inc({ type })
    }
  }
}

/** H1: the broker can tell all of it again, and nothing comes of it yet. */
function mayWait<S>({ doc, effects, publishes }: Change<S>, queue: readonly RoundInput[]): boolean {
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

function routeAll<S, I extends Input, E extends Emitted, C>(
  service: Service<S, I, E, C>,
  works: readonly RoundInput<I>[],
  ends: Outcomes,
): Map<string, RoundInput<I>[]> {
  const open = new Map<string, RoundInput<I>[]>()
  for (const work of works) {
    try {
      const doc = work.doc ?? service.route(work.input)
      const queue = doc === undefined ? undefined : open.get(doc)
      if (doc === undefined) ends.set(work, { outcome: 'nothing' })
      else if (queue) queue.push(work)
      else open.set(doc, [work])
    } catch (error) {
      const parking = parkable(service.name, work.input, work.origin, error, undefined)
      ends.set(work, { outcome: 'parked', parking })
    }
  }
  return open
}

/** A save that failed on its way back may have been made: then its effects run now. */
function resume<S, I extends Input>(
  { unsure, act }: RoundTools<S, I>,
  docs: ReadonlyMap<string, Doc<S>>,
): void {
  if (unsure.size === 0) return
  for (const doc of docs.values()) {
    const save = unsure.get(doc.id)
    if (!save) continue
    unsure.delete(doc.id)
    if (doc.by === save.stamp) act(doc.id, save.effects)
  }
}

async function saveAll<S, I extends Input>(
  tools: RoundTools<S, I>,
  { changes, again }: Decided<S>,
  overdue: readonly Doc<S>[],
) {
  const { store, metrics, unsure, held } = tools
  const stamp = tools.stamp()
  const later = overdue.filter(({ id }) => !changes.has(id) && !again.has(id) && held.has(id))
  const wanted: Change<S>[] = [...changes.values()]
    .filter(({ doc }) => !again.has(doc.id))
    .map((change) => (change.effects.length > 0 ? withSaver(change, stamp) : change))
  const acting = wanted.filter(({ effects }) => effects.length > 0)
  for (const { doc, effects } of acting) unsure.set(doc.id, { stamp, effects })
  const waited = later.map(({ id }) => held.newest(id))
  const { lost, refused } = await store.save([...wanted.map(({ doc }) => doc), ...waited], stamp)
  for (const { doc } of acting) unsure.delete(doc.id)
  const won = wanted.filter(({ doc }) => !lost.has(doc.id) && !refused.has(doc.id))
  const isSaved = (id: string) => !lost.has(id) && !refused.has(id)
  metrics.saves.inc(won.length + waited.filter(({ id }) => isSaved(id)).length)
  for (const { id } of [...won.map(({ doc }) => doc), ...waited]) if (isSaved(id)) held.saved(id)
  metrics.lostRaces.inc(lost.size)
  for (const { doc, effects, said } of won) {
    tools.due(doc.id, doc.due_at)
    tools.act(doc.id, effects)
    for (const type of said) metrics.events.inc({ type })
  }
  const saved = won.map(({ doc }) => ({ ...doc, version: doc.version + 1, stamp }))
  return { lost, refused, won: saved }
}

function withSaver<S>(change: Change<S>, stamp: string): Change<S> {
  return { ...change, doc: { ...change.doc, by: stamp } }
}

/** Publishes outboxes in the order of their documents; what went out whole is trimmed beside. */
async function publishAll<S, I extends Input>(
  tools: RoundTools<S, I>,
  docs: readonly Doc<S>[],
): Promise<void> {
  const full = docs.filter((doc) => doc.outbox.length > 0)
  if (full.length === 0) return
  const failed = await tools.publish(full.flatMap((doc) => doc.outbox))
  const isOut = ({ outbox }: Doc<S>) => !outbox.some(({ topic }) => failed.has(topic))
  const left = full.filter((doc) => !isOut(doc))
  if (left.length > 0) tools.left(left.map(({ id }) => id))
  tools.store.trim(full.filter(isOut))
}

/** A due time that was not the document's, or that came to nothing, is set again. */
function askAgain<S, I extends Input>(
  tools: RoundTools<S, I>,
  docs: ReadonlyMap<string, Doc<S>>,
  changes: ReadonlyMap<string, Change<S>>,
  open: ReadonlyMap<string, readonly RoundInput<I>[]>,
  ends: Outcomes,
  isOpen: (id: string) => boolean,
): void {
  for (const [id, queue] of open) {
    const last = queue.findLast(({ input }) => input.type === 'due')
    if (!last || changes.has(id) || isOpen(id)) continue
    tools.due(id, docs.get(id)?.due_at, ends.get(last)?.askAgainMs)
  }
}

/** Parks, keeps what waits, drops what waited, counts. */
async function settle<S, I extends Input>(
  tools: RoundTools<S, I>,
  service: string,
  ends: Outcomes,
): Promise<void> {
  const { metrics, log, waiting, codec } = tools
  const all = [...ends]
  const parked = new Map(
    all.flatMap(([, { parking }]) => (parking ? [[parking.input, parking]] : [])),
  )
  if (parked.size > 0) {
    await tools.publish([...parked.values()].map((one) => parkedMessage(codec, service, one)))
  }
  // What is asked again has its place already.
  const kept = all.filter(([{ input }, end]) => end.waiting && input.waited === undefined)
  await waiting.keep(kept.flatMap(([, end]) => end.waiting ?? []))
  const decided = all.filter(
    ([{ input }, { outcome }]) => input.waited !== undefined && outcome !== 'waiting',
  )
  await waiting.drop(decided.map(([{ input }]) => input.id))
  for (const [{ input }, { outcome, parking, waiting: one }] of all) {
    metrics.inputs.inc({ type: input.type, outcome })
    if (one) tools.waits(one.id)
    if (!parking) continue
    const { reason_code: code, detail, document } = parking.value
    metrics.parked.inc({ code })
    log.info({ code, input: input.type, document }, `parked: ${detail}`)
  }
}
