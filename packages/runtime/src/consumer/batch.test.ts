import { RegistryUnavailable, topicFor } from '@prooftrail/contracts'
import type { EachBatchPayload, KafkaMessage } from 'kafkajs'
import { pino } from 'pino'
import { expect, test, vi } from 'vitest'
import { Health } from '../health/health.ts'
import { makeMetrics } from '../metrics.ts'
import { jsonCodec } from '../rounds/fake-round.fixtures.ts'
import { funding } from '../rounds/toy.fixtures.ts'
import { BatchHandler } from './batch.ts'

const TOPIC = topicFor('funding.received')

/** A promise that is resolved from outside. */
function later() {
  let resolve: () => void = () => undefined
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve }
}

interface Options {
  patient: boolean
  /** Called before inputs are decided. */
  deciding(ids: readonly string[]): Promise<void>
}

/** A handler, and what came of it. */
function aHandler({ patient = false, deciding = async () => undefined }: Partial<Options> = {}) {
  const log = pino({ level: 'silent' })
  const metrics = makeMetrics('toy', false)
  const codec = jsonCodec()
  const came = { sizes: [] as number[], parked: 0 }
  const handler = new BatchHandler({
    ...{ metrics, log, reader: { name: 'toy', codec }, health: new Health(log, metrics) },
    commit: async () => undefined,
    park: async (entries) => {
      came.parked += entries.length
    },
    take: async (inputs) => {
      await deciding(inputs.map(({ origin }) => String(origin?.key)))
      came.sizes.push(inputs.length)
      return { saved: undefined }
    },
    patient: new Set(patient ? [TOPIC] : []),
  })
  return { handler, came, codec }
}

/** A batch of these messages, and what was done with its partition. */
function aFetch(messages: readonly Omit<KafkaMessage, 'size'>[], { partition = 0 } = {}) {
  const count = messages.length
  const done = { resolved: [] as string[], paused: 0, resumed: later() }
  // what a handler uses of it
  const payload = {
    batch: {
      ...{ topic: TOPIC, partition, highWatermark: String(count) },
      messages,
      lastOffset: () => String(count - 1),
    },
    resolveOffset: (offset: string) => void done.resolved.push(offset),
    pause: () => {
      done.paused += 1
      return done.resumed.resolve
    },
    isRunning: () => true,
    isStale: () => false,
    heartbeat: async () => undefined,
  } as unknown as EachBatchPayload
  return { payload, done }
}

function messagesOf(count: number, value: (n: number) => Buffer, key = 'a') {
  return Array.from({ length: count }, (_, n) => ({
    ...{ key: Buffer.from(key), headers: {}, timestamp: '1', offset: String(n), attributes: 0 },
    value: value(n),
  }))
}

/** What is handed on of one fetch of so many messages. */
async function taken(count: number, { patient = false, value = fundingOf }: Partial<Given> = {}) {
  const { handler, came, codec } = aHandler({ patient })
  const { payload, done } = aFetch(messagesOf(count, (n) => value(codec, n)))
  await handler.handle(payload)
  if (done.paused > 0) await done.resumed.promise
  await handler.flush()
  const { resolved, paused } = done
  return { ...came, resolved, paused }
}

interface Given {
  patient: boolean
  value(codec: ReturnType<typeof jsonCodec>, n: number): Buffer
}

const fundingOf: Given['value'] = (codec, n) =>
  codec.encode('funding.received', funding('a', String(n)))

test('what is long is taken in parts, beside the loop, while its partition is paused', async () => {
  const { sizes, resolved, paused } = await taken(450)
  expect(sizes).toEqual([200, 200, 50])
  expect(resolved).toEqual(['199', '399', '449'])
  expect(paused).toBe(1)
  expect((await taken(200)).paused).toBe(0)
})

test('what one partition still has to be decided holds up no other, nor the next fetch', async () => {
  const held = later()
  let parts = 0
  const { handler, came, codec } = aHandler({
    deciding: async ([key]) => {
      if (key === 'long') parts += 1
      if (key === 'long' && parts === 2) await held.promise
    },
  })
  const value = (n: number) => fundingOf(codec, n)
  const long = aFetch(messagesOf(450, value, 'long'))
  await handler.handle(long.payload)
  const other = aFetch(messagesOf(3, value, 'short'), { partition: 1 })
  await handler.handle(other.payload)
  expect(came.sizes).toEqual([200, 3])
  expect(other.done.resolved).toEqual(['2'])
  expect(long.done.resolved).toEqual(['199'])
  held.resolve()
  await long.done.resumed.promise
  expect(came.sizes).toEqual([200, 3, 200, 50])
})

test('after a rebalance nothing more of a fetch is taken, and its partition goes on', async () => {
  const held = later()
  let parts = 0
  const { handler, came, codec } = aHandler({
    deciding: async () => {
      parts += 1
      if (parts === 2) await held.promise
    },
  })
  const { payload, done } = aFetch(messagesOf(650, (n) => fundingOf(codec, n)))
  await handler.handle(payload)
  handler.forget()
  held.resolve()
  await done.resumed.promise
  expect(came.sizes).toEqual([200, 200])
  expect(done.resolved).toEqual(['199'])
})

test('when the registry goes away beside the loop, then the partition stays paused until that is asked again', async () => {
  let isAway = false
  const { handler, came, codec } = aHandler({
    deciding: async () => {
      isAway = true
    },
  })
  const decode = codec.decode
  codec.decode = (topic, bytes) => {
    if (isAway) return Promise.reject(new RegistryUnavailable('away')) as never
    return decode(topic, bytes)
  }
  const { payload, done } = aFetch(messagesOf(450, (n) => fundingOf(codec, n)))
  await handler.handle(payload)
  await vi.waitFor(() => expect(done.paused).toBe(2))
  let isResumed = false
  void done.resumed.promise.then(() => {
    isResumed = true
  })
  await new Promise((resolve) => setImmediate(resolve))
  expect(isResumed).toBe(false)
  expect(came.sizes).toEqual([200])
  await done.resumed.promise
})

test('when it stops, then nothing more is taken, and what was is committed', async () => {
  const { handler, came, codec } = aHandler({ patient: true })
  const { payload, done } = aFetch(messagesOf(650, (n) => fundingOf(codec, n)))
  await handler.handle(payload)
  await handler.stop()
  expect(came.sizes).toEqual([100])
  expect(done.resolved).toEqual(['99'])
})

test('a topic that is patient is taken a hundred messages at a time, and rests between them', async () => {
  const { sizes, resolved, paused } = await taken(250, { patient: true })
  expect(sizes).toEqual([100, 100, 50])
  expect(resolved).toEqual(['99', '199', '249'])
  expect(paused).toBe(1)
})

test('what nobody can read is parked by the thousand', async () => {
  const { sizes, resolved, parked } = await taken(5_000, { value: () => Buffer.from([7]) })
  expect(sizes).toEqual([])
  expect(resolved).toEqual(['1999', '3999', '4999'])
  expect(parked).toBe(5_000)
})
