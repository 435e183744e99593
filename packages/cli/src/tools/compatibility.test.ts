import type { Manifest } from '@prooftrail/contracts'
import { expect, test } from 'vitest'
import { breakingChanges, isMajorChange, narrowings } from './compatibility.ts'
import { manifestFor } from './scaffold-files.ts'

const last = manifestFor('weather')
const item = {
  type: 'object',
  required: ['a'],
  properties: { a: { type: 'string', maxLength: 5 } },
}

test('given a wider schema, when compared, then nothing is narrower', () => {
  const wider = { type: ['object', 'string'], properties: { a: { maxLength: 9 }, b: {} } }
  expect(narrowings(item, wider)).toEqual([])
  expect(narrowings(item, undefined)).toEqual([])
  expect(narrowings({ type: 'integer' }, { type: 'number' })).toEqual([])
  expect(narrowings({ enum: ['a'] }, { enum: ['a', 'b'], title: 'letters' })).toEqual([])
})

test('given a narrower schema, when compared, then every place is named', () => {
  const narrower = {
    type: 'object',
    required: ['a', 'b'],
    properties: { a: { type: 'integer', maxLength: 3 } },
    additionalProperties: false,
    not: { const: 1 },
  }
  expect(narrowings(item, narrower).map((fault) => fault.split(':')[0])).toEqual([
    '/required',
    '/properties',
    '/properties/a/type',
    '/properties/a/maxLength',
    '/not',
  ])
  expect(narrowings({ enum: ['a', 'b'] }, { enum: ['a'] })).toHaveLength(1)
})

test('given a release that asks for more, when compared, then agents are broken', () => {
  const next: Manifest = {
    ...last,
    evidence: {
      measurement: { description: 'x', required: true, weight: 1 },
      note: { description: 'x', required: false, weight: 0 },
      station: { description: 'x', required: true, weight: 1 },
    },
    capabilities: ['other'],
  }
  expect(breakingChanges(last, last)).toEqual([])
  expect(breakingChanges(last, next)).toEqual([
    '/evidence/location is gone',
    '/evidence/station is required now',
    '/capabilities: weather_check is gone',
  ])
})

test('given a package that promises less, when compared, then its readers are broken', () => {
  const { result_package_schema: _, ...silent } = last
  const promise = { type: 'object', required: ['package_type', 'answer'] }
  const before: Manifest = { ...last, result_package_schema: promise }
  const less: Manifest = { ...last, result_package_schema: { ...promise, required: ['answer'] } }
  const more: Manifest = {
    ...last,
    result_package_schema: { ...promise, required: ['answer', 'package_type', 'more'] },
  }
  expect(breakingChanges(before, more)).toEqual([])
  expect(breakingChanges(before, less)).toHaveLength(1)
  expect(breakingChanges(before, silent)).toEqual(['/result_package_schema is gone'])
  expect(breakingChanges(silent, before)).toEqual([])
})

test('given versions, then the major number says what may break', () => {
  expect(isMajorChange('1.2.0', '2.0.0')).toBe(true)
  expect(isMajorChange('0.1.0', '0.2.0')).toBe(true)
  expect(isMajorChange('1.2.0', '1.3.0')).toBe(false)
})
