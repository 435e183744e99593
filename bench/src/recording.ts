import { type Codec, nameOfTopic, type TopicName, topicFor } from '@prooftrail/contracts'
import type { Kafka } from 'kafkajs'
import { WAY } from './flow.ts'

/** One message of a recorded order. */
export interface Recorded {
  name: TopicName
  value: unknown
  bytes: number
  headers: Record<string, string>
}

export const TOOL = 'tokenops'

/** The topic of a message of the way, as the product names it. */
export function wayTopic(name: TopicName): string {
  return topicFor(name, name === 'execution.commanded' ? TOOL : undefined)
}

/**
 * Records what one order says on the bus: `run` sends it and resolves when its trail is sealed.
 * @throws Error when the first or the last message is missing
 */
export async function recordOrder(
  kafka: Kafka,
  codec: Codec,
  run: () => Promise<string>,
): Promise<Recorded[]> {
  const messages: { key: string | undefined; recorded: Recorded }[] = []
  const consumer = kafka.consumer({ groupId: `bench-recorder-${Date.now()}` })
  await consumer.connect()
  try {
    await consumer.subscribe({ topics: WAY.map(wayTopic), fromBeginning: false })
    const joined = new Promise<void>((resolve) => {
      consumer.on(consumer.events.GROUP_JOIN, () => resolve())
    })
    await consumer.run({
      eachMessage: async ({ topic, message: { key, value, headers } }) => {
        const name = nameOfTopic(topic)
        if (name === undefined || value === null) return
        messages.push({
          key: key?.toString(),
          recorded: {
            name,
            value: await codec.decode(topic, value),
            bytes: value.length,
            headers: Object.fromEntries(
              Object.entries(headers ?? {}).map(([header, text]) => [header, String(text)]),
            ),
          },
        })
      },
    })
    await joined
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    const id = await run()
    // The seal is known here as soon as to the recorder: its last messages may still be under way.
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    const found = messages.filter(({ key }) => key === id).map(({ recorded }) => recorded)
    for (const name of ['work-order.submitted', 'trail.attested'] as const) {
      if (!found.some((one) => one.name === name)) throw new Error(`no ${name} was recorded`)
    }
    return found
  } finally {
    await consumer.disconnect()
  }
}
