import { type FakeRegistry, startFakeRegistry, workOrder } from '@prooftrail/testing/contracts'
import { Link, linksOf } from '@prooftrail/trail'
import { canonicalize, digestOf } from '@prooftrail/trail/encoding'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { arbitraryOf } from './avro/arbitrary.fixtures.ts'
import { Undecodable } from './avro/cursor.ts'
import { layoutOf } from './avro/link-shape.ts'
import { parseShape } from './avro/shape.ts'
import { type Codec, openCodec } from './codec.ts'
import type { EventTypes } from './generated/types.ts'
import { Poison } from './poison.ts'
import { TOPIC_NAMES, type TopicName, topicFor, topics } from './topics.ts'

let registry: FakeRegistry
let codec: Codec

beforeAll(async () => {
  registry = await startFakeRegistry()
  codec = openCodec({ url: registry.url })
  await codec.ready(TOPIC_NAMES, 'tokenops')
})
afterAll(() => registry.close())

const toolOf = (name: TopicName) => (topics[name].per_tool === true ? 'tokenops' : undefined)
const shapeOf = (name: TopicName) => parseShape(JSON.parse(topics[name].schema))
const after = [{ name: 'work_order', digest: `sha256:${'0'.repeat(64)}` }]
const signed = { object: workOrder, after: [], key_id: 'k', signature: 's' }

function encode(name: TopicName, value: unknown): Buffer {
  // the arbitrary follows the schema
  return codec.encode(name, value as EventTypes[TopicName], toolOf(name))
}

async function decode(name: TopicName, bytes: Buffer): Promise<unknown> {
  return await codec.decode(topicFor(name, toolOf(name)), bytes)
}

const carriers = TOPIC_NAMES.filter((name) => topics[name].schema.includes('"signature"')).filter(
  (name) => !['tool.announced', 'trail.attested'].includes(name),
)

describe('P4 a link that is passed on has the bytes it came with', () => {
  for (const name of carriers) {
    test(`what came as ${name} goes out as it came, opened or not`, async () => {
      await fc.assert(
        fc.asyncProperty(arbitraryOf(shapeOf(name)), async (value) => {
          const bytes = encode(name, value)
          const back = await decode(name, bytes)
          expect(encode(name, back).equals(bytes)).toBe(true)
          for (const link of linksOf(back)) link.object
          expect(encode(name, back).equals(bytes)).toBe(true)
        }),
        { numRuns: 25 },
      )
    })
  }

  test('into any message of its layout, and written anew into the others, the same', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryOf(shapeOf('work-order.accepted')), async (value) => {
        const back = await decode('work-order.accepted', encode('work-order.accepted', value))
        const [order] = linksOf(back)
        const whole = encode('work-order.submitted', Link.fromWire('work_order', Object(order)))
        expect(encode('work-order.submitted', order).equals(whole)).toBe(true)
      }),
      { numRuns: 25 },
    )
  })

  test('a link of another layout is written as its record', async () => {
    const carried = {
      ...{ bytes: Buffer.from('x'), layout: 'another' },
      open: () => workOrder,
    }
    const link = Link.fromBytes('work_order', { after: [], key_id: 'k', signature: 's' }, carried)
    expect(encode('work-order.submitted', link)).toEqual(encode('work-order.submitted', signed))
  })

  test('a link of another kind is no value of the topic', () => {
    const link = Link.fromWire('usage_receipt', signed)
    expect(() => encode('work-order.submitted', link)).toThrow('a usage_receipt, not a work_order')
  })

  test('layouts tell types and options apart, and no names of records', () => {
    const [submitted, bound] = ['work-order.submitted', 'execution.bound'] as const
    const order = shapeOf(bound).fields.find(({ name }) => name === 'order')
    expect(layoutOf(shapeOf(submitted))).toBe(order && layoutOf(order.shape))
    const field = { name: 'a', optional: false, shape: { kind: 'string' } } as const
    const record = (...fields: (typeof field | { optional: true })[]) =>
      layoutOf({ kind: 'record', name: 'r', fields: fields.map((one) => ({ ...field, ...one })) })
    expect(new Set([record(field), record({ ...field, optional: true }), record()]).size).toBe(3)
  })
})

describe('what is read off a decoded link is what its record gives', () => {
  test('for any link, a tool’s own included', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryOf(shapeOf('result.accepted')), async (value) => {
        const back = await decode('result.accepted', encode('result.accepted', value))
        const { result_contract, links = [] } = Object(value)
        const wires = [...links, { name: 'result_contract', ...result_contract }]
        const found = linksOf(back)
        expect(found.map(({ kind }) => kind)).toEqual(wires.map(({ name }) => name))
        for (const [i, link] of found.entries()) {
          expect(link.digest).toBe(digestOf(wires[i].object))
          expect(link.text).toBe(canonicalize(wires[i].object))
          expect(link.after).toEqual(wires[i].after)
        }
      }),
      { numRuns: 50 },
    )
  })

  test('its bytes are its own: those it arrived in may be written over', async () => {
    const bytes = encode('credits.held', held())
    const back = await decode('credits.held', bytes)
    bytes.fill(0)
    expect(linksOf(back).map(({ object }) => object)).toEqual([workOrder])
  })
})

function held() {
  const pins = {
    ...{ agent_key_id: 'k', account: 'a', callback_policy: 'p', tool: 't', manifest_version: '1' },
    ...{ manifest_digest: 'd', price: 1, proof_trail: [], evidence_schema_digest: 'd' },
    ...{ policy_version: '1' },
    limits: { heartbeat_seconds: 1, deadline_seconds: 1, max_attempts: 1 },
  }
  const ids = { work_order_id: 'w', task_token: 't', accepted_at: '' }
  const hold = {
    account: 'a',
    credits_held: 1,
    remaining_credits: 1,
    credit_entry: '',
    held_at: '',
  }
  return { accepted: { ...ids, order: { ...signed, after }, pins }, hold }
}

describe('trust', () => {
  /** A work order with a text that is not UTF-8, at the end of its key. */
  function broken(name: TopicName, value: unknown): Buffer {
    const bytes = encode(name, value)
    bytes[bytes.indexOf(workOrder.idempotency_key)] = 0xff
    return bytes
  }

  test('what outsiders write is opened and checked when it is decoded', async () => {
    await expect(
      decode('work-order.submitted', broken('work-order.submitted', signed)),
    ).rejects.toThrow(Poison)
  })

  test('what our services write is passed over within its bounds; its reader tells the defect', async () => {
    const back = await decode('credits.held', broken('credits.held', held()))
    const [order] = linksOf(back)
    expect(order?.after).toEqual(after)
    expect(() => order?.object).toThrow(Undecodable)
    const wrong = encode('credits.held', held())
    wrong[wrong.indexOf('{"settlement_reference"')] = 0x5b
    const [other] = linksOf(await decode('credits.held', wrong))
    // nothing that the runtime would take for an outage and wait for
    expect(() => other?.object).toThrow(expect.objectContaining({ name: 'Undecodable' }))
    expect(() => other?.object).not.toThrow(expect.objectContaining({ cause: expect.anything() }))
    const cut = encode('credits.held', held())
    await expect(decode('credits.held', cut.subarray(0, 200))).rejects.toThrow(Poison)
  })
})
