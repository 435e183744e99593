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

const hash = (n: number) => `0x${n.toString(16).padStart(4, '0').repeat(16)}`
const request = { reference: 'r', network: 'base', asset: 'USDC', amount: '10.0' }
const base = {
  payment_request_artifact: request,
  credit_ledger_entry: { reference: 'agent-example/1' },
  callback_destination: { reference: 'd' },
  public_safe_file_manifest: { reference: 'm', digest: `sha256:${'2'.repeat(64)}` },
}

/** A settlement as somebody might describe one, good or bad. */
const settlement: fc.Arbitrary<EvidenceItem> = fc.record(
  {
    reference: fc.integer({ min: 1, max: 9_999 }).map(hash),
    network: fc.constantFrom('base', 8453, 'eip155:8453', 'bsc', 'nowhere'),
    asset: fc.constantFrom('USDC', 'usdc', 'EURC', '0x12'),
    amount: fc.constantFrom('10.0', '5.0', '2.5', 'ten'),
    status: fc.constantFrom('success', 'Confirmed', 'pending', 'reverted', 'wat'),
  },
  { requiredKeys: ['reference'] },
)
const settlements = fc.uniqueArray(settlement, {
  selector: ({ reference }) => reference,
  minLength: 1,
  maxLength: 4,
})

async function scoreOf(settlement_reference: readonly EvidenceItem[]) {
  const evidence = {
    ...base,
    settlement_reference: settlement_reference.map((one) => ({ ...one })),
  }
  // Evidence is JSON; the items hold texts and numbers only.
  const concluded = await conclude(manifest, execute, {
    evidence: JSON.parse(JSON.stringify(evidence)),
  })
  if ('fault' in concluded) throw new Error(concluded.fault.detail)
  return concluded.conclusion.evidence_score
}

describe('a conclusion', () => {
  test('is never improved by an item that is void, over or not understood', async () => {
    const bad = fc.constantFrom(
      { status: 'reverted' },
      { status: 'no such word' },
      { expires_at: '2020-01-01' },
      { issued_at: 'yesterday' },
      { unresolved: 'yes' },
      { receipt_status: 0 },
      { network: 'nowhere' },
      { amount: '1,5' },
    )
    await fc.assert(
      fc.asyncProperty(settlements, bad, async (given, members) => {
        const before = await scoreOf(given)
        const more = [...given, { reference: hash(10_000), ...members }]
        expect(await scoreOf(more)).toBeLessThanOrEqual(before)
      }),
    )
  })

  test('does not depend on the order of items, nor on their references', async () => {
    await fc.assert(
      fc.asyncProperty(settlements, async (given) => {
        const score = await scoreOf(given)
        expect(await scoreOf([...given].reverse())).toBe(score)
        const renamed = given.map((one, i) => ({ ...one, reference: hash(20_000 + i) }))
        expect(await scoreOf(renamed)).toBe(score)
      }),
    )
  })
})
