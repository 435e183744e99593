import { randomUUID } from 'node:crypto'
import {
  checkResultContract,
  createToolTopic,
  type ExecutionCommand,
  type ExecutionProgressed,
  type Manifest,
  nameOfTopic,
  type ResultProduced,
  registerToolSubject,
  type TopicName,
  topicFor,
} from '@prooftrail/contracts'
import { connectHost, type Host, produce, type Running, readHostConfig } from '@prooftrail/runtime'
import {
  generateKeyPair,
  Link,
  type SigningKey,
  signingKeyFromJwk,
  workOrderId,
} from '@prooftrail/trail'
import { isRecordOf } from '@prooftrail/trail/encoding'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { exampleCommand } from './case-command.ts'
import { exampleManifest } from './example-tool.fixtures.ts'
import { startExecutor } from './service.ts'
import type { Execute } from './tool.ts'

const run = randomUUID().slice(0, 8)
const tool = `tool-${run}`
const manifest: Manifest = {
  ...exampleManifest,
  tool,
  limits: { heartbeat_seconds: 1, deadline_seconds: 60, max_attempts: 1 },
}
const heard: { name: TopicName | undefined; key: string; value: unknown }[] = []
const ends: (() => Promise<void>)[] = []
const runs = new Map<string, number>()
let host: Host
let executor: Running
let key: SigningKey

const execute: Execute = async (command, { heartbeat }) => {
  runs.set(command.work_order_id, (runs.get(command.work_order_id) ?? 0) + 1)
  if (command.requested_output === 'throw') throw new Error('boom')
  if (command.requested_output === 'slow') {
    heartbeat('half way', 50)
    await vi.waitFor(() => expect(said('execution.progressed', command)).toHaveLength(2), 10_000)
  }
  return {
    result_package: { answer: 42 },
    human_summary: 'Answered.',
    links: [
      { name: 'evidence_checklist', object: { checked: true } },
      { name: 'readiness_result', object: { ready: true } },
    ],
  }
}

beforeAll(async () => {
  const config = readHostConfig({
    ...process.env,
    MONGODB_DATABASE: `executor_${run}`,
    OPEN_ACCESS: '1',
    LOG_LEVEL: 'error',
  })
  host = await connectHost(config, 'executor-test')
  ends.unshift(() => host.close())
  ends.unshift(async () => void (await host.db.dropDatabase()))
  const admin = host.kafka.admin()
  await admin.connect()
  ends.unshift(() => admin.disconnect())
  await Promise.all([
    createToolTopic(admin, tool, { partitions: 2 }),
    registerToolSubject(config.registry, tool),
  ])
  const consumer = host.kafka.consumer({ groupId: `executor-test-${run}` })
  await consumer.connect()
  ends.unshift(() => consumer.disconnect())
  const names: TopicName[] = [
    'result.produced',
    'execution.progressed',
    'tool.announced',
    'tool.parked',
  ]
  await consumer.subscribe({ topics: names.map((name) => topicFor(name)), fromBeginning: false })
  await consumer.run({
    eachMessage: async ({ topic, message }) => {
      if (!message.value) return
      const value = await host.codec.decode(topic, message.value)
      heard.push({ name: nameOfTopic(topic), key: String(message.key), value })
    },
  })
  const { privateKey } = generateKeyPair()
  key = signingKeyFromJwk(privateKey, { party: tool, roles: ['executor'] })
  executor = await startExecutor(host, { manifest, execute, key, port: 0, forced: true })
  ends.unshift(() => executor.stop())
})
afterAll(async () => {
  for (const end of ends) await end()
})

function commandOf(job: string, more: Partial<ExecutionCommand> = {}): ExecutionCommand {
  const work_order_id = workOrderId(run, job)
  const deadline = new Date(Date.now() + 60_000).toISOString()
  const evidence = { first: { reference: 'a' }, second: { reference: 'b' } }
  return exampleCommand(manifest, { work_order_id, deadline, evidence, ...more })
}

async function command(object: ExecutionCommand): Promise<void> {
  const value = { object, after: [], key_id: 'k', signature: 's' }
  await produce(host, 'test', 'execution.commanded', value, { tool })
}

function said(name: TopicName, { work_order_id }: ExecutionCommand): unknown[] {
  const own = heard.filter((one) => one.name === name && one.key === work_order_id)
  return own.map(({ value }) => value)
}

async function resultOf(object: ExecutionCommand): Promise<ResultProduced> {
  return vi.waitFor(
    () => {
      const [value] = said('result.produced', object)
      if (value === undefined) throw new Error('no result was produced')
      // the topic's schema decoded it
      return value as ResultProduced
    },
    { timeout: 20_000, interval: 50 },
  )
}

describe('an executor on the real stack', () => {
  test('announces its tool, and says that it was forced', async () => {
    await vi.waitFor(() => {
      const value = expect.objectContaining({ tool, version: manifest.version, forced: true })
      expect(heard).toContainEqual({ name: 'tool.announced', key: tool, value })
    }, 20_000)
  })

  test('announces nothing that neither passed its suite nor is forced', async () => {
    const other: Manifest = { ...manifest, version: '9.0.0' }
    const silent = await startExecutor(host, { manifest: other, execute, key, port: 0 })
    ends.unshift(() => silent.stop())
    const loud: Manifest = { ...manifest, version: '9.0.1' }
    const checked = await startExecutor(host, {
      ...{ manifest: loud, execute, key, port: 0, checked: true },
    })
    ends.unshift(() => checked.stop())
    const versions = () =>
      heard.flatMap(({ name, value }) =>
        name === 'tool.announced' ? [String(Object(value).version)] : [],
      )
    // one partition per key: what was said before it was heard before it
    await vi.waitFor(() => expect(versions()).toContain('9.0.1'), 20_000)
    expect(versions()).not.toContain('9.0.0')
  })

  test('answers a command with one signed result, however often it is said', async () => {
    const order = commandOf('once')
    const next = commandOf('next')
    await command(order)
    await command(order)
    const { result_contract, links } = await resultOf(order)
    expect(checkResultContract(result_contract.object)).toEqual([])
    expect(result_contract.isSignedBy(key.privateKey)).toBe(true)
    expect(links).toHaveLength(2)
    await command({ ...order, manifest_version: '9.0.0' })
    await command(order)
    await command(next)
    await resultOf(next)
    await executor.idle()
    const results = said('result.produced', order).map((value) => JSON.stringify(value))
    expect(new Set(results).size).toBe(1)
    // Delivery is at least once, so the same may be heard again; an answer to each saying would be three.
    expect(results.length).toBeLessThan(3)
    expect(said('execution.progressed', order)).toEqual([])
    expect(runs.get(order.work_order_id)).toBe(1)
  })

  test('says that a long run goes on, in sequence', async () => {
    const order = commandOf('slow', { requested_output: 'slow' })
    await command(order)
    await resultOf(order)
    // the topic's schema decoded them
    const progress = said('execution.progressed', order) as ExecutionProgressed[]
    expect(progress.slice(0, 2)).toMatchObject([
      { sequence: 1, state: 'started', note: 'half way', percent: 50 },
      { sequence: 2, state: 'running' },
    ])
    expect(runs.get(order.work_order_id)).toBe(1)
  })

  test('a throw becomes a failed, complete contract with a ticket, after its runs', async () => {
    const order = commandOf('throw', { requested_output: 'throw' })
    await command(order)
    const { result_contract, links } = await resultOf(order)
    expect(checkResultContract(result_contract.object)).toEqual([])
    expect(result_contract.object).toMatchObject({
      result_status: 'failed',
      exceptions: [{ exception_type: 'tool_execution_pause' }],
    })
    expect(links).toHaveLength(2)
    expect(runs.get(order.work_order_id)).toBe(3)
  })

  test('a command under a wrong key is parked', async () => {
    const order = commandOf('wrong')
    const wire = { object: order, after: [], key_id: 'k', signature: 's' }
    const value = Link.fromWire('execution_command', wire)
    const bytes = host.codec.encode('execution.commanded', value, tool)
    await host.producer.send({
      topic: topicFor('execution.commanded', tool),
      messages: [{ key: 'wo_other', value: bytes }],
    })
    await vi.waitFor(() => {
      const parked = heard.filter(({ name }) => name === 'tool.parked').map(({ value }) => value)
      expect(parked).toContainEqual(
        expect.objectContaining({ tool, reason_code: 'PT-3001', key_id: key.key_id }),
      )
      expect(parked.every((one) => isRecordOf(Object(one), key.privateKey))).toBe(true)
    }, 20_000)
  })
})
