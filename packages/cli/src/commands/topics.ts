import { setTimeout as pause } from 'node:timers/promises'
import { parseTopic, topics } from '@prooftrail/contracts'
import type { Admin } from 'kafkajs'
import { CommandError } from '../fault.ts'
import { withAdmin } from '../kafka-client.ts'
import { mark, type Output } from '../output.ts'
import { stackAddresses } from './submit.ts'

/**
 * Partitions of the topics that a deployment has.
 * T1 A key's place changes as partitions are added: what was said before stays where it is. So nothing
 *    may lie unread for as long as a message waits for what it names (30 s): it would be met too late.
 * T2 All topics that may grow have the same number: what concerns one order meets in one process.
 * T3 Those whose order is what they are for have one partition, for ever.
 */

/** A topic that may have any number of partitions, with those that it has. */
interface Grown {
  topic: string
  partitions: number
}

/** What waits longer than this is read before topics grow: two thirds of what messages wait for each other. */
const SETTLED_WITHIN_MS = 20_000
const LED_WITHIN_MS = 60_000

/**
 * Gives every topic of the deployment as many partitions; services go on meanwhile.
 * @throws CommandError PT-8071 while something has waited for longer than 20 s; PT-8072 for a number
 *   that is none, or less than what a topic has
 */
export async function growTopics(wanted: string, out: Output): Promise<void> {
  const count = Number(wanted)
  const { kafka } = await stackAddresses()
  const grown = await withAdmin(kafka, 'prooftrail-deploy', async (admin) => {
    const found = await growableTopics(admin)
    const most = Math.max(...found.map(({ partitions }) => partitions))
    if (!Number.isSafeInteger(count) || count < most) {
      const why = `a topic has ${most} partitions, and none is ever taken away`
      throw new CommandError(
        'PT-8072',
        `it takes a number from ${most}, not '${wanted}': ${why}`,
        2,
      )
    }
    const short = found.filter(({ partitions }) => partitions < count)
    if (short.length > 0) {
      await requireSettled(admin)
      const topicPartitions = short.map(({ topic }) => ({ topic, count }))
      await admin.createPartitions({ topicPartitions, validateOnly: false })
      await untilLed(admin, short)
    }
    return short.map(({ topic }) => topic)
  })
  out.document({ partitions: count, grown })
  out.say(`${mark('ok')} ${grown.length} topics have ${count} partitions now`)
  if (grown.length > 0) out.say('  services take them up within a minute; nothing is restarted')
}

/** Topics with fewer partitions than others (T2), each with the command that mends it. */
export async function unevenTopics(admin: Admin): Promise<string[]> {
  const found = await growableTopics(admin)
  const most = Math.max(0, ...found.map(({ partitions }) => partitions))
  return found
    .filter(({ partitions }) => partitions < most)
    .map(({ topic, partitions }) => {
      const differs = `${partitions} partitions, others have ${most}`
      return `${topic}: ${differs}. Mend it with: prooftrail topics grow ${most}`
    })
}

/** T3 */
async function growableTopics(admin: Admin): Promise<Grown[]> {
  const names = (await admin.listTopics()).filter((topic) => {
    const known = parseTopic(topic)
    return known !== undefined && topics[known.name].partitions === undefined
  })
  const found = await admin.fetchTopicMetadata({ topics: names.sort() })
  return found.topics.map(({ name: topic, partitions }) => ({
    topic,
    partitions: partitions.length,
  }))
}

/** Brokers say that partitions are made before each has a leader. @throws CommandError PT-8005 */
async function untilLed(admin: Admin, all: readonly Grown[]): Promise<void> {
  const end = Date.now() + LED_WITHIN_MS
  for (const { topic } of all) {
    for (;;) {
      const why = await admin.fetchTopicOffsets(topic).then(() => undefined, String)
      if (why === undefined) break
      if (Date.now() > end)
        throw new CommandError(
          'PT-8005',
          `${topic} has its partitions, and no leader of all: ${why}`,
        )
      await pause(200)
    }
  }
}

/** T1: every group has committed what came until 20 s ago. @throws CommandError PT-8071 */
async function requireSettled(admin: Admin): Promise<void> {
  const until = Date.now() - SETTLED_WITHIN_MS
  const { groups } = await admin.listGroups()
  const ends = new Map<string, Promise<Map<number, bigint>>>()
  for (const { groupId } of groups.filter(({ groupId }) => groupId.startsWith('prooftrail.'))) {
    for (const { topic, partitions } of await admin.fetchOffsets({ groupId })) {
      const end = ends.get(topic) ?? endsAt(admin, topic, until)
      ends.set(topic, end)
      const known = await end
      for (const { partition, offset } of partitions) {
        const behind = (known.get(partition) ?? 0n) - BigInt(offset)
        if (offset === '-1' || behind <= 0n) continue
        const where = `${groupId} has ${behind} messages of ${topic}/${partition} before it`
        throw new CommandError('PT-8071', `${where} that came more than 20 s ago`, 1)
      }
    }
  }
}

/** The offset of the first message since then, by partition. */
async function endsAt(admin: Admin, topic: string, ms: number): Promise<Map<number, bigint>> {
  const found = await admin.fetchTopicOffsetsByTimestamp(topic, ms)
  return new Map(found.map(({ partition, offset }) => [partition, BigInt(offset)]))
}
