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

/** A batch of so many fundings, and how they are handed on. */
async function taken(count: number, patient: boolean, staleAfter = Number.POSITIVE_INFINITY) {
  const log = pino({ level: 'silent' })
  const metrics = makeMetrics('toy', false)
  const codec = jsonCodec()
  const sizes: number[] = []
  const resolved: string[] = []
  const handler = new BatchHandler({
    ...{ metrics, log, reader: { name: 'toy', codec }, health: new Health(log, metrics) },
    commit: async () => undefined,
    park: async () => undefined,
    take: async (inputs) => {
      sizes.push(inputs.length)
      return { saved: undefined }
    },
    patient: new Set(patient ? [TOPIC] : []),
  })
  const messages = Array.from({ length: count }, (_, n) => ({
    ...{ key: Buffer.from('a'), headers: {}, timestamp: '1', offset: String(n), attributes: 0 },
    value: codec.encode('funding.received', funding('a', String(n))),
  }))
  // what a handler uses of it
  const payload = {
    batch: {
      ...{ topic: TOPIC, partition: 0, messages, highWatermark: String(count) },
      lastOffset: () => String(count - 1),
    },
    resolveOffset: (offset: string) => void resolved.push(offset),
    isRunning: () => true,
    isStale: () => sizes.length >= staleAfter,
    heartbeat: async () => undefined,
  } as unknown as EachBatchPayload
  await handler.handle(payload)
  return { sizes, resolved }
}

test('a topic that is patient is taken a hundred messages at a time, others whole', async () => {
  expect(await taken(250, true)).toEqual({ sizes: [100, 100, 50], resolved: ['99', '199', '249'] })
  expect(await taken(250, false)).toEqual({ sizes: [250], resolved: ['249'] })
})

test('a batch that became somebody else’s in between is left where it is', async () => {
  expect(await taken(250, true, 1)).toEqual({ sizes: [100], resolved: ['99'] })
})
