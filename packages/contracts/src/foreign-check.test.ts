import { describe, expect, test } from 'vitest'
import { checkForeign } from './foreign-check.ts'

/** The first fault in words, or none; and how long the answer took. */
function told(key: string, schema: object, value: unknown) {
  const begun = performance.now()
  const [first] = checkForeign(key, () => schema, value)
  return { fault: first && `${first.instancePath} ${first.message}`, ms: performance.now() - begun }
}

const branches = Array.from({ length: 390 }, (_, i) => ({ const: i }))
const items = Array.from({ length: 10_000 }, () => 'x')

describe('given a schema that somebody announced', () => {
  test('when a value breaks it in many places then one fault is told', () => {
    const schema = { type: 'array', items: { type: 'integer' } }
    expect(checkForeign('many', () => schema, items)).toHaveLength(1)
  })
  test('when all of many items meet all of many branches then it is refused unchecked', () => {
    const { fault, ms } = told('wide', { type: 'array', items: { anyOf: branches } }, items)
    expect(fault).toMatch(/^ too much to check: \d+ steps/)
    expect(ms).toBeLessThan(1_000)
  })
  test('when a pattern would meet a long text then it is refused unchecked', () => {
    const schema = { type: 'object', properties: { a: { type: 'string', pattern: '^a+b' } } }
    expect(told('long', schema, { a: 'a'.repeat(100_001) }).fault).toMatch(/too much to check/)
    expect(told('long', schema, { a: `${'a'.repeat(1_000)}b` }).fault).toBeUndefined()
  })
  test('when no pattern reads it then a long text is as good as another', () => {
    const schema = { type: 'object', properties: { a: { type: 'string' } } }
    expect(told('plain', schema, { a: 'a'.repeat(1_000_000) }).fault).toBeUndefined()
  })
})
