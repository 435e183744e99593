import { topicFor } from '@prooftrail/contracts'
import type { Host } from '@prooftrail/runtime'
import type { OrderAdmission } from './admission-control.ts'
import type { Progress } from './judge-load.ts'

/**
 * An order's way through the core after intake: which group takes its next step from which topic.
 * Executors and receivers are not of the core: what waits for them is no load. Results are written by
 * tools, as many as they like: what of them was accepted tells how many are an order's.
 */
const STAGES = [
  ['prooftrail.receipt', 'work-order.accepted'],
  ['prooftrail.dispatch', 'credits.held'],
  ['prooftrail.dispatch', 'result.produced', 'result.accepted'],
  ['prooftrail.receipt', 'result.accepted'],
  ['prooftrail.callback', 'usage-receipt.issued'],
  ['prooftrail.attestation', 'callback.attempted'],
] as const
const ORDERS = 'work-order.submitted'

const TICK_MS = 100
/** A look at Kafka each so many ticks. */
const LOOK_TICKS = 5
/** While nothing is under way, one look in so many is enough. */
const IDLE_LOOKS = 4

type Admin = ReturnType<Host['kafka']['admin']>

/** By partition: the next offset of a group, or where the partition begins and ends. */
type Committed = ReadonlyMap<number, number>
type Bounds = ReadonlyMap<number, { low: number; high: number }>

/** Where groups and topics stand, as Kafka tells it. */
export interface Standings {
  committed(group: string, topics: string[]): Promise<ReadonlyMap<string, Committed>>
  bounds(topic: string): Promise<Bounds>
  /** Leaves the connection; the next question makes another. */
  close(): Promise<void>
}

export interface Watch {
  stop(): Promise<void>
}

/**
 * Tells admission control twice a second where everything stands; the price does not depend on how many
 * orders there are. Resolves when it was told once, or could not be.
 */
export async function watchLoad(
  admission: OrderAdmission,
  standings: Standings,
  { log, now }: { log: Host['log']; now: () => number },
): Promise<Watch> {
  let ticks = 0
  let isBlind = false
  let looking: Promise<void> | undefined

  async function look(): Promise<void> {
    const mark = admission.begin()
    try {
      const { stages, partitions } = await read(standings)
      admission.sampled({ at: now(), stages }, partitions, mark)
      if (isBlind) log.info('the load is seen again')
      isBlind = false
    } catch (error) {
      if (!isBlind) log.warn({ err: error }, 'the load cannot be seen; nothing is held back for it')
      isBlind = true
      await standings.close().catch(() => undefined)
    }
  }

  await look()
  const timer = setInterval(() => {
    ticks += 1
    admission.tick()
    const every = admission.isBusy() ? LOOK_TICKS : LOOK_TICKS * IDLE_LOOKS
    if (looking || ticks % every !== 0) return
    looking = look().finally(() => {
      looking = undefined
    })
  }, TICK_MS)
  return {
    async stop() {
      clearInterval(timer)
      await looking
      await standings.close()
    },
  }
}

async function read(standings: Standings) {
  const places = STAGES.map(([group, name, came]) => {
    return { group, topic: topicFor(name), came: came && topicFor(came) }
  })
  const groups = [...new Set(places.map(({ group }) => group))]
  const topics = [...new Set([topicFor(ORDERS), ...places.map(({ topic }) => topic)])]
  // Committed first: what is appended meanwhile counts as not yet done.
  const committed = new Map(
    await Promise.all(
      groups.map(async (group) => {
        const own = places.filter((one) => one.group === group).map(({ topic }) => topic)
        return [group, await standings.committed(group, own)] as const
      }),
    ),
  )
  const bounds = new Map(
    await Promise.all(topics.map(async (topic) => [topic, await standings.bounds(topic)] as const)),
  )
  const stages = places.map(({ group, topic, came }) => ({
    ...progressOf(committed.get(group)?.get(topic), bounds.get(topic)),
    ...(came === undefined ? {} : { came: endOf(bounds.get(came)) }),
  }))
  return { stages, partitions: bounds.get(topicFor(ORDERS))?.size ?? 0 }
}

function progressOf(committed: Committed = new Map(), bounds: Bounds = new Map()): Progress {
  const sums = { done: 0, end: 0 }
  for (const [partition, { low, high }] of bounds) {
    sums.end += high
    // A group that has committed nothing begins at the beginning.
    sums.done += Math.max(low, committed.get(partition) ?? low)
  }
  return sums
}

function endOf(bounds: Bounds = new Map()): number {
  return [...bounds.values()].reduce((sum, { high }) => sum + high, 0)
}

/** Asks Kafka; connects when it is asked. */
export function openStandings({ kafka }: Pick<Host, 'kafka'>): Standings {
  let connecting: Promise<Admin> | undefined
  const connect = async () => {
    const admin = kafka.admin({ retry: { retries: 1 } })
    await admin.connect()
    return admin
  }
  const connected = () => {
    connecting ??= connect()
    return connecting
  }
  return {
    async committed(groupId, topics) {
      const found = await (await connected()).fetchOffsets({ groupId, topics })
      return new Map(
        found.map(({ topic, partitions }) => [
          topic,
          new Map(partitions.map(({ partition, offset }) => [partition, Number(offset)])),
        ]),
      )
    },
    async bounds(topic) {
      const found = await (await connected()).fetchTopicOffsets(topic)
      return new Map(
        found.map(({ partition, low, high }) => [
          partition,
          { low: Number(low), high: Number(high) },
        ]),
      )
    },
    async close() {
      const admin = connecting
      connecting = undefined
      await (await admin)?.disconnect()
    },
  }
}
