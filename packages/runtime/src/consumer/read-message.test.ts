import { topicFor } from '@prooftrail/contracts'
import fc from 'fast-check'
import type { IHeaders, KafkaMessage } from 'kafkajs'
import { describe, expect, test } from 'vitest'
import { decodeHeaders, encodeHeaders, headerValues } from '../headers.ts'
import { jsonCodec } from '../rounds/fake-round.fixtures.ts'
import { parkedMessage } from '../rounds/park.ts'
import { funding, type ToyInput } from '../rounds/toy.fixtures.ts'
import { MessageOrigin, readMessage } from './read-message.ts'

const topic = topicFor('funding.received')
const codec = jsonCodec()
const reader = { name: 'toy', codec }

type Parts = Pick<KafkaMessage, 'timestamp' | 'value'> & { headers: IHeaders }

async function read(parts: Partial<Parts>) {
  const whole = {
    ...{ key: Buffer.from('acme'), value: codec.encode('funding.received', funding('acme', '1')) },
    ...{ timestamp: '1700000000000', offset: '7', attributes: 0, headers: {} },
    ...parts,
  }
  const origin = new MessageOrigin(topic, 0, whole)
  return { origin, read: await readMessage<ToyInput>(reader, origin, origin.at) }
}

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

describe('a message at any time', () => {
  test('is read at that time, or parked; nothing throws', async () => {
    const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String)
    const odd = fc.constantFrom('-1', '0', '253402300799999', '253402300800000', 'NaN', '')
    const usual = fc.nat().map(String)
    await fc.assert(
      fc.asyncProperty(fc.oneof(int64, odd, usual), async (timestamp) => {
        const { origin, read: found } = await read({ timestamp })
        expect(origin.at).toMatch(INSTANT)
        const ms = timestamp === '' ? 0 : Number(timestamp)
        if (ms >= 0 && ms < 253402300800000) {
          expect(found).toMatchObject({ input: { input: { at: new Date(ms).toISOString() } } })
        } else expect(found).toMatchObject({ code: 'PT-9017', poison: { at: origin.at } })
      }),
    )
  })
})

describe('a message with any headers', () => {
  const name = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('__proto__', 'constructor', 'toString', 'traceparent', 'ce_id', '', 'a.$b'),
  )
  const bytes = fc.uint8Array({ maxLength: 20 }).map((one) => Buffer.from(one))
  const one = fc.oneof(
    bytes,
    fc.constantFrom(null, undefined),
    fc.string(),
    fc.constant(() => 1),
  )
  const value = fc.oneof(one, fc.array(one, { maxLength: 4 }))
  /** As a client gathers them: members of their own, whatever they are called. */
  const headers = fc
    .array(fc.tuple(name, value), { maxLength: 6 })
    .map((pairs) => Object.fromEntries(pairs) as KafkaMessage['headers'])

  test('is read', async () => {
    await fc.assert(
      fc.asyncProperty(headers, async (given) => {
        expect(await read({ headers: given ?? {} })).toMatchObject({
          read: { input: expect.anything() },
        })
      }),
    )
  })

  test('is parked with all of them, where it cannot be read', async () => {
    await fc.assert(
      fc.asyncProperty(headers, async (given) => {
        const { read: found } = await read({ headers: given ?? {}, value: Buffer.from('no frame') })
        if (!('poison' in found)) throw new Error('it was read')
        const { value } = parkedMessage(codec, { name: 'toy' }, found.poison)
        const parked = await codec.decode(topicFor('parked'), value)
        expect(parked).toMatchObject({ reason_code: found.code, offset: '7' })
        const kept = Object.entries(given ?? {}).filter(([, all]) => headerValues(all).length > 0)
        const names = kept.map(([of]) => (of === '__proto__' ? '%5F%5Fproto%5F%5F' : of))
        expect(Object.keys(found.poison.value.headers).sort()).toEqual(names.sort())
      }),
    )
  })

  test('waits with all of them, and comes back with them', () => {
    fc.assert(
      fc.property(headers, (given) => {
        const pairs = encodeHeaders(given ?? {})
        const back = decodeHeaders(JSON.parse(JSON.stringify(pairs)))
        expect(encodeHeaders(back)).toEqual(pairs)
        expect(Object.getPrototypeOf(back)).toBe(Object.prototype)
      }),
    )
  })

  test('of which there are very many, or one is very long', async () => {
    const many = Object.fromEntries(Array.from({ length: 50_000 }, (_, n) => [`h${n}`, '1']))
    const long = { ['n'.repeat(1_000_000)]: Buffer.alloc(7_000_000) }
    for (const given of [many, long]) {
      const { read: found } = await read({ headers: given, value: null })
      if (!('poison' in found)) throw new Error('it was read')
      expect(parkedMessage(codec, { name: 'toy' }, found.poison).value.length).toBeLessThan(
        8_388_608,
      )
    }
  })
})
