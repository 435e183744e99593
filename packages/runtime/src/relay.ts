import type { Message, Producer } from 'kafkajs'
import type { Outgoing } from './store.ts'

/** Sends messages; answers the topics that could not take theirs. Throws when the broker is away. */
export type Publish = (messages: readonly Outgoing[]) => Promise<Set<string>>

/**
 * One produce request for all topics of the catalogue. A tool's own topics go apart: one missing
 * topic fails a whole batch, and a tool team's mistake must hold up its own orders only.
 */
export function makePublish(producer: Producer, isOfTool: (topic: string) => boolean): Publish {
  return async (messages) => {
    const byTopic = new Map<string, Message[]>()
    for (const { topic, key, value, headers } of messages) {
      const message = { key, value, headers }
      const list = byTopic.get(topic)
      if (list) list.push(message)
      else byTopic.set(topic, [message])
    }
    const core = [...byTopic].filter(([topic]) => !isOfTool(topic))
    const tools = [...byTopic].filter(([topic]) => isOfTool(topic))
    const failed = new Set<string>()
    await Promise.all([
      core.length > 0 && send(producer, core),
      ...tools.map(([topic, list]) =>
        send(producer, [[topic, list]]).catch(() => {
          failed.add(topic)
        }),
      ),
    ])
    return failed
  }
}

async function send(producer: Producer, batch: [string, Message[]][]): Promise<void> {
  await producer.sendBatch({
    acks: -1,
    topicMessages: batch.map(([topic, messages]) => ({ topic, messages })),
  })
}
