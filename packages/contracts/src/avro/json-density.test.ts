import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isDenseJson } from './json-density.ts'

/** Whether JSON text opens more than so many lists and objects. */
function opensMore(text: string, most: number, before = ''): boolean {
  const bytes = Buffer.from(before + text)
  return isDenseJson(bytes, Buffer.byteLength(before), bytes.length, () => most)
}

function containersIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  return Object.values(value).reduce<number>((sum, one) => sum + containersIn(one), 1)
}

test('exactly the lists and objects of any JSON count, whatever its texts hold', () => {
  const text = fc.oneof(fc.string(), fc.constantFrom('{', '[[', '\\"{', '"', '\\', '{"a":[]}'))
  const json = fc.letrec((tie) => ({
    any: fc.oneof(
      { maxDepth: 4 },
      text,
      fc.double(),
      fc.array(tie('any')),
      fc.dictionary(text, tie('any')),
    ),
  })).any
  fc.assert(
    fc.property(json, fc.string({ maxLength: 5 }), (value, before) => {
      const count = containersIn(JSON.parse(JSON.stringify(value)))
      const written = JSON.stringify(value)
      // a text shorter than what is allowed is not looked at
      if (count < Buffer.byteLength(written)) expect(opensMore(written, count, before)).toBe(false)
      if (count > 0) expect(opensMore(written, count - 1, before)).toBe(true)
    }),
  )
})
