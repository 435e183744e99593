import { createToolTopic, diagnoseTopics, topicFor } from '@prooftrail/contracts'
import { ConfigResourceTypes } from 'kafkajs'
import { expect, it, onTestFinished } from 'vitest'
import { openWorld, until } from './real-toy.fixtures.ts'

const TOPIC = topicFor('funding.received')

/** The admin client, and what sets one setting of the topic; it is as it was when the test ends. */
async function given() {
  const world = await openWorld()
  const admin = world.host.kafka.admin()
  await admin.connect()
  onTestFinished(() => admin.disconnect())
  const set = async (name: string, value: string, topic = TOPIC) => {
    const { resources } = await admin.describeConfigs({
      resources: [{ type: ConfigResourceTypes.TOPIC, name: topic }],
      includeSynonyms: false,
    })
    // the request replaces all that a topic has of its own
    const own = (resources[0]?.configEntries ?? []).filter((one) => !one.isDefault)
    const entries = own.map(({ configName, configValue }) => ({
      name: configName,
      value: configName === name ? value : configValue,
    }))
    await admin.alterConfigs({
      validateOnly: false,
      resources: [{ type: ConfigResourceTypes.TOPIC, name: topic, configEntries: entries }],
    })
  }
  return { world, admin, set }
}

it('a service starts on topics as the deploy step makes them', async () => {
  const { world, admin } = await given()
  expect(await diagnoseTopics(admin)).toEqual([])
  await (await world.start()).stop()
})

it('a topic that lets producers say what time it is stops the start, with what mends it', async () => {
  const { world, set } = await given()
  const name = 'message.timestamp.type'
  onTestFinished(() => set(name, 'LogAppendTime'))
  await set(name, 'CreateTime')
  // the broker tells what was set a moment later
  await until(async () => {
    const started = await world.start().then(
      async (running) => {
        await running.stop()
        return 'started'
      },
      (error: Error) => error.message,
    )
    expect(started).toContain(
      `${name} is CreateTime, not LogAppendTime. Mend it with: kafka-configs`,
    )
  })
})

it('the deploy step of a tool refuses a topic that is there with other settings', async () => {
  const { admin, set, world } = await given()
  const tool = `t${world.name.slice(-8)}`
  await createToolTopic(admin, tool, { partitions: 1 })
  await createToolTopic(admin, tool, { partitions: 1 })
  const topic = topicFor('execution.commanded', tool)
  onTestFinished(() => admin.deleteTopics({ topics: [topic] }))
  await set('compression.type', 'zstd', topic)
  await until(() =>
    expect(createToolTopic(admin, tool, { partitions: 1 })).rejects.toThrow(
      'compression.type is zstd, not uncompressed',
    ),
  )
})
