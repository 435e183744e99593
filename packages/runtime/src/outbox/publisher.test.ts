import { topicFor } from '@prooftrail/contracts'
import type { Producer } from 'kafkajs'
import { describe, expect, it } from 'vitest'
import type { Outgoing } from '../documents/document.ts'
import { OutboxPublisher, split } from './publisher.ts'

const receipts = topicFor('settlement-receipt.issued')
const commands = topicFor('execution.commanded', 'some_tool')

function outgoing(topic: string, n: number, bytes = 10): Outgoing {
  return { id: String(n), topic, key: `k${n}`, value: Buffer.alloc(bytes), headers: {} }
}

describe('publishing', () => {
  it('given more than a topic takes at once, then it goes out in several requests, in order', () => {
    const messages = Array.from({ length: 10 }, (_, n) => outgoing(receipts, n, 300_000))
    const batches = split([...messages, outgoing(topicFor('credits.held'), 99)])
    expect(batches.map((batch) => batch.get(receipts)?.length)).toEqual([3, 3, 3, 1])
    expect(batches[0]?.has(topicFor('credits.held'))).toBe(true)
    const keys = batches.flatMap((batch) => batch.get(receipts)?.map(({ key }) => key) ?? [])
    expect(keys).toEqual(messages.map(({ key }) => key))
  })

  it('given a tool’s topic that is missing, then it alone fails, and is not asked for again at once', async () => {
    const asked: string[][] = []
    // Only what publishing calls.
    const producer = {
      async sendBatch({ topicMessages }: { topicMessages: { topic: string }[] }) {
        const topics = topicMessages.map(({ topic }) => topic)
        asked.push(topics)
        if (topics.includes(commands)) {
          throw Object.assign(new Error('gone'), { type: 'UNKNOWN_TOPIC_OR_PARTITION' })
        }
        return []
      },
    } as unknown as Producer
    const publisher = new OutboxPublisher(producer, (topic) => topic === commands)
    const messages = [outgoing(commands, 1), outgoing(receipts, 2)]
    expect(await publisher.publish(messages)).toEqual(new Set([commands]))
    expect(await publisher.publish(messages)).toEqual(new Set([commands]))
    expect(asked.flat().filter((topic) => topic === commands)).toHaveLength(1)
  })

  it('given a broker that is away, then publishing fails, a tool’s topic too', async () => {
    const producer = {
      sendBatch: async () => Promise.reject(new Error('connection lost')),
    } as unknown as Producer
    const publisher = new OutboxPublisher(producer, (topic) => topic === commands)
    await expect(publisher.publish([outgoing(commands, 1)])).rejects.toThrow('connection lost')
  })
})
