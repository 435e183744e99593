import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { openCodec } from '@prooftrail/contracts'
import { type Running, startFloor } from './floor/floor.ts'
import { type Hop, watchHops } from './hops.ts'
import { openKafka } from './kafka.ts'
import { closedLoop } from './load.ts'
import { type Measured, measureClosed, measureOpen } from './measure.ts'
import type { Backend, Options } from './options.ts'
import { type Counters, difference, readCounters } from './product/counters.ts'
import { type RunningProduct, startProduct } from './product/product.ts'
import { type Recorded, recordOrder } from './recording.ts'
import { durabilityOf } from './stacks.ts'

export const PARTITIONS = 4
const LOW_RATE = 5

/** One side measured: each closed loop, the best of them, and the low load. */
export interface Side {
  closed: Measured[]
  low: Measured
  /** Where the time of an order goes at the low load. */
  hops: Hop[]
  hot?: Measured
  /** The services' own counters over the best closed loop. */
  counters?: Counters
  /** Faults of a sample of trails that was verified at the end. */
  faults?: string[]
}

export interface Comparison {
  backend: Backend
  mongodb: string
  topology: 'one process' | 'one process per service' | `${number} groups`
  workload: string
  durability: string
  /** Messages of one order by topic: how many, and the bytes of their values. */
  messages: { name: string; bytes: number }[]
  product?: Side
  floor?: Side
}

export const bestOf = ({ closed }: Side): Measured | undefined =>
  closed.toSorted((a, b) => b.per_second - a.per_second)[0]

/** The product, then the floor of the same messages, each on an empty stack. */
export async function compare(
  backend: Backend,
  options: Options,
  say: (line: string) => void,
): Promise<Comparison> {
  say(`product: starting (${backend})`)
  const world = { backend, processes: options.processes, partitions: PARTITIONS }
  const { agents, mix } = options
  const product = await startProduct({ ...world, groups: options.groups, agents, mix })
  let recorded: Recorded[]
  let productSide: Side | undefined
  try {
    recorded = await record(product)
    if (options.only.has('product')) productSide = await measureProduct(product, options, say)
  } finally {
    await product.stop()
  }
  return {
    backend,
    mongodb: product.place.mongodb,
    topology: topologyOf(options),
    workload: mix
      ? 'orders of three tools in turn, two examples of each; the floor moves the messages of a TokenOps order'
      : 'TokenOps orders',
    durability: durabilityOf(backend),
    messages: recorded.map(({ name, bytes }) => ({ name, bytes })),
    ...(productSide ? { product: productSide } : {}),
    ...(options.only.has('floor')
      ? { floor: await measureFloor(recorded, world, options, say) }
      : {}),
  }
}

function topologyOf({ processes, groups }: Options): Comparison['topology'] {
  if (processes) return 'one process per service'
  return groups > 1 ? `${groups} groups` : 'one process'
}

async function measureFloor(
  recorded: readonly Recorded[],
  world: Parameters<typeof startFloor>[1],
  options: Options,
  say: (line: string) => void,
): Promise<Side> {
  say('floor: starting')
  const floor = await startFloor(recorded, world)
  try {
    return await measureSide('floor', floor, options, say)
  } finally {
    await floor.stop()
  }
}

async function record({ place, feed }: RunningProduct): Promise<Recorded[]> {
  const kafka = openKafka(place.brokers, 'bench-recorder')
  const codec = openCodec({ url: place.registry })
  return recordOrder(kafka, codec, async () => {
    const [id = ''] = feed.prepare(1)
    await new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error('no trail was sealed in a minute')), 60_000)
      feed.onDone = (done) => {
        if (done !== id) return
        clearTimeout(late)
        resolve()
      }
      feed.send([id]).catch(reject)
    })
    return id
  })
}

async function measureProduct(
  product: RunningProduct,
  options: Options,
  say: (line: string) => void,
): Promise<Side> {
  const { feed, roles, place } = product
  let before: Counters = {}
  let best: { rate: number; counters: Counters } | undefined
  let counters: Counters = {}
  const hooks = {
    open: async () => {
      before = await readCounters(place.urls)
    },
    close: async () => {
      counters = difference(before, await readCounters(place.urls))
    },
  }
  const side = await measureSide('product', product, options, say, hooks, (measured) => {
    if (!best || measured.per_second > best.rate) best = { rate: measured.per_second, counters }
  })
  if (options.profile && !options.processes)
    await profileInto(options.profile, product, options, say)
  let hot: Measured | undefined
  if (options.hot) {
    product.useHot(true)
    say('product: all orders on one account')
    hot = await measureClosed(feed, roles, {
      inFlight: options.inFlight.at(-1) ?? 64,
      seconds: options.seconds,
    })
    product.useHot(false)
  }
  const faults = await product.verifySome(20)
  return { ...side, ...(hot ? { hot } : {}), ...(best ? { counters: best.counters } : {}), faults }
}

/** Two profiles of the services' process: under full load, and at a few orders a second. */
async function profileInto(
  dir: string,
  { feed, roles, profile }: RunningProduct,
  { inFlight, lowSeconds }: Options,
  say: (line: string) => void,
): Promise<void> {
  mkdirSync(dir, { recursive: true })
  const loads: [string, () => Promise<unknown>][] = [
    ['full', () => measureClosed(feed, roles, { inFlight: inFlight.at(-1) ?? 64, seconds: 10 })],
    ['low', () => measureOpen(feed, roles, { rate: LOW_RATE, seconds: lowSeconds })],
  ]
  for (const [name, load] of loads) {
    const file = join(dir, `product-${name}-${Date.now()}.cpuprofile`)
    say(`product: profiling, ${name} load`)
    const write = await profile()
    await load()
    await write(file)
    say(`profile written to ${file}`)
  }
}

async function measureSide(
  name: string,
  { feed, roles, way }: Running,
  options: Options,
  say: (line: string) => void,
  hooks: Parameters<typeof measureClosed>[3] = {},
  each: (measured: Measured) => void = () => {},
): Promise<Side> {
  say(`${name}: warming up`)
  await closedLoop(feed, { inFlight: 64, seconds: 60, orders: options.warmUp })
  const closed: Measured[] = []
  for (const inFlight of options.inFlight) {
    const { seconds, orders } = options
    const load = { inFlight, seconds: orders ? 600 : seconds, ...(orders ? { orders } : {}) }
    const measured = await measureClosed(feed, roles, load, hooks)
    each(measured)
    closed.push(measured)
    say(`${name}: ${measured.per_second.toFixed(1)}/s with ${inFlight} in flight`)
  }
  const watch = await watchHops(way)
  const low = await measureOpen(feed, roles, { rate: LOW_RATE, seconds: options.lowSeconds })
  say(`${name}: p50 ${low.p50_ms.toFixed(1)} ms at ${LOW_RATE}/s`)
  return { closed, low, hops: await watch.end() }
}
