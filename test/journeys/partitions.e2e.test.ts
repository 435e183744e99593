import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TopicName, topicFor } from '@prooftrail/contracts'
import type { Admin } from 'kafkajs'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import type { SignedOrder } from '../toolkit/agent.ts'
import { openServersOfItsOwn } from '../toolkit/servers.ts'
import { settled } from '../toolkit/settle.ts'
import { prooftrail, prooftrailJson } from '../tools/prooftrail.ts'
import type { FrozenMessage } from '../upgrade/release.ts'
import { readWholeTopics } from '../upgrade/whole-topics.ts'
import { type RegisteredAgent, startWorld, type TestWorld } from '../world.ts'

/**
 * Partitions are added while orders flow: nothing is lost, said twice, or said out of order of its
 * document, and each order is sealed, charged and delivered once.
 */

const BEFORE = 4
const AFTER = 7
/** Topics that each order passes, with how often: its receiver fails at first, so its trail has a revision. */
const PASSED = {
  ...{ 'work-order.accepted': 1, 'credits.held': 1, 'result.accepted': 1 },
  ...{ 'usage-receipt.issued': 1, 'callback.attempted': 2, 'trail.attested': 2 },
} as const
const PASSED_NAMES = Object.keys(PASSED) as (keyof typeof PASSED)[]
const EVERY_MS = 400

let close: () => Promise<void>
let world: TestWorld
let agent: RegisteredAgent
const dir = mkdtempSync(join(tmpdir(), 'prooftrail-partitions-'))
beforeAll(async () => {
  close = await openServersOfItsOwn()
  world = await startWorld()
  const failed = new Set<string | undefined>()
  const callbacks = world.receiver.address(({ headers: { 'webhook-id': id } }) => {
    const status = failed.has(id) ? 204 : 500
    failed.add(id)
    return { status }
  })
  agent = await world.newAgent('grower', { callbacks })
})
afterAll(async () => {
  await world?.stop()
  await close?.()
  rmSync(dir, { recursive: true })
})

/** Orders that are placed one after the other until it is stopped. */
function flow() {
  const placed: SignedOrder[] = []
  let isOver = false
  const run = async () => {
    while (!isOver) {
      const order = agent.order()
      const { status } = await world.post(order)
      expect(status).toBe(202)
      placed.push(order)
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS))
    }
  }
  const running = run()
  // whoever waits for more orders hears at once why there are none
  running.catch(() => undefined)
  return {
    placed,
    stop: async () => {
      isOver = true
      await running
      return placed.map(({ object }) => object.work_order_id)
    },
  }
}

/** Asks over a connection of its own: one that stays knows topics as they were. */
async function asking<T>(ask: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = world.kafka.admin()
  await admin.connect()
  try {
    return await ask(admin)
  } finally {
    await admin.disconnect()
  }
}

/** Where each partition ends. */
const endOf = async (topic: string, admin: Admin) =>
  (await admin.fetchTopicOffsets(topic)).map(({ high }) => Number(high))

/** Of each document what it said on each topic, in the order of the brokers' times. */
function saidBy(messages: readonly FrozenMessage[]): Map<string, number[]> {
  const said = new Map<string, number[]>()
  for (const { topic, headers, key } of messages) {
    const { ce_source: source, ce_sequence: sequence } = headers
    if (sequence === undefined || source === undefined) continue
    const document = `${topic} ${source} ${key}`
    said.set(document, [...(said.get(document) ?? []), Number(sequence)])
  }
  return said
}

/** Whether what was said of a document on a topic stands in two of its partitions. */
function isSplit(messages: readonly FrozenMessage[], topic: string, key: unknown): boolean {
  const own = messages.filter((one) => one.topic === topic && one.key === key)
  return new Set(own.map(({ partition }) => partition)).size > 1
}

test('given topics that differ, then doctor says so, and how it is mended', async () => {
  const topic = topicFor('result.accepted')
  const topicPartitions = [{ topic, count: BEFORE + 1 }]
  await world.admin.createPartitions({ topicPartitions, validateOnly: false })
  const { stdout } = await prooftrail(dir, '--json', 'doctor')
  const { topics } = JSON.parse(stdout)
  expect(topics.uneven).toContain(
    `${topicFor('credits.held')}: 4 partitions, others have 5. Mend it with: prooftrail topics grow 5`,
  )
  const fewer = await prooftrail(dir, 'topics', 'grow', String(BEFORE))
  expect(fewer).toMatchObject({ exit: 2 })
  expect(fewer.stderr).toContain('PT-8072')
})

test('given a group that lies behind, then no topic grows', async () => {
  const topic = topicFor('task.moved')
  await world.producer.send({ topic, acks: -1, messages: [{ key: 'x', value: 'unread' }] })
  const consumer = world.kafka.consumer({ groupId: 'prooftrail.behind' })
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  const joined = new Promise<void>((resolve) => {
    consumer.on(consumer.events.GROUP_JOIN, () => resolve())
  })
  await consumer.run({ autoCommit: false, eachMessage: async () => undefined })
  await joined
  const ends = await asking((admin) => endOf(topic, admin))
  await consumer.commitOffsets(ends.map((_, partition) => ({ topic, partition, offset: '0' })))
  await world.until('20 seconds', async () => {
    const found = await world.admin.fetchTopicOffsetsByTimestamp(topic, Date.now() - 20_000)
    return found.some(({ offset }) => Number(offset) > 0) || undefined
  })
  const refused = await prooftrail(dir, 'topics', 'grow', String(AFTER))
  expect(refused).toMatchObject({ exit: 1 })
  expect(refused.stderr).toContain('PT-8071')
  expect(refused.stderr).toContain(`prooftrail.behind has 1 messages of ${topic}/`)
  expect(await asking((admin) => endOf(topic, admin))).toHaveLength(BEFORE)
  await consumer.disconnect()
  await world.admin.deleteGroups(['prooftrail.behind'])
}, 120_000)

test('given orders that flow, when all topics grow, then each order goes through once and in order', async () => {
  const orders = flow()
  onTestFinished(() => void orders.stop().catch(() => undefined))
  await world.until('some sealed', () =>
    world.heard('trail.attested').length >= 5 ? true : undefined,
  )
  const grown = await prooftrailJson<{ grown: string[] }>(dir, 'topics', 'grow', String(AFTER))
  expect(grown.grown).toContain('prooftrail.execution.commanded.tokenops.v1')
  expect(grown.grown).not.toContain(topicFor('ledger.appended'))
  const atGrowth = orders.placed.length
  await world.until(
    'new partitions that are written to',
    async () => {
      const ends = await asking((admin) =>
        Promise.all(PASSED_NAMES.map((name) => endOf(topicFor(name), admin))),
      )
      const isWritten = ends.every((one) => one.slice(BEFORE + 1).some((high) => high > 0))
      return isWritten && orders.placed.length > atGrowth + 20 ? true : undefined
    },
    180_000,
  )
  const ids = await orders.stop()
  for (const id of ids) await world.trailOf(id, 1)
  await asking((admin) => settled(admin, 120_000))

  const messages = await asking((admin) => readWholeTopics(world.kafka, admin))
  const of = (name: TopicName) =>
    messages
      .filter(({ topic }) => topic === topicFor(name))
      .map(({ key }) => Buffer.from(String(key), 'base64').toString())
      .filter((key) => ids.includes(key))
      .sort()
  for (const [name, times] of Object.entries({ ...PASSED, 'ledger.appended': 2 })) {
    const all = ids.flatMap((id) => Array.from({ length: times }, () => id))
    expect([name, of(name as TopicName)]).toEqual([name, all.sort()])
  }
  const moved = messages.filter(({ topic, key }) => isSplit(messages, topic, key))
  expect(moved.length).toBeGreaterThan(0)
  for (const [document, sequences] of saidBy(messages)) {
    expect([document, sequences]).toEqual([document, [...sequences].sort((a, b) => a - b)])
  }
  expect(of('parked')).toEqual([])
  expect(agent.callbacks.received).toHaveLength(2 * ids.length)
  const { stdout } = await prooftrail(dir, '--json', 'doctor')
  expect(JSON.parse(stdout).topics).toEqual({ ready: true, detail: [] })
}, 420_000)
