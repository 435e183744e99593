import { type EventTypes, topicFor } from '@prooftrail/contracts'
import type { Transaction } from 'kafkajs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openWorld, until, type World } from '../real-toy.fixtures.ts'
import { funding } from '../rounds/toy.fixtures.ts'

const topic = topicFor('funding.received')
const PARTITION = 3
const END = Buffer.from([0, 0, 0, 0])

/** A transactional producer: writes fundings of the world into one partition. */
async function aProducer(world: World, name: string) {
  const producer = world.host.kafka.producer({
    transactionalId: `${world.name}-${name}`,
    maxInFlightRequests: 1,
    idempotent: true,
    transactionTimeout: 20_000,
  })
  onTestFinished(() => producer.disconnect())
  await producer.connect()
  const send = (via: Pick<Transaction, 'send'>, account: string, key?: Buffer) =>
    via.send({ topic, messages: [{ ...messageOf(world, account), ...(key ? { key } : {}) }] })
  return { begin: () => producer.transaction(), send }
}

function messageOf(world: World, account: string) {
  const value: EventTypes['funding.received'] = funding(world.account(account), '1', 10)
  return {
    key: world.account(account),
    value: world.host.codec.encode('funding.received', value),
    partition: PARTITION,
  }
}

/** What the group has committed on the partition, and where it ends for readers. */
async function standing(world: World): Promise<{ committed: string; end: string }> {
  const admin = world.host.kafka.admin()
  await admin.connect()
  try {
    const groupId = `prooftrail.${world.name}`
    const [group] = await admin.fetchOffsets({ groupId, topics: [topic] })
    const ends = await admin.fetchTopicOffsets(topic)
    const committed = group?.partitions.find(({ partition }) => partition === PARTITION)?.offset
    const end = ends.find(({ partition }) => partition === PARTITION)?.high
    return { committed: String(committed), end: String(end) }
  } finally {
    await admin.disconnect()
  }
}

const isReadUp = (world: World) =>
  until(async () => {
    const { committed, end } = await standing(world)
    expect(committed).toBe(end)
  })

const credits = async (world: World, account: string) => (await world.state(account))?.credits ?? 0

async function openToy() {
  const world = await openWorld()
  await world.host.codec.ready(['funding.received'])
  await world.start()
  return world
}

describe('transactions of those who write', () => {
  it('given a committed one, then it is read, and the offset stands behind its end', async () => {
    const world = await openToy()
    const { begin, send } = await aProducer(world, 'one')
    const transaction = await begin()
    await send(transaction, 'a')
    await transaction.commit()
    await until(async () => expect(await credits(world, 'a')).toBe(10))
    await isReadUp(world)
  })

  it('given nothing but an aborted one, then nothing of it is read, and the offset stands behind it', async () => {
    const world = await openToy()
    await isReadUp(world)
    const { begin, send } = await aProducer(world, 'one')
    const transaction = await begin()
    for (let n = 0; n < 5; n += 1) await send(transaction, 'a')
    await transaction.abort()
    await isReadUp(world)
    await world.host.producer.send({ topic, messages: [messageOf(world, 'b')] })
    await until(async () => expect(await credits(world, 'b')).toBe(10))
    expect(await credits(world, 'a')).toBe(0)
  })

  it('given two aborted at a time, and keys of an end in them, then none of both is read', async () => {
    const world = await openToy()
    const [one, two] = [await aProducer(world, 'one'), await aProducer(world, 'two')]
    const [first, second] = [await one.begin(), await two.begin()]
    await one.send(first, 'a')
    await two.send(second, 'b')
    await one.send(first, 'c')
    await two.send(second, 'd', END)
    await two.send(second, 'e')
    await second.abort()
    await one.send(first, 'f')
    await first.abort()
    await world.host.producer.send({ topic, messages: [messageOf(world, 'plain')] })
    await until(async () => expect(await credits(world, 'plain')).toBe(10))
    for (const account of ['a', 'b', 'c', 'd', 'e', 'f']) {
      expect({ account, credits: await credits(world, account) }).toEqual({ account, credits: 0 })
    }
    expect(world.parked()).toEqual([])
    await isReadUp(world)
  })

  it('given an open one, then other partitions go on, and its own when it ends', async () => {
    const world = await openToy()
    const { begin, send } = await aProducer(world, 'one')
    const transaction = await begin()
    await send(transaction, 'a')
    await world.host.producer.send({ topic, messages: [messageOf(world, 'behind')] })
    const elsewhere = { ...messageOf(world, 'elsewhere'), partition: PARTITION - 1 }
    await world.host.producer.send({ topic, messages: [elsewhere] })
    await until(async () => expect(await credits(world, 'elsewhere')).toBe(10))
    expect(await credits(world, 'behind')).toBe(0)
    await transaction.abort()
    await until(async () => expect(await credits(world, 'behind')).toBe(10))
    expect(await credits(world, 'a')).toBe(0)
    await isReadUp(world)
  })
})
