import type { Codec } from '@prooftrail/contracts'
import type { Logger } from 'pino'
import { type Cause, encodeEvent, isPublished } from './message.ts'
import type { ServiceMetrics } from './metrics.ts'
import { type Parking, parkable } from './park.ts'
import type { Publish } from './relay.ts'
import { type Effect, type Emitted, type Input, NotYet, Refusal, type Service } from './service.ts'
import type { Doc, Outgoing, Store, Waiting } from './store.ts'

/**
 * One round: everything that arrived together, folded into one load, one save, one publish.
 * R1 An input is decided against a state that is saved only if nobody saved in between; the
 *    loser reads again and decides again.
 * R2 An event's bytes are final before the save; the outbox holds them until they went out.
 * R3 Every input ends as an event, as nothing new, as waiting, or as parked. None is dropped.
 * R4 A failing input is set aside alone; an outage fails the round, which may be run again whole.
 */

/** The message behind an input, kept so that it can wait or be parked as it was. */
export interface Origin {
  topic: string
  partition: number
  offset: string
  key: string | undefined
  value: Buffer
  headers: Record<string, string>
}

export interface Work<I extends Input = Input> {
  input: I
  origin?: Origin
  /** Known for due times and effects' outcomes; for messages the service routes. */
  doc?: string
}

export interface RoundTools<S> {
  store: Store<S>
  codec: Codec
  publish: Publish
  park(entries: readonly Parking[]): Promise<void>
  metrics: ServiceMetrics
  log: Logger
  /** Sorts by time, and names one save of one process. */
  stamp(): string
  /** Told once for every saved document: what to run now, and when it is due. */
  saved(doc: string, effects: readonly Effect[], due_at: string | undefined): void
  /** Told for every message that waits: ask again at this time. */
  waits(id: string, due_at: string): void
}

/** Races are lost only to somebody who won: this many in a row is a bug, not bad luck. */
const MAX_RACES = 50

interface Change<S> {
  doc: Doc<S>
  effects: Effect[]
}

/** Runs one round. Throws on an outage; running the same work again is then safe. */
export async function runRound<S, I extends Input, E extends Emitted, C>(
  service: Service<S, I, E, C>,
  tools: RoundTools<S>,
  works: readonly Work<I>[],
): Promise<void> {
  const aside: Aside = { parked: new Map(), waiting: new Map(), settled: new Set() }
  let open = routeAll(service, tools, works, aside)
  const trusted = new Set<string>()
  for (const [doc, queue] of open) {
    if (queue[0] && service.creates?.(queue[0].input)) trusted.add(doc)
  }

  for (let race = 0; open.size > 0; race += 1) {
    if (race > MAX_RACES) throw new Error(`${service.name}: ${open.size} documents never settle`)
    const docs = await tools.store.docs([...open.keys()], trusted)
    trusted.clear()
    for (const { input } of [...open.values()].flat()) {
      aside.parked.delete(input.id)
      aside.waiting.delete(input.id)
    }
    const stamp = tools.stamp()
    const { changes, untouched } = await decideAll(service, tools, docs, open, aside)
    const lost = await tools.store.save(
      changes.map((change) => change.doc),
      stamp,
    )
    tools.metrics.saves.inc(changes.length - lost.size)
    tools.metrics.lostRaces.inc(lost.size)
    const kept = changes.filter((change) => !lost.has(change.doc.id))
    for (const { doc, effects } of kept) tools.saved(doc.id, effects, doc.due_at)
    await publishAll(tools, [...kept.map(({ doc }) => ({ ...doc, stamp })), ...untouched])
    open = new Map([...open].filter(([id]) => lost.has(id)))
  }

  if (aside.parked.size > 0) await tools.park([...aside.parked.values()])
  if (aside.waiting.size > 0) {
    const due_at = dueIn(tools.stamp(), 1)
    const kept = await tools.store.keepWaiting([...aside.waiting.values()], due_at)
    for (const id of kept) tools.waits(id, due_at)
  }
  await tools.store.dropWaiting([...aside.settled])
}

/** Inputs that did not end as events, by input id: a lost race decides them again. */
interface Aside {
  parked: Map<string, Parking>
  waiting: Map<string, Waiting>
  settled: Set<string>
}

function routeAll<S, I extends Input, E extends Emitted, C>(
  service: Service<S, I, E, C>,
  tools: RoundTools<S>,
  works: readonly Work<I>[],
  aside: Aside,
): Map<string, Work<I>[]> {
  const open = new Map<string, Work<I>[]>()
  for (const work of works) {
    try {
      const doc = work.doc ?? service.route(work.input)
      if (doc === undefined) {
        settle(work, aside)
        continue
      }
      const queue = open.get(doc)
      if (queue) queue.push(work)
      else open.set(doc, [work])
    } catch (error) {
      setAside(service, tools, work, error, undefined, aside)
    }
  }
  return open
}

/** Folds each document's inputs in order; wave k takes the k-th input of every document. */
async function decideAll<S, I extends Input, E extends Emitted, C>(
  service: Service<S, I, E, C>,
  tools: RoundTools<S>,
  docs: Map<string, Doc<S>>,
  open: Map<string, Work<I>[]>,
  aside: Aside,
): Promise<{ changes: Change<S>[]; untouched: Doc<S>[] }> {
  const changed = new Map<string, Change<S>>()
  const current = new Map(docs)
  const longest = Math.max(...[...open.values()].map((queue) => queue.length))
  for (let wave = 0; wave < longest; wave += 1) {
    const pairs: { doc: Doc<S>; work: Work<I> }[] = []
    for (const [id, queue] of open) {
      const work = queue[wave]
      const doc = current.get(id)
      if (!work || !doc) continue
      if (doc.seen.includes(work.input.id)) {
        tools.metrics.inputs.inc({ type: work.input.type, outcome: 'seen' })
        settle(work, aside)
      } else if (doc.parked.length > 0 && !doc.parked.includes(work.input.id) && work.origin) {
        const error = new Refusal('PT-9006', `${id} has a parked input; this one follows it`)
        setAside(service, tools, work, error, id, aside)
        current.set(id, noteParked(changed, doc, work.input.id))
      } else pairs.push({ doc, work })
    }
    if (pairs.length === 0) continue
    // A service without `prepare` declares its context as undefined.
    const context = (await service.prepare?.(
      pairs.map(({ doc, work }) => ({ doc: doc.id, state: doc.state, input: work.input })),
    )) as C
    for (const { doc, work } of pairs) {
      try {
        const events = service.decide(doc.state, work.input, context)
        settle(work, aside)
        tools.metrics.inputs.inc({
          type: work.input.type,
          outcome: events.length > 0 ? 'decided' : 'nothing',
        })
        if (events.length === 0 && !doc.parked.includes(work.input.id)) continue
        const change = fold(service, tools, doc, work, events, changed.get(doc.id)?.effects ?? [])
        changed.set(doc.id, change)
        current.set(doc.id, change.doc)
      } catch (error) {
        const poisoned = setAside(service, tools, work, error, doc.id, aside)
        if (poisoned) current.set(doc.id, noteParked(changed, doc, work.input.id))
      }
    }
  }
  const untouched = [...docs.values()].filter(
    (doc) => doc.outbox.length > 0 && !changed.has(doc.id),
  )
  return { changes: [...changed.values()], untouched }
}

function noteParked<S>(changed: Map<string, Change<S>>, doc: Doc<S>, id: string): Doc<S> {
  const marked = { ...doc, parked: [...doc.parked, id] }
  if (doc.version > 0 || changed.has(doc.id)) {
    changed.set(doc.id, { doc: marked, effects: changed.get(doc.id)?.effects ?? [] })
  }
  return marked
}

/** Folds events into the document, and encodes the published ones to their final bytes. */
function fold<S, I extends Input, E extends Emitted, C>(
  service: Service<S, I, E, C>,
  tools: RoundTools<S>,
  doc: Doc<S>,
  work: Work<I>,
  events: readonly E[],
  effectsBefore: readonly Effect[],
): Change<S> {
  const { input } = work
  const cause: Cause = {
    id: work.origin?.headers.ce_id ?? input.id,
    at: input.at,
    traceparent: work.origin?.headers.traceparent,
  }
  const outgoing: Outgoing[] = []
  const effects = [...effectsBefore]
  let state = doc.state
  for (const event of events) {
    if (isPublished(event.type)) outgoing.push(encodeEvent(tools.codec, service.name, event, cause))
    const effect = service.effect?.of(event)
    if (effect) effects.push(effect)
    state = service.evolve(state, event)
    tools.metrics.events.inc({ type: event.type })
  }
  const remembers = input.type !== 'due' && !service.unseen?.includes(input.type)
  const fresh = outgoing.filter((one) => !doc.outbox.some((kept) => kept.id === one.id))
  return {
    effects,
    doc: {
      ...doc,
      state,
      seen: remembers ? [...doc.seen, input.id] : doc.seen,
      said: [...doc.said, ...fresh.map((one) => one.id)],
      outbox: [...doc.outbox, ...fresh],
      parked: doc.parked.filter((id) => id !== input.id),
      due_at: service.due?.(state),
    },
  }
}

async function publishAll<S>(tools: RoundTools<S>, docs: readonly Doc<S>[]): Promise<void> {
  const full = docs.filter((doc) => doc.outbox.length > 0)
  if (full.length === 0) return
  const failed = await tools.publish(full.flatMap((doc) => doc.outbox))
  const out = full.filter((doc) => !doc.outbox.some((one) => failed.has(one.topic)))
  const byStamp = groupByStamp(out)
  for (const [stamp, saved] of byStamp) {
    if (stamp !== undefined)
      await tools.store.trim(
        saved.map((doc) => doc.id),
        stamp,
      )
  }
}

function groupByStamp<S>(docs: readonly Doc<S>[]): Map<string | undefined, Doc<S>[]> {
  const groups = new Map<string | undefined, Doc<S>[]>()
  for (const doc of docs) {
    const group = groups.get(doc.stamp)
    if (group) group.push(doc)
    else groups.set(doc.stamp, [doc])
  }
  return groups
}

/** Waiting or parked; answers true where the failure is ours and the document must not go on. */
function setAside<S, I extends Input, E extends Emitted, C>(
  service: Service<S, I, E, C>,
  tools: RoundTools<S>,
  work: Work<I>,
  error: unknown,
  doc: string | undefined,
  aside: Aside,
): boolean {
  const { input, origin } = work
  if (error instanceof NotYet && origin) {
    tools.metrics.inputs.inc({ type: input.type, outcome: 'waiting' })
    aside.waiting.set(input.id, { id: input.id, at: input.at, ...origin })
    return false
  }
  settle(work, aside)
  const entry = parkable(service.name, work, error, doc)
  tools.metrics.inputs.inc({ type: input.type, outcome: 'parked' })
  tools.metrics.parked.inc({ code: entry.code })
  const refused = error instanceof Refusal
  tools.log[refused ? 'info' : 'error'](
    { code: entry.code, input: input.type, doc, ...(refused ? {} : { err: error }) },
    `parked: ${entry.detail}`,
  )
  if (origin) aside.parked.set(input.id, entry)
  return !refused && origin !== undefined
}

/** A message that waited and is decided now needs its place no more. */
function settle(work: Work, aside: Aside): void {
  if (work.input.waited !== undefined) aside.settled.add(work.input.id)
}

function dueIn(stamp: string, seconds: number): string {
  return new Date(Date.parse(stamp.slice(0, 24)) + seconds * 1000).toISOString()
}
