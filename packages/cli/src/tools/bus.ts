import { randomUUID } from 'node:crypto'
import { nameOfTopic, type TopicName } from '@prooftrail/contracts'
import type { Host } from '@prooftrail/runtime'
import { CommandError } from '../fault.ts'

/** One message as it was read. */
export interface Heard {
  name: TopicName
  topic: string
  key: string
  /** Decoded by its writer's schema. */
  value: unknown
  bytes: Buffer
}

/** Listens to topics from where it was opened; misses nothing that is written after that. */
export interface Listener {
  /** Resolves with the first message, old or new, that is looked for. @throws CommandError PT-8005 */
  find(what: string, looked: (heard: Heard) => boolean, timeoutMs?: number): Promise<Heard>
  /** All that was heard so far. */
  all(looked: (heard: Heard) => boolean): Heard[]
  /** Resolves when everything that the topics hold now was heard. */
  caughtUp(): Promise<void>
  close(): Promise<void>
}

const PATIENCE_MS = 60_000

export async function listen(host: Host, topics: readonly string[]): Promise<Listener> {
  const groupId = `prooftrail.tools.${randomUUID()}`
  const admin = host.kafka.admin()
  const consumer = host.kafka.consumer({ groupId, allowAutoTopicCreation: false })
  const heard: Heard[] = []
  const wakes = new Set<() => void>()
  const next = new Map<string, bigint>()
  await Promise.all([admin.connect(), consumer.connect()])
  const ends = async () => {
    const all = await Promise.all(
      topics.map(async (topic) =>
        (await admin.fetchTopicOffsets(topic)).map((one) => ({ topic, ...one })),
      ),
    )
    return all.flat()
  }
  const from = await ends()
  for (const { topic, partition, high } of from) next.set(`${topic}/${partition}`, BigInt(high))
  await consumer.subscribe({ topics: [...topics], fromBeginning: false })
  await consumer.run({
    eachMessage: async ({ topic, partition, message }) => {
      const name = nameOfTopic(topic)
      next.set(`${topic}/${partition}`, BigInt(message.offset) + 1n)
      if (name !== undefined && message.value !== null) {
        const value = await host.codec.decode(topic, message.value)
        heard.push({ name, topic, key: String(message.key), value, bytes: message.value })
      }
      for (const wake of wakes) wake()
    },
  })
  for (const { topic, partition, high } of from) consumer.seek({ topic, partition, offset: high })

  /** Asks again after every message until the answer is there. */
  async function until<T>(
    what: string,
    ask: () => T | undefined,
    timeoutMs = PATIENCE_MS,
  ): Promise<T> {
    let wake = () => {}
    try {
      return await new Promise<T>((resolve, reject) => {
        const timer = setTimeout(() => {
          reject(new CommandError('PT-8005', `${what} did not come in ${timeoutMs / 1000} s`))
        }, timeoutMs)
        wake = () => {
          const answer = ask()
          if (answer === undefined) return
          clearTimeout(timer)
          resolve(answer)
        }
        wakes.add(wake)
        wake()
      })
    } finally {
      wakes.delete(wake)
    }
  }

  return {
    find: (what, looked, timeoutMs) => until(what, () => heard.find(looked), timeoutMs),
    all: (looked) => heard.filter(looked),
    async caughtUp() {
      const goal = await ends()
      const isThere = () =>
        goal.every(
          ({ topic, partition, high }) => (next.get(`${topic}/${partition}`) ?? 0n) >= BigInt(high),
        )
      await until('the end of the topics', () => (isThere() ? true : undefined))
    },
    async close() {
      await consumer.disconnect()
      await admin.deleteGroups([groupId]).catch(() => undefined)
      await admin.disconnect()
    },
  }
}
