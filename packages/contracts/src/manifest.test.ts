import { describe, expect, test } from 'vitest'
import {
  checkEvidence,
  checkManifest,
  evidenceClasses,
  evidenceSchema,
  type Manifest,
  manifestDigest,
} from './manifest.ts'
import { patternFault } from './safe-pattern.ts'

const manifest: Manifest = {
  manifest_version: 'prooftrail-tool-manifest/v1',
  tool: 'weather',
  version: '1.2.3',
  title: 'Weather',
  description: 'Says what the weather was.',
  capabilities: ['weather_review'],
  pilot_id: 'weather_controlled_pilot_001',
  steps: ['Accept', 'Create', 'Execute', 'Return', 'Review'],
  evidence: {
    station_log: {
      description: 'The log.',
      required: true,
      weight: 10,
      max_age_days: 30,
      item_schema: {
        properties: { station: { type: 'string', pattern: '^[A-Z]{4}$' } },
        required: ['station'],
      },
    },
    photo: { description: 'A photo.', required: false, weight: 0 },
  },
  proof_trail: [
    'work_order',
    'execution_command',
    'result_contract',
    'usage_receipt',
    'callback_delivery',
    'ledger_entry',
    'attestation',
  ],
  price: { credits: 3, metering_policy: 'fixed_credit_debit' },
  limits: { heartbeat_seconds: 5, deadline_seconds: 60, max_attempts: 3 },
}
const item_schema = (schema: object): unknown => ({
  ...manifest,
  evidence: { a: { description: 'A.', required: true, weight: 1, item_schema: schema } },
})
const nested = (levels: number): object => (levels === 0 ? {} : { not: nested(levels - 1) })
const told = (value: unknown) => checkManifest(value).map(({ code, path }) => `${code} ${path}`)

describe('a manifest', () => {
  test('that is well-formed has no faults', () => {
    expect(checkManifest(manifest)).toEqual([])
    expect(manifestDigest(manifest)).toMatch(/^sha256:[0-9a-f]{64}$/)
    expect(evidenceClasses(manifest).map(({ name }) => name)).toEqual(['station_log', 'photo'])
  })
  test.each<[string, object, string[]]>([
    ['tool', { tool: 'Weather' }, ['PT-9301 /tool']],
    ['version', { version: '1.2' }, ['PT-9301 /version']],
    ['steps', { steps: ['one'] }, ['PT-9301 /steps']],
    [
      'price',
      { price: { credits: -1, metering_policy: 'fixed_credit_debit' } },
      ['PT-9301 /price/credits'],
    ],
    ['two at once', { tool: 1, x: 1 }, ['PT-9301 /x', 'PT-9301 /tool']],
    [
      'class name',
      { evidence: { constructor: { description: 'x', required: true, weight: 1 } } },
      ['PT-9301 /evidence', 'PT-9301 /evidence'],
    ],
    [
      'unknown link',
      {
        proof_trail: [
          'work_order',
          'execution_command',
          'x',
          'result_contract',
          'usage_receipt',
          'callback_delivery',
          'ledger_entry',
          'attestation',
        ],
      },
      ['PT-9302 /proof_trail', 'PT-9302 /proof_trail'],
    ],
    [
      'end',
      {
        proof_trail: [
          'work_order',
          'execution_command',
          'result_contract',
          'usage_receipt',
          'callback_delivery',
          'attestation',
          'ledger_entry',
        ],
      },
      ['PT-9302 /proof_trail'],
    ],
    [
      'no contract',
      {
        proof_trail: [
          'work_order',
          'execution_command',
          'readiness_result',
          'usage_receipt',
          'callback_delivery',
          'ledger_entry',
          'attestation',
        ],
      },
      ['PT-9302 /proof_trail'],
    ],
    [
      'weights',
      { evidence: { photo: { description: 'x', required: false, weight: 1 } } },
      ['PT-9303 /evidence'],
    ],
    ['size', { result_package_schema: { description: 'x'.repeat(70_000) } }, ['PT-9305 ']],
  ])('is refused for its %s', (_, change, faults) => {
    expect(told({ ...manifest, ...change })).toEqual(faults)
  })
  test('a class may say what its status words mean, in the meanings that there are', () => {
    const photo = { description: 'A photo.', required: true, weight: 1 }
    const words = (more: object) =>
      told({ ...manifest, evidence: { photo: { ...photo, ...more } } })
    expect(words({ status_words: { Taken: 'done' }, usable_statuses: ['done', 'open'] })).toEqual(
      [],
    )
    expect(words({ status_words: { Taken: 'fine' } })).toEqual([
      'PT-9301 /evidence/photo/status_words/Taken',
    ])
    expect(words({ usable_statuses: ['failed'] })).toEqual([
      'PT-9301 /evidence/photo/usable_statuses/0',
    ])
  })
  test.each<[string, object]>([
    ['reference', { $ref: 'https://evil.example.com/schema' }],
    ['local reference', { $ref: '#/properties/a' }],
    ['dynamic reference', { $dynamicRef: '#a' }],
    ['id', { $id: 'https://evil.example.com/' }],
    ['unknown keyword', { shape: 1 }],
    ['depth', nested(40)],
    ['breadth', { anyOf: Array.from({ length: 500 }, () => ({})) }],
    ['keyword of another type', { minLength: 'x' }],
    ['format', { format: 'regex' }],
    ['pattern', { pattern: '^(a+)+$' }],
    ['name of the language', { properties: { constructor: {} } }],
    ['pattern of names', { propertyNames: { pattern: '(a|a)*' } }],
  ])('is refused for the %s of a schema', (_, schema) => {
    expect(told(item_schema(schema))[0]).toMatch(/^PT-9304/)
  })
})

describe('patterns of strangers', () => {
  test.each([
    '^(a+)+$',
    '^(a|a)*b',
    'a+b',
    '^a*a*b',
    '^.*.*x',
    '^(?=a)',
    '^(?<n>a)',
    '^(a)\\1',
    '^a|b+c',
    '^a{0,200}a{0,200}a{0,200}b',
    '^(',
    `^${'a'.repeat(300)}`,
    '^(a?|b?|c?)(a?|b?)(a|b)(a|b)(a|b)(a|b)c*',
    '^a*a{30000}b',
    '^a*a{200}a{200}b',
    '^(a{300}){30}b',
    1,
  ])('%j is refused', (pattern) => {
    expect(patternFault(pattern)).toBeTypeOf('string')
  })
  test.each([
    '^[A-Z]{4}$',
    '^[a-z][a-z0-9_-]{1,40}$',
    '^\\d{4}-\\d{2}-\\d{2}$',
    '^(USD|EUR|GBP)$',
    '^[0-9]+(?:\\.\\d{2})$',
    '^\\p{L}+$',
    '^[\\](+]{2,3}$',
  ])('%j may run', (pattern) => {
    expect(patternFault(pattern)).toBeUndefined()
  })
})

describe('evidence of an order', () => {
  const told = (evidence: unknown) =>
    checkEvidence(manifest, evidence, 'PT-1026').map(({ path }) => path)
  test('an item or a list of items of known classes passes', () => {
    expect(told({ station_log: { reference: 'r', station: 'EDDF' } })).toEqual([])
    expect(
      told({ station_log: [{ reference: 'r', station: 'EDDF', more: 1 }], photo: [] }),
    ).toEqual([])
    expect(told({})).toEqual([])
  })
  test('the first fault of each class is named by path, and no list grows with what was sent', () => {
    expect(
      told({
        x: 1,
        station_log: [{ station: 'eddf', issued_at: 'yesterday', digest: 'md5' }],
        photo: 'p',
      }).sort(),
    ).toEqual(['/photo', '/station_log/0/reference', '/x'])
    const many = Array.from({ length: 9_000 }, () => ({ station: 1 }))
    expect(told({ station_log: many })).toHaveLength(1)
  })
  test.each([
    ['2026-03-02T09:00:00Z', true],
    ['2026-03-02T09:00:00.5+01:00', true],
    ['2016-12-31T23:59:60Z', true],
    ['2026-03-02', true],
    ['2026-03-02T09:00:00+01', false],
    ['2026-03-02 09:00:00Z', false],
    ['2026-03-02T09:00:00', false],
    ['02/03/2026', false],
    ['2026-02-30', false],
  ])('the date %s passes the door: %s', (issued_at, passes) => {
    const faults = checkEvidence(manifest, { photo: { reference: 'p', issued_at } }, 'PT-1026')
    const detail = 'must be a time with a zone (RFC 3339) or a date YYYY-MM-DD'
    expect(faults).toEqual(passes ? [] : [{ code: 'PT-1026', path: '/photo/issued_at', detail }])
  })
  test('the schema is plain data and the same each time', () => {
    expect(evidenceSchema(structuredClone(manifest))).toEqual(evidenceSchema(manifest))
  })
})
