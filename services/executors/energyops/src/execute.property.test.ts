import { readFileSync } from 'node:fs'
import type { Manifest } from '@prooftrail/contracts'
import type { EvidenceItem } from '@prooftrail/executor-sdk'
import { conclude } from '@prooftrail/executor-sdk/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { execute } from './execute.ts'

// the file is this tool's own, checked by the SDK's cases
const manifest = JSON.parse(
  readFileSync(new URL('../manifest.json', import.meta.url), 'utf8'),
) as Manifest

const CLASSES = ['applications', 'site_control', 'diagrams', 'study_artifacts', 'correspondence']
type Packet = Record<string, EvidenceItem[]>

const item = fc.record(
  {
    status: fc.constantFrom('done', 'Approved', 'pending', 'withdrawn', 'wat'),
    issued_at: fc.constantFrom('2026-02-01', '2019-01-01', '2026-02-01T00:00:00+02:00', 'May'),
    expires_at: fc.constantFrom('2050-01-01', '2020-01-01'),
    capacity_mw_ac: fc.constantFrom(20, '20.0', 25),
  },
  { requiredKeys: [] },
)

/** One to three items of each class, named by class and place. */
const packet: fc.Arbitrary<Packet> = fc
  .tuple(...CLASSES.map(() => fc.array(item, { minLength: 1, maxLength: 3 })))
  .map((all) =>
    Object.fromEntries(
      CLASSES.map((name, i) => [
        name,
        (all[i] ?? []).map((one, n) => ({ reference: `${i}-${n}`, ...one })),
      ]),
    ),
  )

const READINESS = ['not_ready', 'incomplete', 'ready_with_exceptions', 'ready']

async function conclusionOf(given: Packet) {
  const milestones = [{ reference: 'm', milestone: 'deposit', status: 'done' }]
  // Evidence is JSON; the items hold texts and numbers only.
  const evidence = JSON.parse(JSON.stringify({ ...given, milestones }))
  const concluded = await conclude(manifest, execute, { evidence })
  if ('fault' in concluded) throw new Error(concluded.fault.detail)
  const { evidence_score, result_package } = concluded.conclusion
  return { score: evidence_score, rank: READINESS.indexOf(Object(result_package).readiness_status) }
}

describe('a conclusion', () => {
  test('is never improved by an item that is void, over or not understood', async () => {
    const bad = fc.constantFrom(
      { status: 'withdrawn' },
      { status: 'no such word' },
      { expires_at: '2020-01-01' },
      { issued_at: 'yesterday' },
      { unresolved: 'yes' },
      { capacity: '20 MW' },
      { kind: 'notice of deficiency' },
    )
    await fc.assert(
      fc.asyncProperty(packet, bad, fc.constantFrom(...CLASSES), async (given, members, name) => {
        const before = await conclusionOf(given)
        const more = {
          ...given,
          [name]: [...(given[name] ?? []), { reference: 'more', ...members }],
        }
        const after = await conclusionOf(more)
        expect(after.score).toBeLessThanOrEqual(before.score)
        expect(after.rank).toBeLessThanOrEqual(before.rank)
      }),
    )
  })

  test('does not depend on the order of items, nor on their references', async () => {
    await fc.assert(
      fc.asyncProperty(packet, async (given) => {
        const before = await conclusionOf(given)
        const turned = Object.fromEntries(
          Object.entries(given)
            .reverse()
            .map(([name, items]) => [name, [...items].reverse()]),
        )
        expect(await conclusionOf(turned)).toEqual(before)
        const renamed = Object.fromEntries(
          Object.entries(given).map(([name, items]) => [
            name,
            items.map((one, i) => ({ ...one, reference: `other-${i}` })),
          ]),
        )
        expect(await conclusionOf(renamed)).toEqual(before)
      }),
    )
  })
})
