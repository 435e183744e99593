import { expect, test } from 'vitest'
import { createToolTopic, createTopics, type TopicAdmin } from './topic-setup.ts'
import { nameOfTopic, parseTopic, subjectFor, topicFor } from './topics.ts'

test('a topic is found by its event type and the other way round', () => {
  expect(topicFor('credits.held')).toBe('prooftrail.credits.held.v1')
  expect(topicFor('execution.commanded', 'tokenops')).toBe(
    'prooftrail.execution.commanded.tokenops.v1',
  )
  expect(subjectFor('parked')).toBe('prooftrail.parked.v1-value')
  expect(nameOfTopic('prooftrail.credits.held.v1')).toBe('credits.held')
  expect(parseTopic('prooftrail.execution.commanded.my_tool-2.v1')).toEqual({
    name: 'execution.commanded',
    tool: 'my_tool-2',
  })
})
test('foreign topics and tools that are none are told apart', () => {
  for (const topic of [
    'other',
    'prooftrail.execution.commanded.v1',
    'prooftrail.execution.commanded.A B.v1',
    'prooftrail.execution.commanded.<tool>.v1',
  ])
    expect(nameOfTopic(topic)).toBeUndefined()
  expect(() => topicFor('execution.commanded')).toThrow(RangeError)
  expect(() => topicFor('execution.commanded', '../x')).toThrow(RangeError)
  expect(() => topicFor('parked', 'tokenops')).toThrow(RangeError)
})

type Created = Parameters<TopicAdmin['createTopics']>[0]['topics'][number]

function adminOf(
  existing: Record<string, number>,
  brokers = 1,
): TopicAdmin & { created: Created[] } {
  const created: Created[] = []
  return {
    created,
    listTopics: async () => Object.keys(existing),
    createTopics: async (options) => created.push(...options.topics) > 0,
    describeCluster: async () => ({
      brokers: Array.from({ length: brokers }, (_, n) => ({ nodeId: n + 1 })),
    }),
    fetchTopicMetadata: async ({ topics }) => ({
      topics: topics.map((name) => ({
        name,
        partitions: Array.from(
          {
            length:
              existing[name] ?? created.find(({ topic }) => topic === name)?.numPartitions ?? 0,
          },
          (_, partitionId) => ({ partitionId, replicas: [1] }),
        ),
      })),
    }),
    describeConfigs: async () => ({ resources: [] }),
  }
}

test('given nothing, when topics are created, then each has the settings of the catalogue', async () => {
  const admin = adminOf({}, 3)
  await createTopics(admin, { partitions: 8 })
  const byName = new Map(
    admin.created.map((one) => [
      one.topic,
      {
        ...one,
        config: Object.fromEntries(one.configEntries.map(({ name, value }) => [name, value])),
      },
    ]),
  )
  expect(byName.get('prooftrail.ledger.appended.v1')?.numPartitions).toBe(1)
  expect(byName.get('prooftrail.work-order.submitted.v1')).toMatchObject({
    numPartitions: 8,
    replicationFactor: 3,
    config: {
      'compression.type': 'uncompressed',
      'max.message.bytes': '4194304',
      'message.timestamp.type': 'LogAppendTime',
      'min.insync.replicas': '2',
      'retention.ms': '-1',
      'cleanup.policy': 'delete',
    },
  })
  expect(byName.get('prooftrail.execution.progressed.v1')?.config['retention.ms']).toBe('604800000')
  expect(byName.get('prooftrail.agent.registered.v1')?.config['cleanup.policy']).toBe('compact')
  expect(byName.get('prooftrail.parked.v1')?.config['max.message.bytes']).toBe('8388608')
})
test.each([
  [1, 1],
  [2, 3],
  [3, 3],
  [5, 3],
])('given %i brokers that answer, then a topic gets %i replicas', async (brokers, replicas) => {
  const admin = adminOf({}, brokers)
  await createToolTopic(admin, 'weather', { partitions: 2 })
  expect(admin.created.map(({ replicationFactor }) => replicationFactor)).toEqual([replicas])
})
test('given what exists, when said again, then only the missing are created and the ledger is checked', async () => {
  const first = adminOf({})
  await createTopics(first, { partitions: 2 })
  const existing = Object.fromEntries(
    first.created.map(({ topic, numPartitions }) => [topic, numPartitions]),
  )
  const again = adminOf(existing)
  await createTopics(again, { partitions: 2 })
  expect(again.created).toEqual([])
  const wrong = adminOf({ ...existing, 'prooftrail.ledger.appended.v1': 2 })
  await expect(createTopics(wrong, { partitions: 2 })).rejects.toMatchObject({ code: 'PT-9022' })
})
test('a tool gets its own command topic', async () => {
  const admin = adminOf({})
  await createToolTopic(admin, 'weather', { partitions: 2 })
  expect(admin.created.map(({ topic }) => topic)).toEqual([
    'prooftrail.execution.commanded.weather.v1',
  ])
})
