import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { PARTITIONS } from './compare.ts'
import type { Feed } from './load.ts'
import type { Backend, Options } from './options.ts'
import { type Calls, countingEnv, KINDS, readCalls, type Tally, tally } from './product/calls.ts'
import { type Kept, keptByOrder, readKept } from './product/kept.ts'
import { startProduct } from './product/product.ts'
import { figure } from './stats.ts'
import { table } from './table.ts'

export interface CountsResult {
  backend: Backend
  orders: number
  /** What an order costs each service. */
  services: Record<string, Tally>
  /** What an order leaves behind. */
  kept: Kept
}

const WARM_UP = 100
const ORDERS = 400
const IN_FLIGHT = 64
const LATE_MS = 600_000
/** Longer than a change may stay unsaved. */
const QUIET_MS = 4_000

/**
 * Counts what an order costs each service, in encodes, hashes, bytes and so on: figures that do not
 * depend on the machine. Counting slows the services down, so no time is told.
 */
export async function countCalls(
  backend: Backend,
  options: Options,
  say: (line: string) => void,
): Promise<CountsResult> {
  say(`counts: starting (${backend})`)
  const dir = await mkdtemp(join(tmpdir(), 'prooftrail-counts-'))
  const product = await startProduct({
    ...{ backend, processes: true, partitions: PARTITIONS, env: countingEnv(dir) },
    ...{ agents: options.agents, mix: options.mix },
  })
  try {
    const { feed, place } = product
    const { orders = ORDERS } = options
    const read = () => readCalls(dir, place.services)
    await finishAll(feed, WARM_UP)
    const before = await untilQuiet(read)
    const keptBefore = await readKept(place)
    say('counts: counting')
    await finishAll(feed, orders)
    const after = await untilQuiet(read)
    const kept = keptByOrder(keptBefore, await readKept(place), orders)
    return { backend, orders, services: tally(before, after, orders), kept }
  } finally {
    await product.stop()
    await rm(dir, { recursive: true, force: true })
  }
}

/** Sends exactly so many orders; resolves when each is sealed. @throws Error when one is not in time */
async function finishAll(feed: Feed, orders: number): Promise<void> {
  const open = new Set<string>()
  let left = orders
  await new Promise<void>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`${open.size} orders never finished`)), LATE_MS)
    const refill = () => {
      const ids = feed.prepare(Math.min(left, IN_FLIGHT - open.size))
      left -= ids.length
      for (const id of ids) open.add(id)
      if (ids.length > 0) feed.send(ids).catch(reject)
    }
    feed.onDone = (id) => {
      if (!open.delete(id)) return
      if (left > 0) refill()
      else if (open.size === 0) {
        clearTimeout(late)
        resolve()
      }
    }
    refill()
  })
}

/** What was counted when nobody reads or says anything any more: facts are told on after the seal. */
async function untilQuiet(read: () => Promise<Calls>): Promise<Calls> {
  const messages = (calls: Calls) =>
    Object.values(calls).map((counts) =>
      [...KINDS.encodes, ...KINDS.decodes].map((name) => counts[name] ?? 0),
    )
  for (let before = await read(); ; ) {
    await pause(QUIET_MS)
    const after = await read()
    if (JSON.stringify(messages(before)) === JSON.stringify(messages(after))) return after
    before = after
  }
}

/** A line per service, and the sum of all. */
export function reportCounts({ backend, orders, services, kept }: CountsResult): string {
  const kinds = Object.keys(KINDS)
  const sums = new Map<string, number>()
  const rows = Object.entries(services).map(([service, one]) => {
    const values = Object.entries(one)
    for (const [kind, value] of values) sums.set(kind, (sums.get(kind) ?? 0) + value)
    return [service, ...values.map(([, value]) => figure(value))]
  })
  return [
    '',
    `counts: what an order costs each service (${orders} orders, ${backend}, one process per service)`,
    '  encodes, decodes: of Avro messages; opened: links whose object was read; hashes: SHA-256 and HMAC; bytes on',
    '  the wire: read from and written to Kafka, stored to and loaded from MongoDB, with all that protocols add;',
    '  allocated: bytes of heap, compiled code among them',
    '',
    table(
      ['', ...kinds],
      [...rows, ['together', ...kinds.map((kind) => figure(sums.get(kind) ?? 0))]],
    ),
    ...reportKept(kept),
  ].join('\n')
}

/** A line per collection and topic that an order adds to. */
function reportKept({ collections, topics }: Kept): string[] {
  const grown = <T>(all: Record<string, T>, bytesOf: (one: T) => number) =>
    Object.entries(all)
      .filter(([, one]) => bytesOf(one) > 0)
      .sort(([, one], [, other]) => bytesOf(other) - bytesOf(one))
  const documents = grown(collections, (bytes) => bytes)
  const messages = grown(topics, ({ bytes }) => bytes)
  const sum = (all: readonly number[]) => figure(all.reduce((before, one) => before + one, 0))
  return [
    '',
    'what an order leaves behind: bytes of documents (BSON), and of messages with key and headers, before',
    'servers compress, index or copy them',
    '',
    table(
      ['collection', 'bytes'],
      [
        ...documents.map(([name, bytes]) => [name, figure(bytes)]),
        ['together', sum(documents.map(([, bytes]) => bytes))],
      ],
    ),
    '',
    table(
      ['topic', 'messages', 'bytes'],
      [
        ...messages.map(([name, one]) => [name, figure(one.messages), figure(one.bytes)]),
        [
          'together',
          sum(messages.map(([, one]) => one.messages)),
          sum(messages.map(([, one]) => one.bytes)),
        ],
      ],
    ),
  ]
}
