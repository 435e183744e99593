import { expect, test } from 'vitest'
import { generateKeyPair } from './keys.ts'
import {
  isRecordOf,
  isRecordOfLater,
  recordBytes,
  type SignedRecord,
  signRecord,
} from './record.ts'

const { privateKey, publicKey } = generateKeyPair()
const other = generateKeyPair().publicKey
const signed = signRecord({ b: 1, a: 'x' }, privateKey)

test('a record is signed over the canonical bytes of all members but the signature', () => {
  expect(Buffer.from(recordBytes(signed)).toString()).toBe('{"a":"x","b":1}')
  expect(isRecordOf(signed, publicKey)).toBe(true)
})

test('the same members give the same signature, and a signature that was there is no matter', () => {
  expect(signRecord({ ...signed, signature: 'before' }, privateKey)).toEqual(signed)
})

const { signature: _, ...unsigned } = signed
test.each<[string, SignedRecord & Record<string, unknown>]>([
  ['a changed member', { ...signed, b: 2 }],
  ['a member more', { ...signed, c: 1 }],
  ['no signature', unsigned],
  ['base64 that is not the one encoding', { ...signed, signature: signed.signature.slice(0, -2) }],
  ['what has no canonical form', { ...signed, b: Number.NaN }],
])('with %s it is nobody’s', async (_name, record) => {
  expect(isRecordOf(record, publicKey)).toBe(false)
  expect(await isRecordOfLater(record, publicKey)).toBe(false)
})

test('it is that key’s only, and of no key that is none', async () => {
  expect(isRecordOf(signed, other)).toBe(false)
  expect(isRecordOf(signed, { x: 'none' })).toBe(false)
  expect(await isRecordOfLater(signed, publicKey)).toBe(true)
})
