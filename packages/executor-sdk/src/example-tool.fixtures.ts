import type { Manifest } from '@prooftrail/contracts'
import { generateKeyPair, type SigningKey, signingKeyFromJwk } from '@prooftrail/trail'

/** A small tool for the SDK's own tests: two required classes, one optional, one link of its own. */
export const exampleManifest: Manifest = {
  manifest_version: 'prooftrail-tool-manifest/v1',
  tool: 'exampletool',
  version: '1.0.0',
  title: 'Example',
  description: 'A tool for tests.',
  capabilities: ['example_check'],
  pilot_id: 'exampletool_controlled_pilot_001',
  steps: ['Accept', 'Create', 'Execute', 'Return', 'Review'],
  proof_trail: [
    'work_order',
    'execution_command',
    'evidence_checklist',
    'readiness_result',
    'result_contract',
    'usage_receipt',
    'callback_delivery',
    'ledger_entry',
    'attestation',
  ],
  evidence: {
    first: { description: 'First.', required: true, weight: 2, max_age_days: 30 },
    second: { description: 'Second.', required: true, weight: 1 },
    third: { description: 'Third.', required: false, weight: 0, max_age_days: 30 },
  },
  price: { credits: 5, metering_policy: 'fixed_credit_debit' },
  limits: { heartbeat_seconds: 20, deadline_seconds: 60, max_attempts: 3 },
}

/** A fresh key of the example tool. */
export function exampleKey(): SigningKey {
  const { privateKey } = generateKeyPair()
  return signingKeyFromJwk(privateKey, { party: exampleManifest.tool, roles: ['executor'] })
}
