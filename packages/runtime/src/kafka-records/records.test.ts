import { createRequire } from 'node:module'
import fc from 'fast-check'
import { Partitioners } from 'kafkajs'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { crc32c } from './crc32c.ts'
import { useRecordsInOnePass } from './install.ts'
import { partitionByKey } from './murmur2.ts'
import { encodeProduce, isPlain, type OutMessage, type ProduceData } from './produce-request.ts'
import { RecordMessage, readBatch } from './record-batch.ts'

const require = createRequire(import.meta.url)
// kafkajs's own writers and readers; its inner modules have no types
const kafkajs = (path: string) => require(`kafkajs/src/protocol/${path}`)

const NOW = 1_764_500_000_123
// as kafkajs wrote and read before anything was replaced
const requestBefore = kafkajs('requests/produce/v3/request')
const decodeBefore = kafkajs('requests/fetch/v4/decodeMessages')
const { RecordBatch } = kafkajs('recordBatch/v0')
const Record = kafkajs('recordBatch/record/v0')
const Decoder = kafkajs('decoder')

beforeAll(() => {
  vi.useFakeTimers({ now: NOW, toFake: ['Date'] })
  useRecordsInOnePass()
})

const bytes = fc.uint8Array({ maxLength: 300 }).map((all) => Buffer.from(all))
const name = fc.oneof(fc.string(), fc.constantFrom('ce_id', 'traceparent', 'toString', '__proto__'))
const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), bytes)
const headers = fc.dictionary(name, fc.oneof(text, fc.array(text, { maxLength: 3 })), {
  maxKeys: 4,
})
const message = fc.record(
  {
    key: fc.option(text),
    value: fc.option(bytes),
    headers,
  },
  { requiredKeys: ['value'] },
)
const manyOf = (length: number): OutMessage[] =>
  Array.from({ length }, (_, i) => ({ value: Buffer.from(`${i}`) }))
const partition = fc.record({
  partition: fc.nat(1_000),
  firstSequence: fc.nat(),
  messages: fc.oneof(
    fc.array(message, { minLength: 1, maxLength: 5 }),
    // places that take two bytes, and values whose lengths take three
    fc.integer({ min: 60, max: 70 }).map(manyOf),
    fc.integer({ min: 8_000, max: 70_000 }).map((length) => [{ value: Buffer.alloc(length, 7) }]),
  ),
})
const request = fc.record({
  acks: fc.constantFrom(-1, 0, 1),
  timeout: fc.nat(),
  topicData: fc.array(
    fc.record({ topic: fc.string(), partitions: fc.array(partition, { maxLength: 3 }) }),
    { maxLength: 3 },
  ),
})

/** What kafkajs writes for a request. */
async function written(data: ProduceData): Promise<Buffer> {
  const { buffer } = await requestBefore(data).encode()
  return buffer
}

describe('a produce request', () => {
  test('has the bytes that kafkajs writes', async () => {
    await fc.assert(
      fc.asyncProperty(request, async (data) => {
        expect(isPlain(data)).toBe(true)
        expect(encodeProduce(data, NOW).equals(await written(data))).toBe(true)
      }),
      { numRuns: 100 },
    )
  })

  test('of more than 8,192 records has them too', async () => {
    const messages = manyOf(8_300)
    const data = { ...empty, topicData: [{ topic: 't', partitions: [{ partition: 0, messages }] }] }
    expect(encodeProduce(data, NOW).equals(await written(data))).toBe(true)
  })

  test('is written in one pass by the kafkajs that the process uses', async () => {
    const data = requestOf([{ key: 'k', value: Buffer.from('v'), headers: { a: '1' } }])
    const { request } = kafkajs('requests/produce').protocol({ version: 7 })(data)
    const encoder = await request.encode()
    expect(request).toMatchObject({ apiVersion: 7, apiName: 'Produce' })
    expect(encoder.buffer.equals(await written(data))).toBe(true)
    // kafkajs's own buffers have room for more
    expect(encoder.buf).toHaveLength(encoder.buffer.length)
  })

  test('goes out as kafkajs frames it, whatever its buffers held before', async () => {
    const createRequest = kafkajs('request')
    const data = requestOf([{ key: 'k', value: Buffer.alloc(5_000, 1) }, ...manyOf(50)])
    const frame = { correlationId: 7, clientId: 'prooftrail-ü' }
    const sent = await createRequest({ ...frame, request: requestBefore(data) })
    const { request } = kafkajs('requests/produce').protocol({ version: 3 })(data)
    const ours = await createRequest({ ...frame, request })
    expect(ours.buffer.equals(sent.buffer)).toBe(true)
    expect(ours.buffer.readInt32BE()).toBe(ours.buffer.length - 4)
    expect(ours.buffer.subarray(14 + Buffer.byteLength(frame.clientId))).toEqual(
      await written(data),
    )
  })

  test.each<[what: string, data: Partial<ProduceData>]>([
    ['in a transaction', { transactionalId: 't' }],
    ['of an idempotent producer', { producerId: '7' }],
    ['of a producer with an epoch', { producerEpoch: 1 }],
    ['compressed', { compression: 1 }],
    ['with a time', requestOf([{ value: Buffer.from('v'), timestamp: '5' }])],
    ['with a number for a header', requestOf([{ value: null, headers: { a: 7 as never } }])],
    ['with nothing for a header', requestOf([{ value: null, headers: { a: null as never } }])],
    ['with an object for a key', requestOf([{ value: null, key: {} as never }])],
    ['without messages', requestOf([])],
  ])('%s is left to kafkajs', (_, data) => {
    expect(isPlain({ ...empty, ...data })).toBe(false)
  })
})

describe('a record batch', () => {
  test('is read as kafkajs reads it', async () => {
    const batch = fc.record({
      messages: fc.array(fc.tuple(message, fc.nat(2 ** 40)), { maxLength: 5 }),
      firstOffset: fc.nat(2 ** 50),
      firstTimestamp: fc.integer({ min: -1, max: 2 ** 45 }),
      appendTime: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(batch, async (given) => {
        const buffer = await batchOf(given)
        const framed = framedSet(buffer, buffer)
        const [before, after] = [new Decoder(framed), new Decoder(framed)]
        const expected = await decodeBefore(before)
        const read = await kafkajs('requests/fetch/v4/decodeMessages')(after)
        expect(plain(read)).toEqual(plain(expected))
        expect(after.offset).toBe(before.offset)
        expect(read.every((one: unknown) => one instanceof RecordMessage)).toBe(true)
      }),
      { numRuns: 100 },
    )
  })

  test('comes out of a whole fetch answer, with what is cut off behind it left', async () => {
    const one = await batchOf({ messages: [[{ value: Buffer.from('v') }, 0]] })
    const framed = framedSet(one, one, one.subarray(0, one.length - 1))
    const decoder = new Decoder(Buffer.concat([framed, Buffer.from('next')]))
    const all = await kafkajs('requests/fetch/v4/decodeMessages')(decoder)
    expect(all).toHaveLength(2)
    expect(all[0]).toBeInstanceOf(RecordMessage)
    expect(decoder.offset).toBe(framed.length)
  })

  test('between others is read in its place, whoever reads it', async () => {
    const one = await batchOf({ messages: [[{ value: Buffer.from('v') }, 0]], firstOffset: 1 })
    const control = Buffer.from(one)
    control.writeBigInt64BE(2n)
    control.writeInt16BE(16 | 32, 21)
    const last = Buffer.from(one)
    last.writeBigInt64BE(3n)
    const framed = framedSet(one, control, last)
    const all = await kafkajs('requests/fetch/v4/decodeMessages')(new Decoder(framed))
    expect(all).toMatchObject([
      { offset: '1', isControlRecord: false, batchContext: { inTransaction: false } },
      { offset: '2', isControlRecord: true, batchContext: { inTransaction: true } },
      { offset: '3', isControlRecord: false },
    ])
  })

  test('of 150,000 records is read, though kafkajs could not hand them on', async () => {
    const messages = Array.from({ length: 150_000 }, () => ({ value: null }))
    const request = encodeProduce(requestOf(messages), NOW)
    const name = 2 + 2 + 4 + 4 + 3 + 4 + 4
    const framed = request.subarray(name)
    const all = await kafkajs('requests/fetch/v4/decodeMessages')(new Decoder(framed))
    expect(all).toHaveLength(messages.length)
    expect(all.at(-1).offset).toBe('149999')
    await expect(decodeBefore(new Decoder(framed))).rejects.toThrow(RangeError)
  })

  test('an old message set, none, and bytes that are cut off are left to kafkajs', async () => {
    const read = kafkajs('requests/fetch/v4/decodeMessages')
    const old = Buffer.alloc(4 + 8 + 4 + 4 + 1 + 1 + 8 + 4 + 4)
    old.writeInt32BE(old.length - 4)
    old.writeInt32BE(old.length - 16, 12)
    old[20] = 1 // magic
    old.writeInt32BE(-1, 30)
    old.writeInt32BE(-1, 34)
    expect(await read(new Decoder(old))).toMatchObject([{ magicByte: 1, offset: '0' }])
    expect(await read(new Decoder(Buffer.alloc(4)))).toEqual([])
    const whole = framedSet(await batchOf({ messages: [] }))
    expect(await read(new Decoder(whole.subarray(0, -1)))).toEqual([])
  })

  test.each([
    ['compressed', 1],
    ['of a transaction', 16],
    ['that controls one', 16 | 32],
  ])('%s is left to kafkajs', async (_, attributes) => {
    const buffer = await batchOf({ messages: [[{ value: Buffer.from('v') }, 0]] })
    buffer.writeInt16BE(attributes, 21)
    expect(readBatch(buffer, 0, buffer.length)).toBeUndefined()
    // what no decompression is needed for is still read, by kafkajs
    if (attributes === 1) return
    const read = kafkajs('requests/fetch/v4/decodeMessages')
    const [record] = await read(new Decoder(framedSet(buffer)))
    expect(record.isControlRecord).toBe(attributes > 16)
    expect(record.batchContext.inTransaction).toBe(true)
  })

  test('that is not in order is left to kafkajs, wherever a byte is another', async () => {
    const headers = { a: Buffer.from('1'), b: [Buffer.from('2'), Buffer.from('3')] }
    const buffer = await batchOf({
      messages: [[{ key: 'key', value: Buffer.from('value'), headers }, 3]],
    })
    const whole = readBatch(buffer, 0, buffer.length)
    fc.assert(
      fc.property(fc.integer({ min: 57, max: buffer.length - 1 }), fc.nat(255), (at, byte) => {
        const changed = Buffer.from(buffer)
        changed[at] = byte
        const read = readBatch(changed, 0, changed.length)
        // either none, or records whose parts stand inside the batch
        for (const { key, value, headers: all } of read?.records ?? []) {
          const parts = [key, value, ...Object.values(all).flat()]
          const size = parts.reduce((sum, one) => sum + (one?.length ?? 0), 0)
          expect(size).toBeLessThan(buffer.length)
        }
        if (changed.equals(buffer)) expect(plain(read?.records)).toEqual(plain(whole?.records))
      }),
      { numRuns: 2_000 },
    )
    expect(readBatch(buffer, 0, buffer.length - 1)).toBeUndefined()
  })

  test('a header is found by its name, if it comes once', async () => {
    const headers = { traceparent: 'one', traceparent2: 'other', twice: ['1', '2'], '': 'none' }
    const buffer = await batchOf({ messages: [[{ value: null, headers }, 0]] })
    const [record] = readBatch(buffer, 0, buffer.length)?.records ?? []
    expect(record?.header('traceparent')).toBe('one')
    expect(record?.header('twice')).toBeUndefined()
    expect(record?.header('absent')).toBeUndefined()
  })
})

test('a key goes to the partition that kafkajs chooses', () => {
  const [ours, theirs] = [partitionByKey(), Partitioners.DefaultPartitioner()]
  fc.assert(
    fc.property(text, fc.integer({ min: 1, max: 99 }), (key, count) => {
      const partitionMetadata = Array.from({ length: count }, (_, i) => partitionAt(i))
      const args = { topic: 't', partitionMetadata, message: { key, value: null } }
      expect(ours(args)).toBe(theirs(args))
    }),
    { numRuns: 1_000 },
  )
  const args = { topic: 't', partitionMetadata: [partitionAt(0)] }
  expect(ours({ ...args, message: { key: 'k', value: null, partition: 7 } })).toBe(7)
  expect(ours({ ...args, message: { value: null } })).toBe(0)
})

test('crc32c of the check value and of parts', () => {
  const check = Buffer.from('xx123456789x')
  expect(crc32c(check, 2, 11)).toBe(0xe3069283)
  expect(crc32c(check, 2, 2)).toBe(0)
})

const empty: ProduceData = { acks: -1, timeout: 30_000, topicData: [] }

function requestOf(messages: OutMessage[]): ProduceData {
  return { ...empty, topicData: [{ topic: 't', partitions: [{ partition: 0, messages }] }] }
}

function partitionAt(partitionId: number) {
  return { partitionId, leader: 1, partitionErrorCode: 0, replicas: [], isr: [] }
}

interface Given {
  messages: [OutMessage, timestampDelta: number][]
  firstOffset?: number
  firstTimestamp?: number
  appendTime?: boolean
}

/** A batch as kafkajs writes it, with the offset and the append time that a broker puts into it. */
async function batchOf({ messages, firstOffset = 5, firstTimestamp = NOW, appendTime }: Given) {
  const records = messages.map(([one, timestampDelta], offsetDelta) =>
    Record({ ...one, offsetDelta, timestampDelta }),
  )
  const maxTimestamp = NOW + 99
  const lastOffsetDelta = records.length - 1
  const batch = await RecordBatch({ records, firstTimestamp, maxTimestamp, lastOffsetDelta })
  const buffer = Buffer.from(batch.buffer)
  buffer.writeBigInt64BE(BigInt(firstOffset))
  if (appendTime) buffer.writeInt16BE(8, 21)
  return buffer
}

/** Batches behind their size, as a fetch answer has them. */
function framedSet(...batches: Buffer[]): Buffer {
  const set = Buffer.concat(batches)
  const size = Buffer.alloc(4)
  size.writeInt32BE(set.length)
  return Buffer.concat([size, set])
}

/** The members of messages, those of a prototype too. */
function plain(messages: readonly object[] | undefined) {
  return messages?.map((one) => ({ ...one, headers: (one as OutMessage).headers }))
}
