import { topicFor } from '@prooftrail/contracts'
import type { EachBatchPayload } from 'kafkajs'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { Health } from '../health/health.ts'
import { makeMetrics } from '../metrics.ts'
import { jsonCodec } from '../rounds/fake-round.fixtures.ts'
import { funding } from '../rounds/toy.fixtures.ts'
import { BatchHandler } from './batch.ts'

const TOPIC = topicFor('funding.received')

/** What is handed on of fetches of so many messages, each from where the one before was left. */
async function taken(count: number, { patient = false, value = fundingOf }: Partial<Given> = {}) {
  const log = pino({ level: 'silent' })
  const metrics = makeMetrics('toy', false)
  const codec = jsonCodec()
  const sizes: number[] = []
  const parked: number[] = []
  const resolved: string[] = []
  let paused = 0
  const handler = new BatchHandler({
    ...{ metrics, log, reader: { name: 'toy', codec }, health: new Health(log, metrics) },
    commit: async () => undefined,
    park: async (entries) => void parked.push(entries.length),
    take: async (inputs) => {
      sizes.push(inputs.length)
      return { saved: undefined }
    },
    patient: new Set(patient ? [TOPIC] : []),
  })
  const messages = Array.from({ length: count }, (_, n) => ({
    ...{ key: Buffer.from('a'), headers: {}, timestamp: '1', offset: String(n), attributes: 0 },
    value: value(codec, n),
  }))
  for (let from = 0; from < count; from = Number(resolved.at(-1)) + 1) {
    // what a handler uses of it
    const payload = {
      batch: {
        ...{ topic: TOPIC, partition: 0, highWatermark: String(count) },
        messages: messages.slice(from),
        lastOffset: () => String(count - 1),
      },
      resolveOffset: (offset: string) => void resolved.push(offset),
      pause: () => {
        paused += 1
        return () => undefined
      },
      isRunning: () => true,
      isStale: () => false,
      heartbeat: async () => undefined,
    } as unknown as EachBatchPayload
    await handler.handle(payload)
  }
  await handler.flush()
  return { sizes, resolved, paused, parked: parked.reduce((sum, one) => sum + one, 0) }
}

interface Given {
  patient: boolean
  value(codec: ReturnType<typeof jsonCodec>, n: number): Buffer
}

const fundingOf: Given['value'] = (codec, n) =>
  codec.encode('funding.received', funding('a', String(n)))

test('of one fetch a part is taken, so that the next fetch, and what it has of others, comes soon', async () => {
  const { sizes, resolved, paused } = await taken(450)
  expect(sizes).toEqual([200, 200, 50])
  expect(resolved).toEqual(['199', '399', '449'])
  expect(paused).toBe(0)
})

test('a topic that is patient is taken a hundred messages at a time, and rests between them', async () => {
  const { sizes, resolved, paused } = await taken(250, { patient: true })
  expect(sizes).toEqual([100, 100, 50])
  expect(resolved).toEqual(['99', '199', '249'])
  expect(paused).toBe(2)
})

test('what nobody can read is parked by the thousand', async () => {
  const { sizes, resolved, parked } = await taken(5_000, { value: () => Buffer.from([7]) })
  expect(sizes).toEqual([])
  expect(resolved).toEqual(['1999', '3999', '4999'])
  expect(parked).toBe(5_000)
})
