import { exampleKey, makeExampleTrail } from '@prooftrail/testing/trail'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Link } from './link.ts'
import { Seal } from './seal.ts'
import { readStored, storedText } from './stored.ts'

const key = exampleKey('agent-example', ['agent'])
const object = { text: 'a "quoted"\nline', list: [1, { b: 2, a: 1 }] }
const link = Link.sign('work_order', object, [{ name: 'x', digest: 'sha256:0' }], key)
const seal = makeExampleTrail({ kind: 'standard' }).links.flatMap((one) =>
  'seal' in one ? [one.seal] : [],
)[0]

test('what holds links and seals comes back as it was', () => {
  const state = { items: [{ name: 'work_order', link }, { seal }], late: {}, absent: undefined }
  const text = storedText(state)
  const back = Object(readStored(text))
  expect(back.items[0].link).toBeInstanceOf(Link)
  expect(back.items[0].link.toJSON()).toEqual(link.toJSON())
  expect(back.items[0].link.kind).toBe('work_order')
  expect(back.items[0].link.isSignedBy(key.privateKey)).toBe(true)
  expect(back.items[1].seal).toBeInstanceOf(Seal)
  expect(back.items[1].seal.envelope).toEqual(seal?.envelope)
  expect(Object.keys(back)).toEqual(['items', 'late'])
  expect(storedText(back)).toBe(text)
})

test('a text is JSON in which people find the objects', () => {
  expect(JSON.parse(storedText({ link }))).toMatchObject({
    link: { $signed: 'work_order', object },
  })
})

test('everything else is what JSON makes of it, and is never taken for a link', () => {
  const marked = fc.constantFrom('$signed', 'value', 'object', 'after', 'kind')
  const { value: any } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.jsonValue(),
      fc.constantFrom('', 'work_order', 'seal', undefined),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(marked, tie('value'), { noNullPrototype: true }),
    ),
  }))
  const plain = (value: unknown) => JSON.parse(JSON.stringify(value) ?? 'null')
  fc.assert(
    fc.property(any, (value) => {
      expect(readStored(storedText(value))).toEqual(plain(value))
      const back = Object(readStored(storedText({ value, link })))
      expect(back.link).toBeInstanceOf(Link)
      expect(back.value ?? null).toEqual(plain(value))
    }),
    { numRuns: 500 },
  )
})
