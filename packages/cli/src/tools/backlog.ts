import { randomUUID } from 'node:crypto'
import { type Codec, type ExecutionCommanded, topicFor } from '@prooftrail/contracts'
import type { Host } from '@prooftrail/runtime'
import type { Admin, Kafka } from 'kafkajs'

/** How a tool's versions keep up. */
export interface Load {
  /** Executor processes in the version's group. */
  live: number
  /** Commands of this version that no executor has taken in hand. */
  waiting: number
  /** More wait than were counted. */
  more?: true
  /** When the oldest of them reached the broker (RFC 3339). */
  oldest_waiting?: string
}

/** The consumer group of a tool version (design: each version leaves alone what is pinned to another). */
export function groupOf(tool: string, version: string): string {
  return `prooftrail.${tool}@${version}`
}

const MAX_COUNTED = 20_000

interface Gap {
  partition: number
  low: bigint
  high: bigint
  /** Where each version's group stands; what it never committed begins at the start. */
  committed: Map<string, bigint>
}

/**
 * Reads from Kafka alone how many commands wait for each version and since when. The versions share
 * one topic: what lies behind a group's offset is read and counted for the version that it names.
 * @returns undefined where the command topic is not deployed
 */
export async function readLoad(
  host: Host,
  tool: string,
  versions: readonly string[],
): Promise<Map<string, Load> | undefined> {
  const admin = host.kafka.admin()
  await admin.connect()
  try {
    const topic = topicFor('execution.commanded', tool)
    if (!(await admin.listTopics()).includes(topic)) return undefined
    const live = await countMembers(admin, tool, versions)
    const gaps = await findGaps(admin, topic, tool, versions)
    const loads = new Map<string, Load>(
      versions.map((version) => [version, { live: live.get(version) ?? 0, waiting: 0 }]),
    )
    await countWaiting(host.kafka, host.codec, admin, topic, gaps, loads)
    return loads
  } finally {
    await admin.disconnect()
  }
}

async function countMembers(
  admin: Admin,
  tool: string,
  versions: readonly string[],
): Promise<Map<string, number>> {
  const byGroup = new Map(versions.map((version) => [groupOf(tool, version), version]))
  if (byGroup.size === 0) return new Map()
  const { groups } = await admin.describeGroups([...byGroup.keys()])
  return new Map(
    groups.map(({ groupId, members }) => [byGroup.get(groupId) ?? groupId, members.length]),
  )
}

async function findGaps(
  admin: Admin,
  topic: string,
  tool: string,
  versions: readonly string[],
): Promise<Gap[]> {
  const ends = await admin.fetchTopicOffsets(topic)
  const gaps = ends.map(({ partition, low, high }) => ({
    partition,
    low: BigInt(low),
    high: BigInt(high),
    committed: new Map<string, bigint>(),
  }))
  for (const version of versions) {
    const [offsets] = await admin.fetchOffsets({ groupId: groupOf(tool, version), topics: [topic] })
    for (const gap of gaps) {
      const found = offsets?.partitions.find(({ partition }) => partition === gap.partition)
      const offset = BigInt(found?.offset ?? -1)
      gap.committed.set(version, offset < gap.low ? gap.low : offset)
    }
  }
  return gaps
}

async function countWaiting(
  kafka: Kafka,
  codec: Codec,
  admin: Admin,
  topic: string,
  gaps: readonly Gap[],
  loads: Map<string, Load>,
): Promise<void> {
  const open = new Map<number, { from: bigint; gap: Gap }>()
  for (const gap of gaps) {
    const from = [...gap.committed.values()].reduce((a, b) => (a < b ? a : b), gap.high)
    if (from < gap.high) open.set(gap.partition, { from, gap })
  }
  if (open.size === 0) return
  const groupId = `prooftrail.tools.${randomUUID()}`
  const consumer = kafka.consumer({ groupId, allowAutoTopicCreation: false })
  await consumer.connect()
  let counted = 0
  const done = new Set<number>()
  try {
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    await new Promise<void>((resolve, reject) => {
      consumer
        .run({
          eachMessage: async ({ partition, message }) => {
            const one = open.get(partition)
            const offset = BigInt(message.offset)
            if (one && offset >= one.from && offset < one.gap.high && message.value) {
              counted += 1
              // the topic's schema decoded it
              const value = (await codec.decode(topic, message.value)) as ExecutionCommanded
              count(loads, one.gap, value.object.manifest_version, offset, message.timestamp)
            }
            if (one && offset + 1n >= one.gap.high) done.add(partition)
            if (done.size === open.size || counted >= MAX_COUNTED) resolve()
          },
        })
        .catch(reject)
      for (const [partition, { from }] of open) {
        consumer.seek({ topic, partition, offset: String(from) })
      }
    })
  } finally {
    await consumer.disconnect()
    await admin.deleteGroups([groupId]).catch(() => undefined)
  }
  if (done.size < open.size) for (const load of loads.values()) load.more = true
}

function count(
  loads: Map<string, Load>,
  gap: Gap,
  version: string,
  offset: bigint,
  timestamp: string,
): void {
  const load = loads.get(version)
  if (load === undefined || offset < (gap.committed.get(version) ?? 0n)) return
  load.waiting += 1
  const at = new Date(Number(timestamp)).toISOString()
  if (load.oldest_waiting === undefined || at < load.oldest_waiting) load.oldest_waiting = at
}
