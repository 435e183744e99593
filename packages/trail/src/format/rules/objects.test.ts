import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonicalize } from '../../canonical.ts'
import { same } from './objects.ts'

/** JSON without nulls, of few names and values, so that many pairs are alike. */
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom('', 'a', '1', 0, -0, 1, 1.5, true, false),
    fc.array(tie('value'), { maxLength: 2 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'toString'), tie('value'), { maxKeys: 2 }),
  ),
}))

test('two JSON values are the same when their canonical texts are', () => {
  fc.assert(
    fc.property(value, value, (a, b) => {
      expect(same(a, b)).toBe(canonicalize(a) === canonicalize(b))
      expect(same(a, structuredClone(a))).toBe(true)
    }),
    { numRuns: 2_000 },
  )
})

test('an absent value is the same as an absent one alone', () => {
  expect(same(undefined, undefined)).toBe(true)
  expect([same(undefined, {}), same([], undefined), same({}, [])]).toEqual([false, false, false])
})
