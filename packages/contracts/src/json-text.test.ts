import { canonicalize } from '@prooftrail/trail'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { arbitraryOf } from './avro/arbitrary.fixtures.ts'
import { readJson, writeJson } from './avro/json-text.ts'

test('the quick way writes what JCS writes, integer-like keys included', () => {
  fc.assert(
    fc.property(arbitraryOf({ kind: 'json' }), (value) => {
      const text = writeJson(value)
      expect(text).toBe(canonicalize(value))
      expect(canonicalize(readJson(text))).toBe(text)
    }),
    { numRuns: 500 },
  )
  expect(writeJson({ 9: 1, 10: 2, a: { c: 1, b: 2 } })).toBe('{"10":2,"9":1,"a":{"b":2,"c":1}}')
  expect(readJson('{"10":2,"9":1}')).toEqual({ 9: 1, 10: 2 })
  expect(readJson('{"9":1,"10":2}')).toBeUndefined()
  expect(() => readJson('{"a":"\\ud800"}')).toThrow()
  expect(() => readJson('[null]')).toThrow()
  expect(() => readJson('[9007199254740992]')).toThrow()
  expect(() => readJson('{"__proto__":1}')).toThrow()
  expect(() => readJson('['.repeat(70) + ']'.repeat(70))).toThrow()
})
