import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Admin, Kafka, logLevel } from 'kafkajs'
import { expect, onTestFinished, test, vi } from 'vitest'
import { startStack } from './start-stack.ts'

const TOPIC = 'prooftrail.kept.v1'

test('given three brokers, then every message is on all, one may be away, and two that are away stop writing', async () => {
  const dataDir = await realpath(await mkdtemp(join(tmpdir(), 'prooftrail-test-')))
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }))
  const stack = await startStack({ dataDir, source: 'embedded', cluster: true })
  onTestFinished(() => stack.stop())
  const { brokers } = stack.kafka
  expect(new Set(brokers).size).toBe(3)
  expect(stack.parts?.brokers.length).toBe(3)
  await expect(startStack({ dataDir, source: 'embedded' })).rejects.toMatchObject({
    code: 'STACK_ALREADY_RUNNING',
  })
  const kafka = new Kafka({ brokers, logLevel: logLevel.NOTHING })
  const admin = kafka.admin()
  await admin.connect()
  onTestFinished(() => admin.disconnect())
  const configEntries = [{ name: 'min.insync.replicas', value: '2' }]
  await admin.createTopics({ topics: [{ topic: TOPIC, numPartitions: 1, configEntries }] })
  await vi.waitFor(async () => expect((await inSync(admin)).length).toBe(3), 30_000)

  const producer = kafka.producer({ retry: { retries: 1 } })
  await producer.connect()
  onTestFinished(() => producer.disconnect())
  const write = (value: string) =>
    producer.send({ topic: TOPIC, acks: -1, timeout: 2_000, messages: [{ value }] })
  await stack.parts?.brokers[1]?.kill('SIGKILL')
  await vi.waitFor(() => write('with two'), 30_000)
  await stack.parts?.brokers[2]?.kill('SIGKILL')
  await expect(write('with one')).rejects.toThrow()
  await Promise.all([stack.parts?.brokers[1]?.restart(), stack.parts?.brokers[2]?.restart()])
  await vi.waitFor(async () => expect((await inSync(admin)).length).toBe(3), 60_000)
  await vi.waitFor(() => write('with three'), 30_000)

  await stack.stop()
  // what three brokers hold is no single broker's
  await expect(startStack({ dataDir, source: 'embedded' })).rejects.toMatchObject({
    code: 'STACK_BROKERS_DIFFER',
  })
}, 240_000)

async function inSync(admin: Admin): Promise<number[]> {
  const { topics } = await admin.fetchTopicMetadata({ topics: [TOPIC] })
  return topics[0]?.partitions[0]?.isr ?? []
}
