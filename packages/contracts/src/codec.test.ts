import { type FakeRegistry, startFakeRegistry, workOrder } from '@prooftrail/testing/contracts'
import { Link } from '@prooftrail/trail'
import { canonicalize } from '@prooftrail/trail/encoding'
import avsc from 'avsc'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { arbitraryOf } from './avro/arbitrary.fixtures.ts'
import { exactLong } from './avro/exact-long.fixtures.ts'
import { plainOf } from './avro/plain.fixtures.ts'
import { parseShape } from './avro/shape.ts'
import { type Codec, openCodec } from './codec.ts'
import { ContractError } from './faults.ts'
import type { EventTypes } from './generated/types.ts'
import { Poison } from './poison.ts'
import { RegistryUnavailable } from './registry.ts'
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
const submitted = { object: workOrder, after: [], key_id: 'k', signature: 's' }
/** A work order as its link; the codec does not ask who signed it. */
const linkOf = (wire: typeof submitted) => Link.fromWire('work_order', wire)
const topic = 'prooftrail.work-order.submitted.v1'
const framed = (id: number, ...avro: number[]) => Buffer.from([0, 0, 0, 0, id, ...avro])
const idOf = (name: TopicName) => TOPIC_NAMES.indexOf(name) + 1

const record = (link: unknown): unknown => JSON.parse(JSON.stringify(link))

async function poisonOf(bytes: Buffer, of = topic): Promise<string> {
  try {
    await codec.decode(of, bytes)
  } catch (error) {
    if (error instanceof Poison) return error.code
    throw error
  }
  return 'decoded'
}

function faultsOf(value: unknown, name: TopicName = 'work-order.submitted'): string[] {
  try {
    // the value is wrong on purpose
    codec.encode(name, value as EventTypes[TopicName], toolOf(name))
  } catch (error) {
    if (error instanceof ContractError)
      return error.faults.map((one) => `${one.path} ${one.detail}`)
    throw error
  }
  return []
}

describe('P1 what encodes, decodes to the same canonical bytes', () => {
  for (const name of TOPIC_NAMES) {
    test(`any ${name}`, async () => {
      const tool = toolOf(name)
      const shape = parseShape(JSON.parse(topics[name].schema))
      const type = avsc.Type.forSchema(JSON.parse(topics[name].schema), {
        registry: { long: exactLong },
      })
      await fc.assert(
        fc.asyncProperty(arbitraryOf(shape), async (value) => {
          // the arbitrary follows the schema
          const bytes = codec.encode(name, value as EventTypes[TopicName], tool)
          expect(type.isValid(type.fromBuffer(bytes.subarray(5)))).toBe(true)
          const back = await codec.decode(topicFor(name, tool), bytes)
          expect(canonicalize(plainOf(shape, back))).toBe(canonicalize(value))
        }),
        { numRuns: 25 },
      )
    })
  }

  test('a value larger than the scratch buffer, and small ones after it', async () => {
    const long = { ...submitted, signature: 'é'.repeat(2_000_000) }
    const [big, small] = [long, submitted].map((v) =>
      codec.encode('work-order.submitted', linkOf(v)),
    )
    expect(record(await codec.decode(topic, big ?? Buffer.alloc(0)))).toEqual(long)
    expect(record(await codec.decode(topic, small ?? Buffer.alloc(0)))).toEqual(submitted)
  })
})

describe('what the JSON form does not hold is refused, all of it at once, by path', () => {
  test('null, undefined, undeclared, missing, wrong type', () => {
    const { agent_id: _, ...object } = workOrder
    const value = {
      object: { ...object, pilot_id: null, quote_id: undefined, x: 1 },
      after: {},
      key_id: 1,
      signature: 's',
    }
    expect(faultsOf(value).sort()).toEqual([
      '/after a value of type object, not an array',
      '/key_id the number 1, not a string',
      '/object/agent_id missing',
      '/object/pilot_id null, not a string',
      '/object/quote_id undefined',
      '/object/x not declared',
    ])
  })
  test('lone surrogates, in texts and in json', () => {
    const value = {
      ...submitted,
      key_id: '\ud800',
      object: { ...workOrder, evidence: { a: '\udc00x' } },
    }
    expect(faultsOf(value).map((fault) => fault.split(' ')[0])).toEqual([
      '/object/evidence',
      '/key_id',
    ])
  })
  test('null, undefined, unsafe and infinite numbers inside json', () => {
    for (const evidence of [
      { a: null },
      { a: undefined },
      [2 ** 53],
      { a: Infinity },
      NaN,
      new Date(0),
      new Map(),
    ]) {
      expect(faultsOf({ ...submitted, object: { ...workOrder, evidence } })).toHaveLength(1)
    }
  })
  test.each([2 ** 53, -(2 ** 53), 1.5, NaN, '1', 1n])('%s is no long', (credits) => {
    const value = {
      account: 'a',
      reference: 'r',
      credits,
      settlement_provider: 'x402',
      received_at: '',
    }
    expect(faultsOf(value, 'funding.received')).toHaveLength(1)
  })
  test('values with a prototype of their own', () => {
    expect(faultsOf(new (class A {})())).toEqual([' a value of type object, not a plain object'])
    expect(faultsOf(Object.create(submitted))).toHaveLength(1)
  })
})

describe('P2 poison is told from an outage', () => {
  const good = () => codec.encode('work-order.submitted', linkOf(submitted))

  test('PT-9001 for every bad frame', async () => {
    for (const bytes of [
      Buffer.alloc(0),
      Buffer.from([0]),
      Buffer.from([0, 0, 0, 1]),
      Buffer.from('{"a":1}'),
    ]) {
      expect(await poisonOf(bytes)).toBe('PT-9001')
    }
  })
  test('PT-9002 for an id that the registry answers with 404, asked once however often it comes', async () => {
    const before = registry.requests
    for (let i = 0; i < 50; i += 1) expect(await poisonOf(framed(250))).toBe('PT-9002')
    expect(registry.requests - before).toBe(1)
  })
  test('PT-9003 for another record, and for a schema outside the subset', async () => {
    expect(await poisonOf(framed(idOf('parked'), 2, 65))).toBe('PT-9003')
    const record = (fields: unknown) => ({
      type: 'record',
      name: 'prooftrail.WorkOrderSubmitted',
      fields,
    })
    const foreign = [
      record([{ name: 'a', type: 'double' }]),
      record([{ name: 'a', type: ['null', 'string', 'long'], default: null }]),
      record([{ name: 'a', type: { type: 'array', items: 'prooftrail.WorkOrderSubmitted' } }]),
      record([]),
      'string',
    ]
    for (const [i, schema] of foreign.entries()) {
      registry.schemas.set(200 + i, JSON.stringify(schema))
      expect(await poisonOf(framed(200 + i, 0))).toBe('PT-9003')
    }
  })
  test('PT-9004 for truncated bytes, trailing bytes and garbage', async () => {
    const bytes = good()
    for (const cut of [6, 20, bytes.length - 1]) {
      expect(await poisonOf(bytes.subarray(0, cut))).toBe('PT-9004')
    }
    expect(await poisonOf(Buffer.concat([bytes, Buffer.from([0])]))).toBe('PT-9004')
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (noise) => {
        const outcome = await poisonOf(
          framed(idOf('ledger.appended'), ...noise),
          'prooftrail.ledger.appended.v1',
        )
        expect(outcome).toBe('PT-9004')
      }),
    )
  })
  test('PT-9004 at once for counts beyond the bytes', async () => {
    // agent_id '', keys: a block of 2^32, of 2^53, of the most negative long
    const counts = [
      [0x80, 0x80, 0x80, 0x80, 0x20],
      [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x20],
      [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
    ]
    for (const count of counts) {
      const bytes = framed(idOf('agent.announced'), 0, ...count, 0, 0)
      expect(await poisonOf(bytes, 'prooftrail.agent.announced.v1')).toBe('PT-9004')
    }
  })
  test('PT-9004 for integers in more bytes than they need', async () => {
    const bytes = good()
    // `after` is an empty list, one 0 before the length of key_id
    const at = bytes.lastIndexOf(Buffer.from([0, 2, 'k'.charCodeAt(0)]))
    for (const zero of [
      [0x80, 0],
      [0x80, 0x80, 0],
      [0x80, 0x80, 0x80, 0x80, 0x80, 0],
    ]) {
      const longer = Buffer.concat([
        bytes.subarray(0, at),
        Buffer.from(zero),
        bytes.subarray(at + 1),
      ])
      expect(await poisonOf(longer)).toBe('PT-9004')
    }
  })
  test('PT-9004 for text that is not UTF-8, and a meant replacement character passes', async () => {
    const value = { ...submitted, key_id: '\ufffd' }
    const bytes = codec.encode('work-order.submitted', linkOf(value))
    expect(record(await codec.decode(topic, bytes))).toEqual(value)
    const broken = Buffer.from(bytes)
    broken[bytes.indexOf('\ufffd')] = 0xff
    expect(await poisonOf(broken)).toBe('PT-9004')
  })
  test('PT-9004 for json that is not in canonical form', async () => {
    const wanted = '{"settlement_reference":{"reference":"stl_1"}}'
    const others = [
      '{"settlement_reference":{"reference":"stl_\\u0031"}}',
      '{"settlement_reference":{ "reference":"stl_1"}}',
      '{"settlement_reference":{"reference":null}}',
      '{"b":1,"a":2}',
      '{"a":1,"a":1}',
      '{"a":1.0}',
      '{"a":-0}',
      '{"a":9007199254740993}',
      '{',
    ]
    const bytes = good()
    const at = bytes.indexOf(wanted)
    for (const other of others) {
      const text = Buffer.from(other)
      const length = text.length < 64 ? [text.length * 2] : []
      expect(length).toHaveLength(1)
      // the length before the text is a zigzag varint: one byte below 64
      const changed = Buffer.concat([
        bytes.subarray(0, at - 1),
        Buffer.from(length),
        text,
        bytes.subarray(at + wanted.length),
      ])
      expect(await poisonOf(changed)).toBe('PT-9004')
    }
  })
  test('a registry that is away, broken or a stranger is an outage; it heals', async () => {
    const fresh = openCodec({ url: registry.url })
    onTestFinished(() => {
      registry.broken = undefined
    })
    const answers = [
      { status: 500, body: '{}' },
      { status: 400, body: '{"error_code":400}' },
      { status: 404, body: '<html>' },
      { status: 404, body: '{}' },
      { status: 401, body: '{"error_code":40403}' },
    ]
    for (const answer of answers) {
      registry.broken = answer
      await expect(fresh.decode(topic, good())).rejects.toThrow(RegistryUnavailable)
    }
    registry.broken = undefined
    expect(record(await fresh.decode(topic, good()))).toEqual(submitted)
    const away = openCodec({ url: 'http://127.0.0.1:1' })
    await expect(away.decode(topic, good())).rejects.toThrow(RegistryUnavailable)
    await expect(away.ready(['parked'])).rejects.toThrow(RegistryUnavailable)
  })
  test('a topic outside the catalogue is a bug, not poison', () => {
    expect(() => codec.decode('elsewhere', good())).toThrow(RangeError)
  })
})

describe('P4 bytes make no more in memory than a few times their number', () => {
  const zigzag = (value: number) => {
    const out: number[] = []
    let bits = value * 2
    for (; bits > 0x7f; bits = Math.floor(bits / 128)) out.push((bits % 128) | 0x80)
    return Buffer.from([...out, bits])
  }
  /** A message whose `after` holds so many references, each of a digest of so many letters. */
  function withReferences(count: number, letters: number): Buffer {
    const bytes = codec.encode('work-order.submitted', linkOf(submitted))
    const at = bytes.lastIndexOf(Buffer.from([0, 2, 'k'.charCodeAt(0)]))
    const item = Buffer.concat([Buffer.from([0]), zigzag(letters), Buffer.alloc(letters, 'a')])
    const items = Buffer.alloc(count * item.length, item)
    return Buffer.concat([bytes.subarray(0, at), zigzag(count), items, bytes.subarray(at)])
  }
  function withEvidence(text: string): Buffer {
    const bytes = codec.encode('work-order.submitted', linkOf(submitted))
    const wanted = '{"settlement_reference":{"reference":"stl_1"}}'
    const at = bytes.indexOf(wanted)
    return Buffer.concat([
      bytes.subarray(0, at - 1),
      zigzag(Buffer.byteLength(text)),
      Buffer.from(text),
      bytes.subarray(at + wanted.length),
    ])
  }
  const listOf = (item: string, count: number) => `[${Array(count).fill(item).join()}]`

  test('PT-9016 for records that are next to nothing, and what is real passes', async () => {
    expect(await poisonOf(withReferences(50, 0))).toBe('decoded')
    expect(await poisonOf(withReferences(400, 0))).toBe('PT-9016')
    expect(await poisonOf(withReferences(2_000_000, 0))).toBe('PT-9016')
    expect(await poisonOf(withReferences(2_000, 60))).toBe('decoded')
  })
  test.each(['{}', '[]', '[1]', '[{}]'])('PT-9016 for a list of %s', async (item) => {
    expect(await poisonOf(withEvidence(listOf(item, 20)))).toBe('decoded')
    expect(await poisonOf(withEvidence(listOf(item, 5_000)))).toBe('PT-9016')
  })
  test('what people send passes: pairs, series, source text', async () => {
    expect(await poisonOf(withEvidence(listOf('{"t":1,"v":2}', 20_000)))).toBe('decoded')
    expect(await poisonOf(withEvidence(listOf('[1,12.5]', 20_000)))).toBe('decoded')
    expect(await poisonOf(withEvidence(JSON.stringify('{["\\'.repeat(20_000))))).toBe('decoded')
  })
  test('4 MB of empty references do not become objects', async () => {
    const bytes = withReferences(2_000_000, 0)
    const before = process.memoryUsage().heapUsed
    expect(await poisonOf(bytes)).toBe('PT-9016')
    // unbounded, they take 136 MB
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(20_000_000)
  })
})

describe('looking up once', () => {
  test('a known id decodes without waiting; many first meetings make one request', async () => {
    const fresh = openCodec({ url: registry.url })
    const bytes = codec.encode('work-order.submitted', linkOf(submitted))
    const before = registry.requests
    await Promise.all([1, 2, 3, 4].map(() => fresh.decode(topic, bytes)))
    expect(registry.requests - before).toBe(1)
    expect(record(fresh.decode(topic, bytes))).toEqual(submitted)
  })
  test('encode before ready says so, and a later try succeeds', async () => {
    const fresh = openCodec({ url: registry.url })
    expect(() => fresh.encode('work-order.submitted', linkOf(submitted))).toThrow('PT-9012')
    await fresh.ready(['work-order.submitted'])
    expect(fresh.isReady('work-order.submitted')).toBe(true)
    expect(fresh.encode('work-order.submitted', linkOf(submitted))[0]).toBe(0)
  })
  test('ready refuses a subject without our schema, and leaves out tools that are not named', async () => {
    await expect(codec.ready(['execution.commanded'], 'unknown')).rejects.toThrow('PT-9011')
    await expect(codec.ready(['execution.commanded'])).resolves.toBeUndefined()
  })
})
