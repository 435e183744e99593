import { setTimeout as wait } from 'node:timers/promises'
import type { AnswerOf } from '@prooftrail/contracts/doors'
import { PARTITIONS } from './compare.ts'
import type { Backend, Options } from './options.ts'
import { call } from './product/http.ts'
import { type RunningProduct, startProduct } from './product/product.ts'
import { usageOf } from './usage.ts'

/** A batch of acts over runs that are settled, from its selection to its last answer. */
export interface BatchResult {
  backend: Backend
  runs: number
  per_second: number
  /** Seconds: the selection is frozen; all of it is judged ahead; every run is answered. */
  made: number
  judged: number
  answered: number
  accepted: number
  refused: number
  unanswered: number
  /** CPU of services and servers for each run, while the batch ran. */
  cpu_ms: number
  servers_cpu_ms: number
  /** How long single acts of others took meanwhile, in milliseconds: the middle one and the longest. */
  single_ms: { median: number; max: number }
  faults: string[]
}

type Batch = AnswerOf<'GET /v1/batches/:id'>
type DryRun = AnswerOf<'GET /v1/batches/:id/dry-run'>

const IN_FLIGHT = 256
const SINGLES_EVERY_MS = 2_000
const ACT = { recovery_action: 'close', reason: 'measured' }

/** Makes so many orders, and closes all of them in one batch. */
export async function benchBatch(
  backend: Backend,
  { batch: runs, processes, groups, agents, mix }: Options,
  say: (line: string) => void,
): Promise<BatchResult> {
  const world = { backend, partitions: PARTITIONS, processes, groups, agents, mix }
  const product = await startProduct(world)
  try {
    const address = `${product.place.urls.dispatch}/v1/batches`
    // those at the end are for the single acts
    const ids = await settled(product, runs + 200, say)
    const singles = ids.splice(runs)
    const from = performance.now()
    const body = { act: ACT, work_order_ids: ids, per_second: 50, selected: 'all that was ordered' }
    const { batch_id } = await call<Batch>('POST', address, body)
    const made = secondsSince(from)
    say(`batch: ${runs} runs frozen in ${made.toFixed(1)} s`)
    const dryFrom = performance.now()
    const dry = await call<DryRun>('GET', `${address}/${batch_id}/dry-run`)
    const judged = secondsSince(dryFrom)
    say(`batch: judged ahead in ${judged.toFixed(1)} s, ${dry.accepted} would be accepted`)
    const before = usage(product)
    const runFrom = performance.now()
    let last = await call<Batch>('POST', `${address}/${batch_id}/run`, { reason: 'measured' })
    const acts = singleActs(product, singles, () => last.settled)
    while (!last.settled) {
      await wait(1_000)
      last = await call<Batch>('GET', `${address}/${batch_id}`)
    }
    const answered = secondsSince(runFrom)
    const after = usage(product)
    const took = (await acts).sort((one, other) => one - other)
    const { accepted, refused, unanswered } = last.counts
    return {
      ...{ backend, runs, per_second: last.per_second, made, judged, answered },
      ...{ accepted, refused, unanswered },
      cpu_ms: ((after.work - before.work) * 1000) / runs,
      servers_cpu_ms: ((after.servers - before.servers) * 1000) / runs,
      single_ms: { median: took[Math.floor(took.length / 2)] ?? Number.NaN, max: took.at(-1) ?? 0 },
      faults: await product.verifySome(20),
    }
  } finally {
    await product.stop()
  }
}

/** Orders, and waits until each is sealed. */
async function settled(
  { feed }: RunningProduct,
  count: number,
  say: (line: string) => void,
): Promise<string[]> {
  const ids: string[] = []
  const done = new Set<string>()
  feed.onDone = (id) => void done.add(id)
  while (ids.length < count) {
    const some = feed.prepare(Math.min(IN_FLIGHT, count - ids.length))
    ids.push(...some)
    await feed.send(some)
    while (ids.length - done.size > IN_FLIGHT) await wait(20)
    if (ids.length % (IN_FLIGHT * 8) === 0) say(`batch: ${done.size} of ${count} orders are sealed`)
  }
  while (done.size < count) await wait(100)
  return ids
}

/** Single acts of somebody else while the batch runs; how long each took. */
async function singleActs(
  { place }: RunningProduct,
  ids: readonly string[],
  isOver: () => boolean,
): Promise<number[]> {
  const took: number[] = []
  for (const id of ids) {
    if (isOver()) break
    const from = performance.now()
    await call('POST', `${place.urls.dispatch}/v1/tasks/${id}/acts`, {
      ...{ ...ACT, work_order_id: id, idempotency_key: 'single' },
    })
    took.push(performance.now() - from)
    await wait(SINGLES_EVERY_MS)
  }
  return took
}

function usage({ roles }: RunningProduct): { work: number; servers: number } {
  const servers = usageOf(roles.servers).cpu
  return { work: usageOf(roles.work, roles.servers).cpu, servers }
}

function secondsSince(from: number): number {
  return (performance.now() - from) / 1000
}

export function reportBatch(result: BatchResult): string {
  const { backend, runs, made, judged, answered, accepted, refused, unanswered } = result
  const { cpu_ms, servers_cpu_ms, single_ms, per_second, faults } = result
  const one = (value: number) => value.toFixed(1)
  return [
    '',
    `batch: ${runs} runs closed, ${per_second} a second, ${backend}`,
    `  frozen in ${one(made)} s, judged ahead in ${one(judged)} s, all answered in ${one(answered)} s`,
    `  ${accepted} accepted, ${refused} refused, ${unanswered} unanswered`,
    `  CPU ${cpu_ms.toFixed(2)} ms a run, servers ${servers_cpu_ms.toFixed(2)} ms`,
    `  single acts meanwhile: ${one(single_ms.median)} ms in the middle, ${one(single_ms.max)} ms at most`,
    faults.length === 0
      ? '  a sample of the trails was verified: all good'
      : `  FAULTS: ${faults.join('; ')}`,
  ].join('\n')
}
