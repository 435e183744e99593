import { randomUUID } from 'node:crypto'
import type { Kafka, KafkaMessage } from 'kafkajs'

/** Where partitions end, as text: by topic and partition, the offset that comes next. */
export type Ends = ReadonlyMap<string, { topic: string; partition: number; offset: bigint }>

/** Where the partitions of these topics end now; of topics that are not there, nothing. */
export async function endsOf(kafka: Kafka, isAsked: (topic: string) => boolean): Promise<Ends> {
  const admin = kafka.admin()
  await admin.connect()
  try {
    const ends = new Map<string, { topic: string; partition: number; offset: bigint }>()
    for (const topic of (await admin.listTopics()).filter(isAsked)) {
      for (const { partition, high } of await admin.fetchTopicOffsets(topic)) {
        ends.set(placeOf(topic, partition), { topic, partition, offset: BigInt(high) })
      }
    }
    return ends
  } finally {
    await admin.disconnect()
  }
}

/**
 * Reads every message up to these ends, of topics at rest.
 * @param from offsets to begin at; what is not in it is read from its beginning
 */
export async function readTopics(
  kafka: Kafka,
  ends: Ends,
  told: (topic: string, message: KafkaMessage) => void,
  from: Ends = new Map(),
): Promise<void> {
  const first = (place: string) => from.get(place)?.offset ?? 0n
  const left = new Map([...ends].filter(([place, { offset }]) => offset > first(place)))
  if (left.size === 0) return
  const groupId = `bench-reader-${randomUUID()}`
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 100 })
  await consumer.connect()
  try {
    const topics = [...new Set([...left.values()].map(({ topic }) => topic))]
    await consumer.subscribe({ topics, fromBeginning: true })
    const begin = [...from.values()].filter(({ topic }) => topics.includes(topic))
    consumer.on(consumer.events.GROUP_JOIN, () => {
      for (const { offset, ...place } of begin) consumer.seek({ ...place, offset: `${offset}` })
    })
    await new Promise<void>((resolve, reject) => {
      consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error))
      const run = consumer.run({
        autoCommit: false,
        eachBatch: async ({ batch }) => {
          const { topic, partition, messages } = batch
          for (const message of messages) told(topic, message)
          const place = placeOf(topic, partition)
          if (BigInt(batch.lastOffset()) + 1n >= (ends.get(place)?.offset ?? 0n)) left.delete(place)
          if (left.size === 0) resolve()
        },
      })
      run.catch(reject)
    })
  } finally {
    await consumer.disconnect()
  }
}

function placeOf(topic: string, partition: number): string {
  return `${topic}/${partition}`
}
