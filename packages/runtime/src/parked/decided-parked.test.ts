import { type Parked, type ParkedDecided, topicFor } from '@prooftrail/contracts'
import type { Kafka, Producer } from 'kafkajs'
import { pino } from 'pino'
import { describe, expect, test } from 'vitest'
import { FakeTopic } from '../consumer/fake-topic.fixtures.ts'
import { MessageOrigin } from '../consumer/read-message.ts'
import type { Outgoing } from '../documents/document.ts'
import { Starting } from '../health/starting.ts'
import { messageId } from '../message.ts'
import { makeMetrics } from '../metrics.ts'
import { jsonCodec } from '../rounds/fake-round.fixtures.ts'
import { DecidedParked } from './decided-parked.ts'
import { nameOf, type Place } from './place-reader.ts'

const HELD = topicFor('credits.held')
const codec = jsonCodec()

interface Sent {
  topic: string
  partition: number | undefined
  key: string
  value: string
  headers: Record<string, unknown>
}

/**
 * Receipt's hand on a topic of decisions, and on messages that stand on other topics.
 * @param options how often the broker gives nothing in time
 */
function given(
  standing: (Place & { key: string; value: string; headers?: object })[],
  { lateTimes = 0 } = {},
) {
  const topic = new FakeTopic(topicFor('parked.decided'))
  const sent: Sent[] = []
  const discarded: string[] = []
  const parked: Parked[] = []
  const committed: string[] = []
  let joins = 0
  let reads = 0
  const { kafka } = topic
  const consumer = kafka.consumer({ groupId: 'g' })
  const commitOffsets: typeof consumer.commitOffsets = async (offsets) => {
    committed.push(...offsets.map(({ offset }) => offset))
  }
  const of = new Map(
    standing.map(({ key, value, headers = {}, ...place }) => [
      nameOf(place),
      new MessageOrigin(place.topic, place.partition, {
        ...{ key: Buffer.from(key), value: Buffer.from(value), headers },
        ...{ offset: place.offset, timestamp: '1', attributes: 0 },
      } as ConstructorParameters<typeof MessageOrigin>[2]),
    ]),
  )
  const log = pino({ level: 'silent' })
  const decidedParked = new DecidedParked({
    service: 'receipt',
    // a member of a group uses these only
    kafka: { ...kafka, consumer: () => ({ ...consumer, commitOffsets }) } as unknown as Kafka,
    producer: {
      async send({ topic, messages }) {
        for (const { key, value, headers, partition } of messages) {
          const text = { key: String(key), value: String(value) }
          sent.push({ topic, partition, ...text, headers: { ...headers } })
        }
        return []
      },
    } satisfies Pick<Producer, 'send'>,
    codec,
    publisher: {
      async publish(messages: readonly Outgoing[]) {
        for (const { value } of messages) parked.push(JSON.parse(value.subarray(5).toString()))
        return new Set<string>()
      },
    },
    metrics: makeMetrics('toy', false),
    starting: new Starting(() => undefined),
    log,
    discard: async (document, input) => void discarded.push(`${document} ${input}`),
    async openReader() {
      joins += 1
      return {
        async read(places) {
          reads += 1
          const isLate = reads <= lateTimes
          const messages = new Map(
            places.flatMap((one) => {
              const found = isLate ? undefined : of.get(nameOf(one))
              return found ? [[nameOf(one), found] as const] : []
            }),
          )
          return { messages, isLate }
        },
        close: async () => undefined,
      }
    },
  })
  const decide = async (...decided: ParkedDecided[]) => {
    for (const one of decided) topic.add(one.parked_id, codec.encode('parked.decided', one))
    await topic.fetchAll()
  }
  return { decidedParked, decide, sent, discarded, parked, committed, joins: () => joins }
}

function decision(changes: Partial<ParkedDecided> = {}): ParkedDecided {
  return {
    ...{
      parked_id: 'pm_1',
      act: 'send',
      number: 1,
      service: 'dispatch',
      topic: HELD,
      partition: 2,
    },
    ...{ offset: '7', input: messageId(HELD, 'wo_1', Buffer.from('bytes')), decided_by: 'ann' },
    decided_at: '2026-11-01T10:00:00.000Z',
    ...changes,
  }
}

const place = { topic: HELD, partition: 2, offset: '7' }

describe('what was decided about parked messages', () => {
  test('is sent again by whoever writes the topic, as it stands there, marked by the sending', async () => {
    const headers = { ce_id: Buffer.from('x'), constructor: [Object, Buffer.from('y')] }
    const { decidedParked, decide, sent, joins, committed } = given([
      { ...place, key: 'wo_1', value: 'bytes', headers },
    ])
    await decidedParked.start()
    await decide(decision({ number: 3 }), decision({ parked_id: 'pm_2', act: 'send', number: 4 }))
    const one = { topic: HELD, partition: 2, key: 'wo_1', value: 'bytes' }
    expect(sent).toMatchObject([one, one])
    expect(sent.map((message) => String(message.headers.ce_sentagain))).toEqual(['3', '4'])
    expect(sent.map((message) => String(message.headers.constructor))).toEqual(['y', 'y'])
    expect(joins()).toBe(1)
    expect(committed.at(-1)).toBe('2')
  })

  test('of a topic that another service writes is left to it', async () => {
    const accepted = topicFor('work-order.accepted')
    const { decidedParked, decide, sent, parked } = given([
      { ...place, topic: accepted, key: 'k', value: 'v' },
    ])
    await decidedParked.start()
    await decide(decision({ topic: accepted }), decision({ topic: 'elsewhere' }))
    expect({ sent, parked }).toEqual({ sent: [], parked: [] })
  })

  test.each([
    ['nothing stands there any more', []],
    ['another message stands there', [{ ...place, key: 'wo_1', value: 'others' }]],
    ['it stands there under another key', [{ ...place, key: 'wo_2', value: 'bytes' }]],
  ])('where %s, then nothing is sent, and it is open again (PT-9060)', async (_, standing) => {
    const { decidedParked, decide, sent, parked } = given(standing)
    await decidedParked.start()
    await decide(decision({ document: 'wo_1' }))
    expect(sent).toEqual([])
    expect(parked).toMatchObject([
      { service: 'dispatch', reason_code: 'PT-9060', sent_again: 1, ...place, document: 'wo_1' },
    ])
    expect(parked[0]?.input).toBe(decision().input)
  })

  test('where the broker is slow, then it is asked again, and nothing is said to be gone', async () => {
    const standing = [{ ...place, key: 'wo_1', value: 'bytes' }]
    const { decidedParked, decide, sent, parked, joins } = given(standing, { lateTimes: 2 })
    await decidedParked.start()
    await decide(decision())
    expect(sent).toMatchObject([{ topic: HELD, key: 'wo_1', value: 'bytes' }])
    expect({ parked, joins: joins() }).toEqual({ parked: [], joins: 3 })
  })

  test('where the broker never gives it, then nobody waits for it for ever (PT-9060)', async () => {
    const { decidedParked, decide, sent, parked } = given([], { lateTimes: 100 })
    await decidedParked.start()
    await decide(decision())
    expect(sent).toEqual([])
    expect(parked).toMatchObject([{ reason_code: 'PT-9060', sent_again: 1 }])
  })

  test('and given up goes out of the document that it blocked, of this service alone', async () => {
    const { decidedParked, decide, discarded, sent } = given([])
    await decidedParked.start()
    const given_up = decision({
      act: 'discard',
      service: 'receipt',
      document: 'account/a',
      reason: 'r',
    })
    await decide(
      given_up,
      { ...given_up, service: 'dispatch' },
      decision({ act: 'discard', service: 'receipt' }),
    )
    expect(discarded).toEqual([`account/a ${given_up.input}`])
    expect(sent).toEqual([])
  })
})
