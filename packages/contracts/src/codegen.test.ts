import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Parser } from '@asyncapi/parser'
import { describe, expect, test } from 'vitest'
import { expand, readCatalogue } from '../codegen/catalogue.ts'
import { generate, ROOT } from '../codegen.ts'
import { parseShape, type Shape, ShapeError } from './avro/shape.ts'
import { TOPIC_NAMES, topicFor, topics } from './topics.ts'

const catalogue = readCatalogue(join(ROOT, 'schemas'))

test('generated files are what codegen writes', async () => {
  for (const [path, text] of await generate(ROOT)) {
    expect(readFileSync(join(ROOT, path), 'utf8'), `${path}: run npm run codegen`).toBe(text)
  }
})

test('the AsyncAPI document is valid', async () => {
  const text = readFileSync(join(ROOT, 'schemas/asyncapi.json'), 'utf8')
  const { document, diagnostics } = await new Parser({ ruleset: { recommended: false } }).parse(
    text,
  )
  expect(diagnostics.filter(({ severity }) => severity === 0)).toEqual([])
  expect(document?.channels().all()).toHaveLength(TOPIC_NAMES.length)
}, 30_000)

describe('the rules of schemas', () => {
  test('every topic and every shared record keeps to the subset', () => {
    for (const { record } of catalogue.topics)
      expect(() => parseShape(expand(record, catalogue.shared))).not.toThrow()
  })
  test.each<[string, object]>([
    ['an enum', { type: { type: 'enum', name: 'E', symbols: ['A'] } }],
    ['a float', { type: 'float' }],
    ['a double', { type: 'double' }],
    ['bytes', { type: 'bytes' }],
    ['a null', { type: 'null' }],
    ['another default', { type: 'string', default: '' }],
    ['an optional without default', { type: ['null', 'string'] }],
    ['a wider union', { type: ['null', 'string', 'long'], default: null }],
    ['a union without null', { type: ['string', 'long'] }],
    ['a foreign logical type', { type: { type: 'long', logicalType: 'timestamp-millis' } }],
  ])('%s is refused', (_, field) => {
    const schema = { type: 'record', name: 'X', fields: [{ name: 'a', ...field }] }
    expect(() => parseShape(schema)).toThrow(ShapeError)
  })
  test('every key points to a text of the record', () => {
    for (const { meta, record } of catalogue.topics) {
      const shape = parseShape(expand(record, catalogue.shared))
      expect(`${meta.topic} ${kindAt(shape, meta.key)}`).toBe(`${meta.topic} string`)
    }
  })
  test('every shared record is used, but links that only code names', () => {
    const text = [...catalogue.shared.values(), ...catalogue.topics.map(({ record }) => record)]
      .map((record) => JSON.stringify(record))
      .join()
    for (const name of catalogue.shared.keys())
      if (!name.endsWith('Link')) expect(text).toContain(`"${name}"`)
  })
  test('a topic and its event type name each other', () => {
    for (const name of TOPIC_NAMES)
      expect(topicFor(name, topics[name].per_tool === true ? 'tokenops' : undefined)).toMatch(
        /^prooftrail\.[a-z.-]+\.v1$/,
      )
  })
})

/** What the pointer's place holds; undefined where there is none. */
function kindAt(shape: Shape, pointer: string): string | undefined {
  const path = pointer.split('/').slice(1)
  const found = path.reduce<Shape | undefined>((at, name) => {
    return at?.kind === 'record' ? at.fields.find((one) => one.name === name)?.shape : undefined
  }, shape)
  return found?.kind
}
