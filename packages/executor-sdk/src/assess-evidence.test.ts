import { describe, expect, test } from 'vitest'
import { assessEvidence, evidenceItems, scoreEvidence } from './assess-evidence.ts'
import { exampleManifest as manifest } from './example-tool.ts'

const issued_at = '2026-03-02T09:00:00.000Z'
const fresh = '2026-02-20T09:00:00.000Z'
const old = '2026-01-01T09:00:00.000Z'
const item = (reference: string, more: object = {}) => ({ reference, ...more })

function statesOf(evidence: Parameters<typeof evidenceItems>[0]) {
  const { evidence_status, evidence_score, lines } = assessEvidence(manifest, {
    evidence,
    issued_at,
  })
  const states = Object.fromEntries(lines.map((line) => [line.evidence_class, line.state]))
  return { evidence_status, evidence_score, ...states }
}

describe('the worth of evidence', () => {
  test('all required classes usable: sufficient, 100; optional ones are not asked for', () => {
    expect(statesOf({ first: item('a', { issued_at: fresh }), second: item('b') })).toEqual({
      evidence_status: 'sufficient',
      evidence_score: 100,
      first: 'present',
      second: 'present',
      third: 'not_required',
    })
  })

  test('the score is the weight of what is usable, rounded down', () => {
    expect(statesOf({ first: item('a') })).toMatchObject({
      evidence_score: 66,
      evidence_status: 'partial',
      second: 'missing',
    })
  })

  test('below the floor it is insufficient, at the floor partial', () => {
    expect(statesOf({ second: item('b') })).toMatchObject({
      evidence_score: 33,
      evidence_status: 'insufficient',
    })
    const lenient = { ...manifest, evidence_floor: 33 }
    const found = assessEvidence(lenient, { evidence: { second: item('b') }, issued_at })
    expect(found.evidence_status).toBe('partial')
  })

  test('an item older than its class allows is stale, against the command’s time', () => {
    const evidence = { first: item('a', { issued_at: old }), second: item('b', { issued_at: old }) }
    expect(statesOf(evidence)).toMatchObject({ first: 'stale', second: 'present' })
    const then = assessEvidence(manifest, { evidence, issued_at: '2026-01-31T09:00:00.000Z' })
    expect(then.evidence_score).toBe(100)
  })

  test('an unresolved item makes its class unresolved, said either way', () => {
    const evidence = {
      first: item('a', { unresolved: true }),
      second: item('b', { status: 'unresolved' }),
    }
    expect(statesOf(evidence)).toMatchObject({ first: 'unresolved', second: 'unresolved' })
  })

  test('a class is as good as its worst item; a later one mends it by naming what it replaces', () => {
    const stale = item('a', { issued_at: old })
    expect(statesOf({ first: [stale, item('c')] })).toMatchObject({ first: 'stale' })
    expect(statesOf({ first: [stale, item('c', { replaces: 'a' })] })).toMatchObject({
      first: 'present',
    })
    expect(statesOf({ first: [stale, item('a', { issued_at: fresh })] })).toMatchObject({
      first: 'present',
    })
  })

  test('an item that replaces its own reference stands', () => {
    const items = evidenceItems(
      { first: [item('a', { n: 1 }), item('a', { n: 2, replaces: 'a' })] },
      'first',
    )
    expect(items.map(({ n }) => n)).toEqual([2])
  })

  test('an optional class that is stale is named and does not count', () => {
    const evidence = { first: item('a'), second: item('b'), third: item('c', { issued_at: old }) }
    expect(statesOf(evidence)).toMatchObject({ third: 'stale', evidence_score: 100 })
  })

  test('a required class without weight keeps the score below 100', () => {
    const { evidence } = manifest
    const second = { description: 'Second.', required: true, weight: 0 }
    const odd = { ...manifest, evidence: { ...evidence, second } }
    const found = assessEvidence(odd, { evidence: { first: item('a') }, issued_at })
    expect(found).toMatchObject({ evidence_score: 99, evidence_status: 'partial' })
  })

  test('lines that are not those of the manifest are refused', () => {
    const { lines } = assessEvidence(manifest, { evidence: {}, issued_at })
    expect(() => scoreEvidence(manifest, lines.slice(1))).toThrow('one line per class')
    const waived = lines.map((line) => ({ ...line, state: 'not_required' as const }))
    expect(() => scoreEvidence(manifest, waived)).toThrow('first is required')
  })
})
