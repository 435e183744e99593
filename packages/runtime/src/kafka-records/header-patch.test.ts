import { createRequire } from 'node:module'
import { expect, test } from 'vitest'
import { gatherHeadersLinearly } from './header-patch.ts'

const require = createRequire(import.meta.url)
// kafkajs's own writer and reader of records; its inner modules have no types
const kafkajs = (path: string) => require(`kafkajs/src/protocol/${path}`)
const Decoder = kafkajs('decoder')
const encodeRecord = kafkajs('recordBatch/record/v0')
const decodeRecord = kafkajs('recordBatch/record/v0/decoder')

gatherHeadersLinearly()
gatherHeadersLinearly()

/** The headers of a record that was written and read by kafkajs. */
function readBack(headers: Record<string, unknown>): Record<string, unknown> {
  const { buffer } = encodeRecord({ key: Buffer.from('k'), value: Buffer.from('v'), headers })
  const decoder = new Decoder(buffer)
  decoder.readVarInt()
  return decodeRecord(decoder, { firstOffset: '0', firstTimestamp: '0' }).headers
}

test('headers come as kafkajs gives them: bytes, and a list where a name comes again', () => {
  const [one, two] = [Buffer.from('1'), Buffer.from('2')]
  expect(readBack({ a: one, b: [one, two] })).toEqual({ a: one, b: [one, two] })
  expect(readBack({})).toEqual({})
})

test('names that every object has are names like others', () => {
  const value = Buffer.from('v')
  const names = ['constructor', 'toString', '__proto__']
  const read = readBack(Object.fromEntries(names.map((name) => [name, value])))
  expect(Object.entries(read)).toEqual(names.map((name) => [name, value]))
})

test('a message of nothing but headers is read at once', () => {
  const names = Array.from({ length: 200_000 }, (_, i) => `h${i}`)
  const read = readBack(Object.fromEntries(names.map((name) => [name, Buffer.alloc(0)])))
  expect(Object.keys(read)).toHaveLength(names.length)
})
