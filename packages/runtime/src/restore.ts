import { setTimeout as pause } from 'node:timers/promises'
import { parseTopic, type TopicName } from '@prooftrail/contracts'
import type { Admin, EachBatchPayload } from 'kafkajs'
import type { Logger } from 'pino'
import type { Doc } from './documents/document.ts'
import type { RoundStore } from './documents/store.ts'
import type { Host } from './host.ts'
import { sourceOf } from './message.ts'
import type { Emitted, Input, Service } from './service.ts'

/**
 * A hard kill of the stand-in database can lose its last writes. So on it a service starts by
 * folding what it published and the database does not hold, and by reading its inputs again from a
 * minute before the last one that it handled.
 * T1 Only what is missing is folded, in the order in which the document said it, without a gap.
 * T2 Inputs whose events are restored count as handled; all others are decided again, to the same
 *    bytes, and what was said does not go out again.
 */

export interface RestoreOptions {
  group: string
  /** Topics that are consumed. */
  topics: readonly string[]
  /** Event types that the service writes. */
  written: readonly TopicName[]
  log: Logger
}

/** One of the service's own events as it was published. */
interface Own<E> {
  doc: string
  id: string
  sequence: number
  cause: string
  at: number
  event: E
}

const WINDOW_MS = 60_000
const PAGE = 200
const LOAD_TRIES = 100
const LOAD_MS = 200

/** Answers where partitions begin: `<topic>\n<partition>` → offset. Nothing where none is committed. */
export async function restore<S, I extends Input, E extends Emitted, C>(
  host: Host,
  service: Service<S, I, E, C>,
  store: RoundStore<S>,
  { group, topics, written, log }: RestoreOptions,
): Promise<Map<string, string>> {
  const admin = host.kafka.admin()
  await admin.connect()
  try {
    const { committed, last } = await readCommitted(admin, group, topics)
    if (last === undefined) return new Map()
    const since = last - WINDOW_MS
    const own = (await admin.listTopics()).filter((topic) => {
      const name = parseTopic(topic)?.name
      return name !== undefined && name !== 'parked' && written.includes(name)
    })
    const events = await readOwn(host, admin, service, own, since)
    await service.restored?.(events)
    const restored = await foldMissing(service, store, events, host.instance, log)
    const from = new Map<string, string>()
    for (const topic of topics) {
      for (const { partition, offset } of await admin.fetchTopicOffsetsByTimestamp(topic, since)) {
        const place = `${topic}\n${partition}`
        const at = committed.get(place)
        if (at !== undefined && BigInt(offset) < BigInt(at)) from.set(place, offset)
      }
    }
    log.info({ events: events.length, restored, rewound: from.size }, 'stand-in checked')
    return from
  } finally {
    await admin.disconnect()
  }
}

/** Committed offsets, and the append time of the last message handled (epoch ms). */
async function readCommitted(admin: Admin, groupId: string, topics: readonly string[]) {
  const committed = new Map<string, string>()
  let last: number | undefined
  const offsets = await whenLoaded(() => admin.fetchOffsets({ groupId, topics: [...topics] }))
  for (const { topic, partitions } of offsets) {
    for (const { partition, offset, metadata } of partitions) {
      if (BigInt(offset) < 0n) continue
      committed.set(`${topic}\n${partition}`, offset)
      const at = Date.parse(metadata ?? '')
      if (Number.isFinite(at)) last = Math.max(last ?? at, at)
    }
  }
  return { committed, last }
}

/** A broker that just started has its groups to load first. */
async function whenLoaded<T>(ask: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await ask()
    } catch (error) {
      const isRetriable = error instanceof Error && 'retriable' in error && error.retriable
      if (!isRetriable || attempt === LOAD_TRIES) throw error
      await pause(LOAD_MS)
    }
  }
}

/** The service's own events since a time, in the order of their append times. */
async function readOwn<S, I extends Input, E extends Emitted, C>(
  host: Host,
  admin: Admin,
  service: Service<S, I, E, C>,
  topics: readonly string[],
  since: number,
): Promise<Own<E>[]> {
  const from = new Map<string, string>()
  const open = new Map<string, bigint>()
  for (const topic of topics) {
    const ends = new Map(
      (await admin.fetchTopicOffsets(topic)).map(({ partition, high }) => [partition, high]),
    )
    for (const { partition, offset } of await admin.fetchTopicOffsetsByTimestamp(topic, since)) {
      const end = BigInt(ends.get(partition) ?? '0')
      if (BigInt(offset) >= end) continue
      from.set(`${topic}\n${partition}`, offset)
      open.set(`${topic}\n${partition}`, end)
    }
  }
  if (open.size === 0) return []
  const events: Own<E>[] = []
  const groupId = `prooftrail.restore.${service.name}.${host.instance}`
  const consumer = host.kafka.consumer({ groupId, allowAutoTopicCreation: false })
  try {
    await new Promise<void>((resolve, reject) => {
      consumer.on(consumer.events.GROUP_JOIN, () => {
        for (const [place, offset] of from) {
          const [topic = '', partition] = place.split('\n')
          consumer.seek({ topic, partition: Number(partition), offset })
        }
      })
      consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error))
      const read = async ({ batch, resolveOffset }: EachBatchPayload) => {
        const place = `${batch.topic}\n${batch.partition}`
        if (!open.has(place)) return
        for (const message of batch.messages) {
          const one = await readEvent(host, service, batch.topic, message)
          if (one) events.push(one)
        }
        resolveOffset(batch.lastOffset())
        if (BigInt(batch.lastOffset()) + 1n >= (open.get(place) ?? 0n)) open.delete(place)
        if (open.size === 0) resolve()
      }
      const begin = async () => {
        await consumer.connect()
        await consumer.subscribe({ topics: [...topics] })
        await consumer.run({
          autoCommit: false,
          eachBatchAutoResolve: false,
          partitionsConsumedConcurrently: 64,
          eachBatch: read,
        })
      }
      begin().catch(reject)
    })
  } finally {
    await consumer.disconnect().catch(() => undefined)
    await admin.deleteGroups([groupId]).catch(() => undefined)
  }
  return events.sort((a, b) => a.at - b.at || a.sequence - b.sequence)
}

async function readEvent<S, I extends Input, E extends Emitted, C>(
  host: Host,
  service: Service<S, I, E, C>,
  topic: string,
  { key, value, headers = {}, timestamp }: EachBatchPayload['batch']['messages'][number],
): Promise<Own<E> | undefined> {
  const known = parseTopic(topic)
  const { ce_source, ce_id, ce_sequence, ce_causationid } = headers
  if (!known || !value || !ce_id || ce_sequence === undefined) return undefined
  if (ce_source?.toString() !== sourceOf(service.name)) return undefined
  const { name: type, tool } = known
  const data = await host.codec.decode(topic, value)
  // The service said it: it is one of its events.
  const event = { type, data, ...(tool === undefined ? {} : { tool }) } as unknown as E
  const doc = service.docOf ? service.docOf(event) : key?.toString()
  if (doc === undefined) return undefined
  return {
    ...{ doc, event, id: String(ce_id), sequence: Number(String(ce_sequence)) },
    ...{ cause: String(ce_causationid ?? ''), at: Number(timestamp) },
  }
}

/** T1; answers how many documents were mended. */
export async function foldMissing<S, I extends Input, E extends Emitted, C>(
  service: Service<S, I, E, C>,
  store: RoundStore<S>,
  events: readonly Own<E>[],
  instance: string,
  log: Pick<Logger, 'warn'>,
): Promise<number> {
  const byDoc = new Map<string, Own<E>[]>()
  for (const one of events) byDoc.set(one.doc, [...(byDoc.get(one.doc) ?? []), one])
  const ids = [...byDoc.keys()]
  let restored = 0
  for (let start = 0; start < ids.length; start += PAGE) {
    const { docs } = await store.docs(ids.slice(start, start + PAGE), new Set())
    const mended: Doc<S>[] = []
    for (const doc of docs.values()) {
      const own = (byDoc.get(doc.id) ?? []).sort((a, b) => a.sequence - b.sequence)
      const after = foldOne(service, doc, own)
      if (after.isTorn) log.warn({ doc: doc.id }, 'older events of this document are missing')
      if (after.doc !== doc) mended.push(after.doc)
    }
    const stamp = `${new Date().toISOString()}/${instance}/restore`
    const { lost, refused } = await store.save(mended, stamp)
    restored += mended.length - lost.size - refused.size
  }
  return restored
}

function foldOne<S, I extends Input, E extends Emitted, C>(
  service: Service<S, I, E, C>,
  doc: Doc<S>,
  own: readonly Own<E>[],
): { doc: Doc<S>; isTorn: boolean } {
  let { state } = doc
  const said = [...doc.said]
  const seen = [...doc.seen]
  let isTorn = false
  for (const { id, sequence, cause, event } of own) {
    if (said.includes(id)) continue
    isTorn = sequence !== said.length
    if (isTorn) break
    said.push(id)
    state = service.evolve(state, event)
    if (!seen.includes(cause) && !cause.startsWith('due:')) seen.push(cause)
  }
  if (said.length === doc.said.length) return { doc, isTorn }
  return { doc: { ...doc, state, said, seen, due_at: service.due?.(state) }, isTorn }
}
