import { topicFor } from '@prooftrail/contracts'
import { CompressionCodecs, CompressionTypes } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type RegisteredAgent, startWorld, type TestWorld } from '../../world.ts'

const TOPIC = topicFor('work-order.submitted')

let world: TestWorld
let agent: RegisteredAgent
beforeAll(async () => {
  world = await startWorld()
  agent = await world.newAgent('compressing')
})
afterAll(() => world?.stop())

describe('given a producer that compresses', () => {
  test.each([
    ['gzip', CompressionTypes.GZIP],
    ['snappy, which our client cannot read', CompressionTypes.Snappy],
  ])('when an order comes by %s, then it goes through', async (_, compression) => {
    useSnappy()
    const order = agent.order()
    const value = world.codec.encode('work-order.submitted', order)
    const messages = [{ key: order.object.work_order_id, value, partition: 0 }]
    await world.producer.send({ topic: TOPIC, acks: -1, compression, messages })
    expect((await world.trailOf(order.object.work_order_id)).verdict.verdict).toBe('ready')
  })

  test('when a message is small as sent and large as read, then the broker refuses it and its partition goes on', async () => {
    const bomb = { key: 'bomb', value: Buffer.alloc(40_000_000), partition: 1 }
    const sending = world.producer.send({
      topic: TOPIC,
      acks: -1,
      compression: CompressionTypes.GZIP,
      messages: [bomb],
    })
    await expect(sending).rejects.toMatchObject({ type: 'MESSAGE_TOO_LARGE' })
    const order = agent.order()
    const value = world.codec.encode('work-order.submitted', order)
    const messages = [{ key: order.object.work_order_id, value, partition: 1 }]
    await world.producer.send({ topic: TOPIC, acks: -1, messages })
    expect((await world.trailOf(order.object.work_order_id)).verdict.verdict).toBe('ready')
  })
})

/** Lets this process write snappy, and, like the services, not read it. */
function useSnappy(): void {
  const before = CompressionCodecs[CompressionTypes.Snappy]
  onTestFinished(() => {
    CompressionCodecs[CompressionTypes.Snappy] = before
  })
  CompressionCodecs[CompressionTypes.Snappy] = () => ({
    compress: async ({ buffer }: { buffer: Buffer }) => snappy(buffer),
    decompress: () => Promise.reject(new Error('nobody here reads snappy')),
  })
}

/** The framing of snappy-java with one block of literals: valid, and no smaller. */
function snappy(bytes: Buffer): Buffer {
  const header = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1])
  const literals: Buffer[] = [varint(bytes.length)]
  for (let at = 0; at < bytes.length; at += 60) {
    const part = bytes.subarray(at, at + 60)
    literals.push(Buffer.from([(part.length - 1) << 2]), part)
  }
  const block = Buffer.concat(literals)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(block.length)
  return Buffer.concat([header, length, block])
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128)
  return Buffer.from([...bytes, rest])
}
