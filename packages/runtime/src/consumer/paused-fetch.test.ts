import { createRequire } from 'node:module'
import { expect, test } from 'vitest'
import { fetchPausedSoon, PAUSED_WAIT_MS } from './paused-fetch.ts'

// kafkajs's own class, without types
const ConsumerGroup = createRequire(import.meta.url)('kafkajs/src/consumer/consumerGroup')

/** kafkajs's group on a broker that is played; what each fetch asked for. */
function aGroup() {
  const asked: { maxWaitTime: number; topics: unknown }[] = []
  const cluster = {
    refreshMetadataIfNecessary: async () => undefined,
    findTopicPartitionMetadata: () => [0, 1].map((partitionId) => ({ partitionId, leader: 1 })),
    findLeaderForPartitions: () => ({ 1: [0, 1] }),
    findBroker: async () => ({
      fetch: async (request: (typeof asked)[number]) => {
        asked.push(request)
        return { responses: [] }
      },
    }),
  }
  const quiet = () => undefined
  const logger: object = { namespace: () => logger, debug: quiet, info: quiet }
  const group = new ConsumerGroup({
    ...{ cluster, logger, retry: {}, topics: ['a'], topicConfigurations: { a: {} } },
    ...{ groupId: 'g', assigners: [], maxWaitTimeInMs: 500, instrumentationEmitter: null },
  })
  group.checkForStaleAssignment = () => undefined
  group.subscriptionState.assign([{ topic: 'a', partitions: [0, 1] }])
  group.offsetManager = {
    resolveOffsets: async () => undefined,
    committedOffsets: () => ({ a: { 0: '0', 1: '0' } }),
    nextOffset: () => 0,
  }
  return { group, asked }
}

test('a fetch that leaves a paused partition out waits for others only briefly', async () => {
  fetchPausedSoon()
  const { group, asked } = aGroup()
  await group.fetch('1')
  group.pause([{ topic: 'a', partitions: [0] }])
  await group.fetch('1')
  group.resume([{ topic: 'a', partitions: [0] }])
  await group.fetch('1')
  expect(asked.map(({ maxWaitTime }) => maxWaitTime)).toEqual([500, PAUSED_WAIT_MS, 500])
})
