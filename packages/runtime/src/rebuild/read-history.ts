import { randomUUID } from 'node:crypto'
import type { Kafka } from 'kafkajs'
import { MessageOrigin } from '../consumer/read-message.ts'

/** Where the partitions of topics begin and end now. */
export type Ends = ReadonlyMap<string, readonly { partition: number; low: bigint; high: bigint }[]>

/** Only what is there now is read; what is written meanwhile is not. @throws in an outage */
export async function endsOf(kafka: Kafka, topics: readonly string[]): Promise<Ends> {
  const admin = kafka.admin()
  await admin.connect()
  try {
    const ends = new Map<string, { partition: number; low: bigint; high: bigint }[]>()
    for (const topic of topics) {
      const partitions = await admin.fetchTopicOffsets(topic)
      ends.set(
        topic,
        partitions.map(({ partition, low, high }) => {
          return { partition, low: BigInt(low), high: BigInt(high) }
        }),
      )
    }
    return ends
  } finally {
    await admin.disconnect()
  }
}

/** About how many messages topics hold. @throws in an outage */
export async function countMessages(kafka: Kafka, topics: readonly string[]): Promise<number> {
  return countOf(await endsOf(kafka, topics))
}

/** How many offsets lie between them: about as many messages. */
export function countOf(ends: Ends): number {
  return [...ends.values()].flat().reduce((sum, { low, high }) => sum + Number(high - low), 0)
}

/**
 * Reads topics once, from their beginning to `ends`, partition by partition in order. Leaves no group
 * behind.
 * @throws what `each` throws, and in an outage
 */
export async function readHistory(
  kafka: Kafka,
  ends: Ends,
  each: (origin: MessageOrigin) => Promise<void> | void,
): Promise<void> {
  const open = new Map<string, bigint>()
  for (const [topic, partitions] of ends) {
    for (const { partition, low, high } of partitions) {
      if (high > low) open.set(`${topic}/${partition}`, high)
    }
  }
  if (open.size === 0) return
  const groupId = `prooftrail.rebuild.${randomUUID()}`
  const consumer = kafka.consumer({ groupId, allowAutoTopicCreation: false })
  await consumer.connect()
  try {
    await consumer.subscribe({ topics: [...ends.keys()], fromBeginning: true })
    await new Promise<void>((resolve, reject) => {
      const take = async (message: MessageOrigin) => {
        const end = open.get(`${message.topic}/${message.partition}`)
        if (end !== undefined && BigInt(message.offset) < end) await each(message)
      }
      consumer.on(consumer.events.CRASH, ({ payload }) => {
        if (!payload.restart) reject(payload.error)
      })
      consumer
        .run({
          autoCommit: false,
          eachBatchAutoResolve: false,
          eachBatch: async ({ batch, resolveOffset, heartbeat }) => {
            const { topic, partition } = batch
            for (const message of batch.messages) {
              try {
                await take(new MessageOrigin(topic, partition, message))
              } catch (error) {
                reject(error)
                return
              }
              resolveOffset(message.offset)
            }
            await heartbeat()
            // what ends of transactions and aborted records leave open ends with its batch
            const place = `${topic}/${partition}`
            const end = open.get(place)
            if (end !== undefined && BigInt(batch.lastOffset()) + 1n >= end) open.delete(place)
            if (open.size === 0) resolve()
          },
        })
        .catch(reject)
      for (const [topic, partitions] of ends) {
        for (const { partition, low } of partitions) {
          consumer.seek({ topic, partition, offset: String(low) })
        }
      }
    })
  } finally {
    await consumer.disconnect()
    await forget(kafka, groupId)
  }
}

async function forget(kafka: Kafka, groupId: string): Promise<void> {
  const admin = kafka.admin()
  await admin.connect()
  // an empty group that stays does no harm
  await admin.deleteGroups([groupId]).catch(() => undefined)
  await admin.disconnect()
}
