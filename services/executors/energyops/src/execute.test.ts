import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { readManifest } from '@prooftrail/executor-sdk'
import { conclude, describeCases } from '@prooftrail/executor-sdk/testing'
import { describe, expect, test } from 'vitest'
import { execute } from './execute.ts'

const folder = fileURLToPath(new URL('..', import.meta.url))

describeCases({ describe, test }, folder, execute)

/** An example of the repository, concluded as if it were ordered at that time. */
async function concludeExample(name: string, issued_at: string) {
  const file = new URL(`../../../../examples/${name}`, import.meta.url)
  const { evidence, workflow_context } = JSON.parse(readFileSync(file, 'utf8'))
  const command = { evidence, workflow_context, issued_at }
  const concluded = await conclude(readManifest(folder), execute, command)
  if (!('conclusion' in concluded)) throw new Error(concluded.fault.detail)
  return concluded.conclusion
}

describe.each(['2026-11-23T06:00:00.000Z', '2036-01-01T00:00:00.000Z'])(
  'the examples, ordered at %s',
  (issued_at) => {
    test('a complete packet is ready', async () => {
      const conclusion = await concludeExample('energyops-complete.json', issued_at)
      expect(conclusion).toMatchObject({
        result_status: 'ready',
        evidence_score: 100,
        open_items: [],
        exceptions: [],
        links: { readiness_result: { readiness_status: 'ready', exceptions: [] } },
      })
    })

    test('a packet with gaps has exactly one missing, one stale, one unresolved, by name', async () => {
      const conclusion = await concludeExample('energyops-gaps.json', issued_at)
      expect(conclusion).toMatchObject({
        result_status: 'partial',
        evidence_status: 'partial',
        links: {
          evidence_checklist: { counts: { missing: 1, stale: 1, unresolved: 1 } },
          readiness_result: {
            readiness_status: 'incomplete',
            missing_items: ['diagrams'],
            stale_items: ['study_artifacts'],
            unresolved_items: ['site_control'],
          },
        },
      })
      expect(conclusion.open_items).toHaveLength(3)
      const tickets: unknown = conclusion.exceptions
      expect(tickets).toMatchObject([
        {
          exception_type: 'evidence_gap',
          missing_items: ['diagrams', 'site_control', 'study_artifacts'],
        },
      ])
    })
  },
)
