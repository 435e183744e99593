import { topicFor } from '@prooftrail/contracts'
import { pino } from 'pino'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { Outgoing } from '../documents/document.ts'
import { Starting } from '../health/starting.ts'
import { makeMetrics } from '../metrics.ts'
import { jsonCodec } from '../rounds/fake-round.fixtures.ts'
import { funding } from '../rounds/toy.fixtures.ts'
import { Refusal } from '../service.ts'
import { FakeTopic } from './fake-topic.fixtures.ts'
import { type Fold, FoldFault } from './fold.ts'
import { TopicFold } from './topic-fold.ts'

type Toy = 'funding.received'

/** A fold that keeps references in order, and what runs it, on a topic in memory. */
async function given(
  references: readonly (string | null)[],
  { head = 0, low = 0, apply }: { head?: number; low?: number; apply?: Fold<Toy>['apply'] } = {},
) {
  const topic = new FakeTopic(topicFor('funding.received'))
  topic.low = low
  const codec = jsonCodec()
  const add = (reference: string | null, headers = {}) =>
    topic.add(
      'acme',
      reference === null ? null : codec.encode('funding.received', funding('acme', reference)),
      headers,
    )
  for (const one of references) add(one)
  const stored = { head, references: [] as string[] }
  const parked: Outgoing[] = []
  const metrics = makeMetrics('toy', false)
  const fold: Fold<Toy> = {
    name: 'list',
    codes: { behind: 'PT-1001', shorter: 'PT-1002' },
    head: async () => stored.head,
    apply: async (messages, refuse) => {
      if (apply) return apply(messages, refuse)
      stored.references.push(...messages.flatMap(({ data }) => data?.reference ?? []))
      stored.head = (messages.at(-1)?.offset ?? 0) + 1
      return stored.head
    },
  }
  const running = new TopicFold<Toy>({
    ...{ kafka: topic.kafka, topic: 'funding.received', fold, metrics },
    reader: { name: 'toy', codec },
    publisher: {
      async publish(messages) {
        parked.push(...messages)
        return new Set()
      },
    },
    starting: new Starting(() => undefined),
    log: pino({ level: 'silent' }),
  })
  onTestFinished(() => running.stop())
  const parkedValues = () => parked.map(({ value }) => JSON.parse(value.subarray(5).toString()))
  return { topic, stored, parked, parkedValues, metrics, running, add }
}

const notAll = { code: 'PT-1001' }

describe('given a topic that is folded', () => {
  test('when it is fetched, then all is applied in order, and served once the first end is reached', async () => {
    const { topic, stored, running, add, metrics } = await given(['a', 'b'])
    expect(running.fault()).toMatchObject(notAll)
    await running.start()
    expect(running.fault()).toMatchObject({ ...notAll, detail: 'folded 0 of 2 messages' })
    await topic.fetchAll()
    expect(running.fault()).toBeUndefined()
    add('c')
    await topic.fetchAll()
    expect(stored).toEqual({ head: 3, references: ['a', 'b', 'c'] })
    expect(topic.resolved.at(-1)).toBe(2)
    expect(running.failing()).toBeUndefined()
    expect((await metrics.inputs.get()).values).toEqual([
      { value: 3, labels: { type: 'funding.received', outcome: 'folded' } },
    ])
    const lag = await metrics.registry.getSingleMetric('prooftrail_consumer_lag_messages')?.get()
    expect(lag?.values).toEqual([{ value: 0, labels: { topic: topic.name } }])
  })

  test('when the head is stored, then it goes on there, also when the partition comes back', async () => {
    const { topic, stored, running, add } = await given(['a', 'b', 'c'], { head: 1 })
    await running.start()
    await topic.fetchAll()
    expect(stored.references).toEqual(['b', 'c'])
    topic.join(false)
    add('d')
    add('e')
    // somebody else folds d
    stored.head = 4
    topic.join()
    await topic.fetchAll()
    expect(stored).toEqual({ head: 5, references: ['b', 'c', 'e'] })
  })

  test('when somebody else moved the head meanwhile, then it goes on from there', async () => {
    const applied: number[][] = []
    const { topic, running } = await given(['a', 'b', 'c'], {
      async apply(messages) {
        applied.push(messages.map(({ offset }) => offset))
        return applied.length === 1 ? 2 : 3
      },
    })
    await running.start()
    await topic.fetchAll()
    expect(applied).toEqual([[0, 1, 2], [2]])
  })

  test('when another process has the partition, then this one follows the stored head', async () => {
    const { topic, stored, running } = await given(['a', 'b'])
    await running.start()
    topic.join(false)
    expect(running.fault()).toMatchObject(notAll)
    stored.head = 2
    await vi.waitFor(() => expect(running.fault()).toBeUndefined())
  })
})

describe('given messages that are set aside', () => {
  test('when one cannot be read, then it is parked whole, before the head moves, once', async () => {
    let attempts = 0
    const headsAtParking: number[] = []
    const { topic, stored, running, parked, parkedValues, metrics } = await given(['a'], {
      async apply(messages, refuse) {
        attempts += 1
        await refuse([{ offset: 1, refusal: new Refusal('PT-1003', 'poison already') }])
        headsAtParking.push(stored.head)
        if (attempts === 1) throw new Error('away')
        stored.head = (messages.at(-1)?.offset ?? 0) + 1
        return stored.head
      },
    })
    // as the client gathers them
    const headers = JSON.parse('{"__proto__":"x","from":"a test"}')
    topic.add('acme', Buffer.from('no frame'), headers)
    await running.start()
    await topic.fetchAll()
    expect(headsAtParking).toEqual([0, 0])
    expect(parked).toHaveLength(1)
    expect(parked[0]?.headers).toMatchObject({
      ce_specversion: '1.0',
      ce_source: '/prooftrail/toy',
    })
    expect(parkedValues()).toEqual([
      expect.objectContaining({
        ...{ service: 'toy', reason_code: 'PT-9004', topic: topic.name, partition: 0, offset: '1' },
        ...{ key: 'YWNtZQ==', value: Buffer.from('no frame').toString('base64'), attempts: 1 },
        headers: { '%5F%5Fproto%5F%5F': 'eA==', from: 'YSB0ZXN0' },
      }),
    ])
    expect((await metrics.parked.get()).values).toMatchObject([
      { value: 1, labels: { code: 'PT-9004' } },
    ])
  })

  test('when one has no value, or is refused, then it is parked for that, once, and the rest is folded', async () => {
    const seen: (string | undefined)[] = []
    let attempts = 0
    const { topic, running, parkedValues } = await given(['a', null, 'c'], {
      async apply(messages, refuse) {
        await refuse([{ offset: 2, refusal: new Refusal('PT-1003', 'foreign') }])
        attempts += 1
        if (attempts === 1) throw new Error('away')
        seen.push(...messages.map(({ data }) => data?.reference))
        return 3
      },
    })
    await running.start()
    await topic.fetchAll()
    expect(seen).toEqual(['a', undefined, 'c'])
    expect(parkedValues().map(({ offset, reason_code }) => [offset, reason_code])).toEqual([
      ['1', 'PT-9001'],
      ['2', 'PT-1003'],
    ])
  })
})

describe('given what must not go on', () => {
  test('when a fold finds a fault, then it stops for good and says so', async () => {
    let attempts = 0
    const { topic, running, add } = await given(['a'], {
      async apply() {
        attempts += 1
        throw new FoldFault('PT-1004', 'another leaf')
      },
    })
    await running.start()
    await topic.fetchAll()
    add('b')
    topic.isPaused = false
    await topic.fetch()
    expect(attempts).toBe(1)
    expect(topic.isPaused).toBe(true)
    expect(running.failing()).toBe('PT-1004 another leaf')
  })

  test.each([
    ['ends before the stored head', { head: 3 }],
    ['begins behind it', { head: 1, low: 2 }],
  ])('when the topic %s at the start, then it never begins', async (_, options) => {
    const { topic, stored, running } = await given(['a', 'b'], options)
    await running.start()
    await topic.fetch()
    expect(stored.references).toEqual([])
    expect(running.fault()).toMatchObject({ code: 'PT-1002' })
  })

  test('when the topic becomes shorter than the head, then it stops', async () => {
    const { topic, stored, running } = await given(['a', 'b'])
    await running.start()
    await topic.fetchAll()
    topic.messages.pop()
    topic.join()
    await topic.fetchAll()
    expect(stored.references).toEqual(['a', 'b'])
    expect(running.fault()).toMatchObject({ code: 'PT-1002' })
  })

  test('when the store is away, then it is tried again, and not ready meanwhile', async () => {
    const failing: (string | undefined)[] = []
    const { topic, running, add } = await given([], {
      async apply() {
        failing.push(running.failing())
        if (failing.length === 1) throw new Error('no server')
        return 1
      },
    })
    await running.start()
    add('a')
    await topic.fetchAll()
    expect(failing).toEqual([undefined, 'list: no server'])
    expect(running.failing()).toBeUndefined()
  })
})
