import { topics } from '@prooftrail/contracts'
import { describe, expect, test } from 'vitest'
import { Refusal } from '../service.ts'
import { jsonCodec } from './fake-round.fixtures.ts'
import { parkable, parkedMessage, SENT_AGAIN } from './park.ts'

const MOST = topics.parked.max_message_bytes
const MIB = 1024 * 1024

const parking = (parts: { key?: Buffer; value: Buffer; headers?: Record<string, Buffer> }) =>
  parkable(
    'toy',
    { id: 'i', type: 'funding.received', at: '2026-01-01T00:00:00.000Z', data: undefined },
    { topic: 't', partition: 3, offset: '7', key: null, headers: {}, ...parts },
    new Refusal('PT-1001', 'not this one'),
    undefined,
  )

describe('a message to be parked', () => {
  test('of what a topic takes, then it is kept with key, value and headers', () => {
    const { value } = parking({
      key: Buffer.from('k'),
      value: Buffer.alloc(4 * MIB, 1),
      headers: { from: Buffer.from('a test') },
    })
    expect(value.value).toHaveLength(Math.ceil((4 * MIB) / 3) * 4)
    expect(value).toMatchObject({ key: 'aw==', headers: { from: 'YSB0ZXN0' } })
  })

  test('with headers named as what every object has, or without value, then it is kept', () => {
    const bytes = Buffer.from('v')
    // as kafkajs gathers them: what an object has already counts as the first value
    const gathered = {
      ...{ constructor: [Object, bytes], toString: [String, bytes], ['__proto__']: [{}, bytes] },
      ...{ empty: null, twice: [bytes, null] },
    }
    // the client's own type knows of none of these
    const headers = gathered as unknown as Record<string, Buffer>
    const { value } = parking({ value: Buffer.from('x'), headers })
    const text = bytes.toString('base64')
    expect(Object.entries(value.headers).sort()).toEqual([
      ...[
        ['%5F%5Fproto%5F%5F', text],
        ['constructor', text],
        ['empty', ''],
      ],
      ...[
        ['toString', text],
        ['twice', ''],
      ],
    ])
  })

  test.each([
    ['3', 3],
    ['-1', undefined],
    ['1e9', undefined],
    ['', undefined],
  ])('that came with %j as its sending, then it says %j', (text, number) => {
    const headers = { [SENT_AGAIN]: Buffer.from(text) }
    expect(parking({ value: Buffer.from('x'), headers }).value.sent_again).toBe(number)
  })

  test.each([
    ['a value', { value: Buffer.alloc(100 * MIB) }],
    ['a key', { key: Buffer.alloc(8 * MIB), value: Buffer.alloc(1) }],
    ['a header', { value: Buffer.alloc(1), headers: { h: Buffer.alloc(8 * MIB) } }],
    // what a client makes of 4 MiB that are no UTF-8
    [
      'a name',
      { value: Buffer.alloc(1), headers: { ['\ufffd'.repeat(4 * MIB)]: Buffer.alloc(1) } },
    ],
  ])(
    'with %s beyond the topic of parked ones, then its place and its reason are kept',
    (_, parts) => {
      const parked = parking(parts)
      expect(parked.value).toMatchObject({
        ...{ topic: 't', partition: 3, offset: '7', reason_code: 'PT-1001', headers: {} },
        detail: expect.stringMatching(/^\d+ bytes, .*not this one$/),
      })
      expect(parked.value.value).toBeUndefined()
      expect(parkedMessage(jsonCodec(), { name: 'toy' }, parked).value.length).toBeLessThan(MOST)
    },
  )
})
