/** schemas/openapi.json is a document that others can read. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Validator } from '@seriousme/openapi-schema-validator'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { expect, test } from 'vitest'
import { ROOT } from './repo/files.ts'

const text = readFileSync(join(ROOT, 'schemas/openapi.json'), 'utf8')
const document: { paths: Record<string, Record<string, { operationId: string }>> } =
  JSON.parse(text)
const operations = Object.values(document.paths).flatMap((item) => Object.values(item))

test('it is a valid OpenAPI 3.1 document', async () => {
  const validator = new Validator()
  const { valid, errors } = await validator.validate(JSON.parse(text))
  expect(errors ?? []).toEqual([])
  expect([valid, validator.version]).toEqual([true, '3.1'])
})

test('every operation has a name of its own', () => {
  const names = operations.map(({ operationId }) => operationId)
  expect(new Set(names).size).toBe(names.length)
})

test('every schema compiles, and every reference leads somewhere', () => {
  const ajv = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false })
  addFormats.default(ajv)
  ajv.addVocabulary(['components', 'paths', 'info', 'openapi', 'servers', 'tags'])
  ajv.addSchema({ ...JSON.parse(text), $id: 'openapi' })
  const pointers = schemasIn(document, '')
  expect(pointers.length).toBeGreaterThan(20)
  for (const pointer of pointers) ajv.compile({ $ref: `openapi#${pointer}` })
})

/** JSON pointers of all that stands under `schema`. */
function schemasIn(value: unknown, at: string): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, one]) => {
    const here = `${at}/${encodeURIComponent(name.replaceAll('~', '~0').replaceAll('/', '~1'))}`
    return name === 'schema' ? [here] : schemasIn(one, here)
  })
}
