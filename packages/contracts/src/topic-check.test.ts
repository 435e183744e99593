import { expect, test } from 'vitest'
import { checkTopicsInUse, createTopics, diagnoseTopics, type TopicAdmin } from './topic-setup.ts'
import { topicFor } from './topics.ts'

const SUBMITTED = topicFor('work-order.submitted')
const LEDGER = topicFor('ledger.appended')

/** A cluster whose topics were made by the deploy step, and then changed. */
async function given(brokers = 1) {
  const topics = new Map<string, { config: Map<string, string>; replicas: number[][] }>()
  const admin: TopicAdmin = {
    listTopics: async () => [...topics.keys(), 'somebody.elses'],
    async createTopics(options) {
      for (const { topic, numPartitions, replicationFactor, configEntries } of options.topics) {
        const replicas = Array.from({ length: numPartitions }, () =>
          Array.from({ length: replicationFactor }, (_, n) => n + 1),
        )
        const config = new Map(configEntries.map(({ name, value }) => [name, value]))
        topics.set(topic, { config, replicas })
      }
      return true
    },
    describeCluster: async () => ({
      brokers: Array.from({ length: brokers }, (_, n) => ({ nodeId: n + 1 })),
    }),
    fetchTopicMetadata: async (options) => ({
      topics: options.topics.map((name) => ({
        name,
        partitions: (topics.get(name)?.replicas ?? []).map((replicas, partitionId) => ({
          partitionId,
          replicas,
        })),
      })),
    }),
    describeConfigs: async ({ resources }) => ({
      resources: resources.map(({ name }) => ({
        resourceName: name,
        configEntries: [...(topics.get(name)?.config ?? [])].map(([configName, configValue]) => ({
          configName,
          configValue,
        })),
      })),
    }),
  }
  await createTopics(admin, { partitions: 2 })
  const of = (topic: string) => {
    const found = topics.get(topic)
    if (!found) throw new Error(`no ${topic}`)
    return found
  }
  return { admin, topics, of }
}

const deploy = (admin: TopicAdmin) => createTopics(admin, { partitions: 2 })

test('what the deploy step made passes it again, a start and the doctor', async () => {
  for (const brokers of [1, 3]) {
    const { admin } = await given(brokers)
    await deploy(admin)
    await checkTopicsInUse(admin, ['work-order.submitted', 'ledger.appended'])
    expect(await diagnoseTopics(admin)).toEqual([])
  }
})

test.each([
  ['message.timestamp.type', 'CreateTime', 'LogAppendTime'],
  ['compression.type', 'producer', 'uncompressed'],
  ['cleanup.policy', 'compact', 'delete'],
  ['max.message.bytes', '1048588', '4194304'],
  ['retention.ms', '604800000', '-1'],
  ['retention.bytes', '1073741824', '-1'],
])('a topic whose %s is %s is refused everywhere, with what mends it', async (name, is, wanted) => {
  const { admin, of } = await given()
  of(SUBMITTED).config.set(name, is)
  const fault = {
    code: 'PT-9022',
    path: SUBMITTED,
    detail: `${name} is ${is}, not ${wanted}. Mend it with: kafka-configs.sh --bootstrap-server "$KAFKA_BROKERS" --alter --entity-type topics --entity-name ${SUBMITTED} --add-config ${name}=${wanted}`,
  }
  const refused = { code: 'PT-9022', faults: [fault] }
  await expect(deploy(admin)).rejects.toMatchObject(refused)
  await expect(checkTopicsInUse(admin, ['work-order.submitted'])).rejects.toMatchObject(refused)
  await expect(checkTopicsInUse(admin, ['result.produced'])).resolves.toBeUndefined()
  expect(await diagnoseTopics(admin)).toEqual([fault])
})

test('several differences of a topic have one command', async () => {
  const { admin, of } = await given()
  of(SUBMITTED).config.set('compression.type', 'zstd').set('retention.ms', '1')
  const [fault, ...more] = await diagnoseTopics(admin)
  expect(more).toEqual([])
  expect(fault?.detail).toMatch(/--add-config compression\.type=uncompressed,retention\.ms=-1$/)
})

test('fewer replicas, and fewer of them in sync, are refused by the deploy step; more are not', async () => {
  const { admin, of } = await given(3)
  const { config, replicas } = of(SUBMITTED)
  config.set('min.insync.replicas', '3')
  replicas[0] = [1, 2, 3, 4]
  await deploy(admin)
  config.set('min.insync.replicas', '1')
  replicas[1] = [2]
  const error = await deploy(admin).catch((thrown) => thrown)
  expect(error.faults).toHaveLength(2)
  const plan = `{"version":1,"partitions":[{"topic":"${SUBMITTED}","partition":1,"replicas":[2,1,3]}]}`
  expect(error.message).toContain(`1 replica, not 3`)
  expect(error.message).toContain(`--execute --reassignment-json-file <(echo '${plan}')`)
  expect(error.message).toContain('min.insync.replicas is 1, not 2')
  // a service starts: how durable facts are is the deployment's choice
  await checkTopicsInUse(admin, ['work-order.submitted'])
})

test('a ledger with other than one partition is refused everywhere', async () => {
  const { admin, of } = await given()
  of(LEDGER).replicas.push([1])
  await expect(deploy(admin)).rejects.toThrow(
    '2 partitions, not 1; partitions are never taken away',
  )
  await expect(checkTopicsInUse(admin, ['ledger.appended'])).rejects.toMatchObject({
    code: 'PT-9022',
  })
})

test('the doctor names topics that are missing, and looks at those of tools', async () => {
  const { admin, topics, of } = await given()
  topics.delete(SUBMITTED)
  const command = topicFor('execution.commanded', 'weather')
  topics.set(command, of(LEDGER))
  const found = await diagnoseTopics(admin)
  expect(found.map(({ path }) => path)).toEqual([SUBMITTED, command])
  expect(found[0]?.detail).toContain('prooftrail schemas register')
  expect(found[1]?.detail).toContain('retention.ms is -1, not 604800000')
})
