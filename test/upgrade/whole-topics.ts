/** Whole topics, read from a broker and put on another one as they were. */
import { randomUUID } from 'node:crypto'
import type { Admin, Kafka } from 'kafkajs'
import type { FrozenMessage } from './release.ts'

/** Topics of the product among these with where each of their partitions ends. */
async function endsOf(admin: Admin, among?: readonly string[]): Promise<Map<string, bigint>> {
  const all = (await admin.listTopics()).filter((name) => name.startsWith('prooftrail.'))
  const topics = all.filter((name) => among?.includes(name) ?? true)
  const ends = new Map<string, bigint>()
  for (const topic of topics) {
    for (const { partition, high } of await admin.fetchTopicOffsets(topic)) {
      if (BigInt(high) > 0n) ends.set(`${topic}/${partition}`, BigInt(high))
    }
  }
  return ends
}

/**
 * Every message of every topic, in the order of their times. The topics are at rest.
 * @param among only of these topics
 */
export async function readWholeTopics(
  kafka: Kafka,
  admin: Admin,
  among?: readonly string[],
): Promise<FrozenMessage[]> {
  const ends = await endsOf(admin, among)
  if (ends.size === 0) return []
  const consumer = kafka.consumer({ groupId: `freeze-${randomUUID()}`, maxWaitTimeInMs: 100 })
  const messages: FrozenMessage[] = []
  await consumer.connect()
  try {
    const topics = [...new Set([...ends.keys()].map((place) => place.split('/')[0] ?? ''))]
    await consumer.subscribe({ topics, fromBeginning: true })
    await new Promise<void>((resolve, reject) => {
      consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error))
      const run = consumer.run({
        eachBatch: async ({ batch }) => {
          const { topic, partition, messages: read } = batch
          for (const { key, value, headers = {}, timestamp } of read) {
            messages.push({
              ...{ topic, partition, timestamp },
              key: key?.toString('base64') ?? null,
              value: value?.toString('base64') ?? null,
              headers: Object.fromEntries(
                Object.entries(headers).map(([name, text]) => [name, String(text)]),
              ),
            })
          }
          const place = `${topic}/${partition}`
          if (BigInt(batch.lastOffset()) + 1n >= (ends.get(place) ?? 0n)) ends.delete(place)
          if (ends.size === 0) resolve()
        },
      })
      run.catch(reject)
    })
  } finally {
    await consumer.disconnect()
  }
  return messages.sort((a, b) => Number(BigInt(a.timestamp) - BigInt(b.timestamp)))
}

/** Puts messages on their partitions under the times that they had. */
export async function writeWholeTopics(
  kafka: Kafka,
  admin: Admin,
  messages: readonly FrozenMessage[],
): Promise<void> {
  const topics = [...new Set(messages.map(({ topic }) => topic))]
  await stamp(admin, topics, 'CreateTime')
  const producer = kafka.producer({ allowAutoTopicCreation: false })
  await producer.connect()
  try {
    for (const message of messages) {
      const { topic, partition, timestamp, headers } = message
      const [key, value] = [message.key, message.value].map((text) =>
        typeof text === 'string' ? Buffer.from(text, 'base64') : null,
      )
      const put = { partition, timestamp, headers, key: key ?? null, value: value ?? null }
      await producer.send({ topic, acks: -1, messages: [put] })
    }
  } finally {
    await producer.disconnect()
  }
  await stamp(admin, topics, 'LogAppendTime')
}

/** Kafka's numbers of a topic as a resource, and of a setting that was made for one. */
const TOPIC = 2
const OF_THE_TOPIC = 1

/** Says whose time counts on these topics; the rest of what they are told stays. */
async function stamp(admin: Admin, topics: readonly string[], type: string): Promise<void> {
  const wanted = topics.map((name) => ({ type: TOPIC, name }))
  const { resources } = await admin.describeConfigs({ resources: wanted, includeSynonyms: false })
  await admin.alterConfigs({
    validateOnly: false,
    resources: resources.map(({ resourceName, configEntries }) => ({
      type: TOPIC,
      name: resourceName,
      configEntries: configEntries
        .filter(({ configSource }) => Number(configSource) === OF_THE_TOPIC)
        .map(({ configName, configValue }) => ({
          name: configName,
          value: configName === 'message.timestamp.type' ? type : configValue,
        })),
    })),
  })
}

/** Makes a group one that has read these topics to their ends. */
export async function commitEnds(
  kafka: Kafka,
  admin: Admin,
  groupId: string,
  topics: readonly string[],
): Promise<void> {
  if (topics.length === 0) return
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 100 })
  await consumer.connect()
  try {
    await consumer.subscribe({ topics: [...topics], fromBeginning: true })
    const joined = new Promise<void>((resolve) => {
      consumer.on(consumer.events.GROUP_JOIN, () => resolve())
    })
    await consumer.run({ autoCommit: false, eachBatch: async () => {} })
    await joined
    for (const topic of topics) {
      const ends = await admin.fetchTopicOffsets(topic)
      await consumer.commitOffsets(
        ends.map(({ partition, high }) => ({ topic, partition, offset: high })),
      )
    }
  } finally {
    await consumer.disconnect()
  }
}
