import { canonicalize } from '@prooftrail/trail/encoding'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { arbitraryOf } from './avro/arbitrary.fixtures.ts'
import { Output } from './avro/output.ts'
import { compileReader } from './avro/read-avro.ts'
import { compileWriter } from './avro/write-avro.ts'

const shape = {
  kind: 'record',
  name: 'prooftrail.Some',
  fields: [{ name: 'json', optional: false, shape: { kind: 'json' } }],
} as const
const write = compileWriter(shape)
const read = compileReader(shape, 'outside')

function readText(text: string): unknown {
  const out = new Output()
  out.begin(0)
  out.text(text)
  return Object(read(out.take(), 0)).json
}

test('a json member is written as JCS writes it, integer-like keys included', () => {
  fc.assert(
    fc.property(arbitraryOf({ kind: 'json' }), (json) => {
      const written = write({ json }, 0)
      if (!('bytes' in written)) throw new Error('it did not fit')
      expect(written.bytes.toString('utf8')).toContain(canonicalize(json))
      expect(canonicalize(read(written.bytes, 0))).toBe(canonicalize({ json }))
    }),
    { numRuns: 500 },
  )
})

test('a json member that comes from outside is read in its one spelling only', () => {
  expect(readText('{"10":2,"9":1,"a":{"b":2,"c":1}}')).toEqual({ 9: 1, 10: 2, a: { b: 2, c: 1 } })
  for (const text of [
    '{"9":1,"10":2}',
    '{"a":"\\ud800"}',
    '[null]',
    '[9007199254740992]',
    '{"__proto__":1}',
    '['.repeat(70) + ']'.repeat(70),
    '{"a":1,"a":1}',
    '{',
  ]) {
    expect(() => readText(text)).toThrow(RangeError)
  }
})
