import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { assessEvidence, evidenceItems, scoreEvidence } from './assess-evidence.ts'
import { exampleManifest as manifest } from './example-tool.fixtures.ts'

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

  test.each<[string, object, string]>([
    ['expired word', { status: 'expired' }, 'unresolved'],
    ['withdrawn mark', { withdrawn: true }, 'unresolved'],
    ['failed', { status: 'FAILED' }, 'unresolved'],
    ['reverted', { status: 'reverted' }, 'unresolved'],
    ['dropped', { status: 'Dropped' }, 'unresolved'],
    ['disputed', { status: 'disputed' }, 'unresolved'],
    ['pending', { status: 'pending' }, 'unresolved'],
    ['superseded, and nothing else', { superseded_by: 'z' }, 'unresolved'],
    ['unknown word', { status: 'frobnicated' }, 'unresolved'],
    ['no text', { status: 1 }, 'unresolved'],
    ['unresolved as text', { unresolved: 'true' }, 'unresolved'],
    ['past expiry', { expires_at: '2026-03-02T10:00:00+01:00' }, 'stale'],
    ['expiry by day', { valid_until: '2026-03-01' }, 'stale'],
    ['expiry that is to come', { valid_until: '2026-03-02' }, 'present'],
    ['expiry that cannot be read', { expires_at: '3/1/2027' }, 'unresolved'],
    ['not yet valid', { valid_from: '2026-04-01' }, 'unresolved'],
    ['future', { issued_at: '2062-03-01T00:00:00Z' }, 'unresolved'],
    ['clock a little ahead', { issued_at: '2026-03-02T09:05:00Z' }, 'present'],
    ['zone of hours only', { issued_at: '2019-03-01T09:00:00+01' }, 'unresolved'],
    ['no zone', { issued_at: '2026-03-01T09:00:00' }, 'unresolved'],
    ['date that is no text', { issued_at: 1_772_442_000 }, 'unresolved'],
    ['old leap second', { issued_at: '2016-12-31T23:59:60Z' }, 'stale'],
    ['same instant as +01:00', { issued_at: '2019-03-01T09:00:00+01:00' }, 'stale'],
    ['bare date', { issued_at: '2026-03-01' }, 'present'],
    ['settled', { status: 'Approved' }, 'present'],
  ])('an item says of itself: %s', (_, more, state) => {
    expect(statesOf({ first: item('a', more) })).toMatchObject({ first: state })
  })

  test('what was read and what is known is told', () => {
    const evidence = { first: item('a', { status: 'frobnicated' }) }
    const [line] = assessEvidence(manifest, { evidence, issued_at }).lines
    expect(line?.detail).toMatch(
      /^a has a status "frobnicated" that is on no list \(known are done: /,
    )
    const dated = { first: item('a', { issued_at: '2.3.2026' }) }
    expect(assessEvidence(manifest, { evidence: dated, issued_at }).lines[0]?.detail).toContain(
      'a has the issued_at "2.3.2026", which cannot be read',
    )
  })

  test('what is superseded is set aside where something else holds', () => {
    const evidence = { first: [item('old', { status: 'superseded', issued_at: old }), item('new')] }
    expect(statesOf(evidence)).toMatchObject({ first: 'present' })
  })

  test('a class says which meanings it can use, and adds words of its trade', () => {
    const { first } = manifest.evidence
    const own = {
      status_words: { mined: 'open' as const },
      usable_statuses: ['done' as const, 'open' as const],
    }
    const lenient = {
      ...manifest,
      evidence: { ...manifest.evidence, first: { ...first, ...own } } as typeof manifest.evidence,
    }
    const stateOf = (status: string) =>
      assessEvidence(lenient, { evidence: { first: item('a', { status }) }, issued_at }).lines[0]
        ?.state
    expect(['Mined', 'pending', 'paid', 'failed', 'odd'].map(stateOf)).toEqual([
      ...['present', 'present', 'present', 'unresolved', 'unresolved'],
    ])
  })

  test('adding an item that does not stand never raises a score or a status', () => {
    const good = fc.record({ reference: fc.constantFrom('a', 'b', 'c') })
    const bad = fc.oneof(
      fc
        .constantFrom('void', 'Expired', 'withdrawn', 'failed', 'reverted', 'superseded', 'odd')
        .map((status) => ({ status })),
      fc.constantFrom({ unresolved: 1 }, { issued_at: '2062-01-01' }, { expires_at: '2020-01-01' }),
    )
    const added = fc.tuple(fc.constantFrom('a', 'x'), bad).map(([name, more]) => item(name, more))
    const list = fc.array(fc.oneof(good, added), { maxLength: 4 })
    const rank = ['insufficient', 'partial', 'sufficient']
    fc.assert(
      fc.property(
        list,
        list,
        added,
        fc.constantFrom('first', 'second'),
        fc.nat(4),
        (first, second, one, name, at) => {
          const evidence = { first, second }
          const before = assessEvidence(manifest, { evidence, issued_at })
          const more = [...evidence[name]]
          more.splice(Math.min(at, more.length), 0, one)
          const after = assessEvidence(manifest, {
            evidence: { ...evidence, [name]: more },
            issued_at,
          })
          expect(after.evidence_score).toBeLessThanOrEqual(before.evidence_score)
          expect(rank.indexOf(after.evidence_status)).toBeLessThanOrEqual(
            rank.indexOf(before.evidence_status),
          )
        },
      ),
    )
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
