import { createHash, randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import {
  type Codec,
  type EventTypes,
  nameOfTopic,
  TOPIC_NAMES,
  type TopicName,
  topicFor,
  topics,
} from '@prooftrail/contracts'
import type { Kafka } from 'kafkajs'
import { until } from './until.js'

/** One event as it stands on its topic. */
export interface Heard<N extends TopicName = TopicName> {
  name: N
  key: string
  /** RFC 3339, broker append time. */
  at: string
  /** The same for the same bytes. */
  bytes: string
  value: EventTypes[N]
}

/** Everything that services say, kept as it comes. */
export interface Listener {
  heard<N extends TopicName>(name: N, key?: string): Heard<N>[]
  stop(): Promise<void>
}

/** Where each partition of these topics ends now. */
async function endsOf(kafka: Kafka, names: readonly TopicName[]) {
  const admin = kafka.admin()
  await admin.connect()
  try {
    const all = await Promise.all(
      names.map(async (name) => {
        const topic = topicFor(name)
        // a broker of several that has not heard of a new topic yet tells of no partition
        const partitions = await until(`end of ${topic}`, () =>
          admin.fetchTopicOffsets(topic).catch(() => undefined),
        )
        return partitions.map(({ partition, high }) => ({ topic, partition, offset: high }))
      }),
    )
    return all.flat()
  } finally {
    await admin.disconnect()
  }
}

/**
 * Listens to every topic that services write. Resolves when it has joined: all that is said from the
 * call on is heard. What other files of the same deployment said before, by the ten thousand, is not.
 */
export async function startListener(kafka: Kafka, codec: Codec): Promise<Listener> {
  // what executors set aside stands on a topic that anybody may write
  const isHeard = (name: TopicName) => !topics[name].public || name === 'tool.parked'
  const names = TOPIC_NAMES.filter((name) => isHeard(name) && !topics[name].per_tool)
  const heard = new Map<TopicName, Heard[]>(names.map((name) => [name, []]))
  const ends = await endsOf(kafka, names)
  const consumer = kafka.consumer({ groupId: `listener-${randomUUID()}`, maxWaitTimeInMs: 100 })
  await consumer.connect()
  await consumer.subscribe({ topics: names.map((name) => topicFor(name)), fromBeginning: true })
  const joined = new Promise<void>((resolve) => {
    const remove = consumer.on(consumer.events.GROUP_JOIN, () => {
      // joining again goes on where it was
      remove()
      for (const end of ends) consumer.seek(end)
      resolve()
    })
  })
  /** Undefined for what an outsider wrote that is no message. */
  const decoded = async (topic: string, value: Buffer): Promise<unknown> => {
    try {
      return await codec.decode(topic, value)
    } catch (error) {
      if (topic === topicFor('tool.parked')) return undefined
      throw error
    }
  }
  const run = () =>
    consumer.run({
      partitionsConsumedConcurrently: 8,
      eachMessage: async ({ topic, message: { key, value, timestamp } }) => {
        const name = nameOfTopic(topic)
        if (!name || !value) return
        const read = await decoded(topic, value)
        if (read === undefined) return
        heard.get(name)?.push({
          name,
          key: String(key ?? ''),
          at: new Date(Number(timestamp)).toISOString(),
          // a digest: of hours of load all bytes would fill the memory
          bytes: createHash('sha256').update(value).digest('base64'),
          // the codec decodes a topic's value to the type of its name
          value: read as EventTypes[typeof name],
        })
      },
    })
  let isOver = false
  // a run that cannot begin is a crash, too
  const again = () => consumer.connect().then(run, run)
  // what brought down all brokers for a while ends kafkajs's consumer for good, and not the test's
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    if (!payload.restart && !isOver) void pause(1_000).then(again)
  })
  await run()
  await joined
  return {
    heard<N extends TopicName>(name: N, key?: string) {
      const all = heard.get(name)
      if (!all) throw new RangeError(`nobody listens to ${name}`)
      // kept by name, so every entry of the list is of that name
      const own = all as unknown as Heard<N>[]
      return key === undefined ? [...own] : own.filter((one) => one.key === key)
    },
    stop() {
      isOver = true
      return consumer.disconnect()
    },
  }
}
