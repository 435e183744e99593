/** Any value of a schema, for property tests. */
import fc from 'fast-check'
import type { RecordShape, Shape } from './shape.ts'

const text = fc.string({ unit: 'binary', maxLength: 12 })
const key = text.filter((one) => one !== '__proto__')
const number = fc.oneof(
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).filter((one) => !Number.isInteger(one)),
)

const { json } = fc.letrec<{ json: unknown }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    text,
    number,
    fc.boolean(),
    fc.array(tie('json'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(key, fc.nat(30).map(String)), tie('json'), {
      maxKeys: 4,
      noNullPrototype: true,
    }),
  ),
}))

/** Any JSON form that the shape holds. */
export function arbitraryOf(shape: Shape): fc.Arbitrary<unknown> {
  switch (shape.kind) {
    case 'string':
      return text
    case 'boolean':
      return fc.boolean()
    case 'int':
      return fc.integer()
    case 'long':
      return fc.maxSafeInteger()
    case 'json':
      return json
    case 'array':
      return fc.array(arbitraryOf(shape.items), { maxLength: 3 })
    case 'map':
      return fc.dictionary(key, arbitraryOf(shape.values), { maxKeys: 3, noNullPrototype: true })
    case 'record':
      return arbitraryRecord(shape)
  }
}

function arbitraryRecord({ fields }: RecordShape): fc.Arbitrary<Record<string, unknown>> {
  const members = Object.fromEntries(fields.map(({ name, shape }) => [name, arbitraryOf(shape)]))
  const requiredKeys = fields.filter(({ optional }) => !optional).map(({ name }) => name)
  return fc.record(members, { requiredKeys, noNullPrototype: true })
}
