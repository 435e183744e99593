import { randomUUID } from 'node:crypto'
import { topicFor } from '@prooftrail/contracts'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { SignedOrder } from '../toolkit/agent.ts'
import { startWorld, type TestWorld } from '../world.ts'

const TOPIC = topicFor('work-order.submitted')
const GROUP = 'prooftrail.intake'
/** A broker of ours ends a transaction this late at most, once its time is over. */
const LATE_MS = 10_000

let world: TestWorld
beforeAll(async () => {
  // the door sheds as it does by default
  world = await startWorld({ env: { INTAKE_MAX_WAIT_SECONDS: '10' } })
})
afterAll(() => world?.stop())

/** A producer as an agent's framework configures it. */
async function aProducer(transactionTimeout: number) {
  const transactionalId = `agent-${randomUUID()}`
  const producer = world.kafka.producer({
    ...{ transactionalId, transactionTimeout },
    ...{ maxInFlightRequests: 1, idempotent: true },
  })
  onTestFinished(() => producer.disconnect())
  await producer.connect()
  return producer
}

/** The order as a message of partition 0. */
function inPartition(order: SignedOrder) {
  const value = world.codec.encode('work-order.submitted', order)
  const messages = [{ key: order.object.work_order_id, value, partition: 0 }]
  return { topic: TOPIC, acks: -1, messages }
}

async function gauge(name: string): Promise<number> {
  const text = await (await fetch(`${world.url('intake')}/metrics`)).text()
  const [, value] = new RegExp(`^prooftrail_${name}\\{[^}]*\\} (\\S+)$`, 'm').exec(text) ?? []
  return Number(value)
}

/** Resolves when intake's offsets stand at the end of every partition, and nobody waits. */
async function caughtUp(): Promise<void> {
  await world.until('offsets behind the ends of transactions', async () => {
    const [group] = await world.admin.fetchOffsets({ groupId: GROUP, topics: [TOPIC] })
    const committed = new Map(group?.partitions.map((one) => [one.partition, one.offset]))
    const ends = await world.admin.fetchTopicOffsets(TOPIC)
    const isAt = ends.every(({ partition, high, low }) =>
      high === low ? true : committed.get(partition) === high,
    )
    return isAt || undefined
  })
  await world.until('nobody to wait', async () => {
    const waits = await gauge('admission_wait_seconds')
    const closed = await gauge('admission_closed_seconds')
    return (waits === 0 && closed === 0) || undefined
  })
}

const isAccepted = ({ object }: SignedOrder) =>
  world.heard('work-order.accepted', object.work_order_id).length > 0

describe('given an agent whose producer is transactional', () => {
  test('when it commits, then the order is carried out and the door stays open to all', async () => {
    const agent = await world.newAgent('commits')
    const order = agent.order()
    const transaction = await (await aProducer(30_000)).transaction()
    await transaction.send(inPartition(order))
    await transaction.commit()
    expect((await world.trailOf(order.object.work_order_id)).verdict.verdict).toBe('ready')
    await caughtUp()
    expect((await world.post(agent.order())).status).toBe(202)
  })

  test('when it aborts, then the order is never carried out, and the door stays open', async () => {
    const agent = await world.newAgent('aborts')
    const orders = Array.from({ length: 5 }, () => agent.order())
    const transaction = await (await aProducer(30_000)).transaction()
    for (const order of orders) await transaction.send(inPartition(order))
    await transaction.abort()
    await caughtUp()
    const plain = agent.order()
    await world.producer.send(inPartition(plain))
    await world.trailOf(plain.object.work_order_id)
    expect(orders.filter(isAccepted)).toEqual([])
    expect((await world.post(agent.order())).status).toBe(202)
  })

  test('when it never ends one, then the broker does, and what stands behind it is decided', async () => {
    const agent = await world.newAgent('hangs')
    const [hanging, behind] = [agent.order(), agent.order()]
    const timeout = 2_000
    const transaction = await (await aProducer(timeout)).transaction()
    await transaction.send(inPartition(hanging))
    const at = Date.now()
    await world.producer.send(inPartition(behind))
    await world.until(
      'the order behind it',
      () => isAccepted(behind) || undefined,
      timeout + LATE_MS,
    )
    expect(Date.now() - at).toBeLessThan(timeout + LATE_MS)
    await world.trailOf(behind.object.work_order_id)
    await caughtUp()
    expect(isAccepted(hanging)).toBe(false)
  })

  test('when it wants to keep one open for longer than a minute, then the broker refuses it', async () => {
    const producer = await aProducer(60_001)
    await expect(producer.transaction()).rejects.toThrow('transaction timeout is larger')
  })
})
