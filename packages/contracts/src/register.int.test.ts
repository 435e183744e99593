import { workOrder } from '@prooftrail/testing/contracts'
import { Link } from '@prooftrail/trail'
import { beforeAll, describe, expect, test } from 'vitest'
import { openCodec } from './codec.ts'
import { registerSchemas, registerSubject, registerToolSubject } from './register.ts'
import { askRegistry } from './registry.ts'
import { RegistryLookups } from './registry-lookups.ts'
import { subjectFor, topics } from './topics.ts'

/** Set by the global setup of the project. */
const url = process.env.SCHEMA_REGISTRY_URL ?? ''
const name = 'exception.resolved'
const schema: { fields: { name: string; type: unknown }[] } = JSON.parse(topics[name].schema)
const withFields = (fields: object[]) => JSON.stringify({ ...schema, fields })
/** A subject that only this run uses: what is registered stays. */
const subject = `prooftrail.test.${Date.now()}.v1-value`

beforeAll(() => registerSchemas({ url }))

describe('given a registered subject, when another schema is registered', () => {
  beforeAll(() => registerSubject({ url }, subject, topics[name].schema))

  test.each<[string, object[]]>([
    ['a new required field', [...schema.fields, { name: 'x', type: 'string' }]],
    ['a removed required field', schema.fields.slice(1)],
    [
      'another type',
      schema.fields.map((field, i) => (i === 0 ? { ...field, type: 'long' } : field)),
    ],
  ])(
    'then %s is refused by the registry, and the error names subject and reason',
    async (_, fields) => {
      const refused = registerSubject({ url }, subject, withFields(fields))
      await expect(refused).rejects.toMatchObject({
        code: 'PT-9020',
        message: expect.stringContaining(subject),
      })
    },
  )
  test('then a new optional field is a new version, and the old one stays found', async () => {
    const optional = [...schema.fields, { name: 'x', type: ['null', 'string'], default: null }]
    const next = await registerSubject({ url }, subject, withFields(optional))
    const before = await registerSubject({ url }, subject, topics[name].schema)
    expect(next).not.toBe(before)
  })
})

test('every subject stands at FULL_TRANSITIVE, and saying it again changes no id', async () => {
  const ids = new Map<string, number>()
  await registerSchemas({ url, onProgress: (of, id) => ids.set(of, id) })
  const again = new Map<string, number>()
  await registerSchemas({ url, onProgress: (of, id) => again.set(of, id) })
  expect(again).toEqual(ids)
  for (const of of ids.keys()) {
    const { body } = await askRegistry({ url }, `/config/${encodeURIComponent(of)}`)
    expect(body.compatibilityLevel).toBe('FULL_TRANSITIVE')
  }
})

test('a message makes its way through the real registry, tools included', async () => {
  await registerToolSubject({ url }, 'tokenops')
  const writer = openCodec({ url })
  await writer.ready(['work-order.submitted', 'execution.commanded'], 'tokenops')
  expect(writer.isReady('execution.commanded', 'tokenops')).toBe(true)
  const wire = { object: workOrder, after: [], key_id: 'k', signature: 's' }
  const link = Link.fromWire('work_order', wire)
  const bytes = writer.encode('work-order.submitted', link)
  expect(bytes[0]).toBe(0)
  const found = await askRegistry({ url }, `/schemas/ids/${bytes.readUInt32BE(1)}`)
  expect(JSON.parse(String(found.body.schema))).toEqual(
    JSON.parse(topics['work-order.submitted'].schema),
  )
  expect(subjectFor('work-order.submitted')).toBe('prooftrail.work-order.submitted.v1-value')
  const reader = openCodec({ url })
  expect(await reader.decode('prooftrail.work-order.submitted.v1', bytes)).toEqual(link)
})

test('an id that nobody registered is poison', async () => {
  const bytes = Buffer.from([0, 0x7f, 0xff, 0xff, 0xff, 0])
  const decoded = Promise.resolve().then(() =>
    openCodec({ url }).decode('prooftrail.parked.v1', bytes),
  )
  await expect(decoded).rejects.toMatchObject({ code: 'PT-9002' })
})

test('behind many unknown ids, every version of the topic’s subject is found by its list', async () => {
  const of = `prooftrail.test.${Date.now()}.v2`
  const optional = { name: `x${Date.now()}`, type: ['null', 'string'], default: null }
  const ids = [
    await registerSubject({ url }, `${of}-value`, topics[name].schema),
    await registerSubject({ url }, `${of}-value`, withFields([...schema.fields, optional])),
  ]
  const lookups = new RegistryLookups({ url }, (text) => text.length)
  const ask = async (id: number) => lookups.find(id, of)
  const unknown = Array.from({ length: 30 }, (_, n) => 0x7f000000 + n)
  for (const id of unknown.slice(0, 20)) {
    await expect(ask(id)).rejects.toMatchObject({ code: 'PT-9002' })
  }
  await Promise.all(unknown.slice(20).map((id) => expect(ask(id)).rejects.toHaveProperty('code')))
  for (const id of ids) expect(await ask(id)).toBeGreaterThan(0)
})
