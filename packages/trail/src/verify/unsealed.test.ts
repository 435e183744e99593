import { EXAMPLE_KINDS, type ExampleOptions, makeExampleTrail } from '@prooftrail/testing/trail'
import { expect, test } from 'vitest'
import { verifyTrail } from '../verify.ts'
import { sealFaults } from './unsealed.ts'

/** What attestation holds just before the example's newest seal. */
function unsealed(options: ExampleOptions) {
  const { bundle, links, keys } = makeExampleTrail(options)
  const { work_order_id, pilot } = bundle
  return { trail: { work_order_id, pilot, links: links.slice(0, -1) }, bundle, keys }
}

test.each(EXAMPLE_KINDS)(
  'given %s before its newest seal then nothing speaks against it',
  (kind) => {
    expect(sealFaults(unsealed({ kind }).trail)).toEqual([])
  },
)

test.each([
  ['usage_receipt', { credits_debited: 24 }],
  ['usage_receipt', { result_status: 'partial' }],
  ['result_contract', { result_status: 'failed' }],
  ['result_contract', { agent_task_run_id: `run_${'a'.repeat(32)}` }],
  ['execution_command', { attempt: 2 }],
  ['callback_delivery', { callback_status: 'ready' }],
  ['settlement_receipt', { credits_debited: 5 }],
  ['ledger_entry', { verdict: 'partial' }],
  ['ledger_entry', { events: [] }],
  ['work_order', { idempotency_key: 'other' }],
])(
  'given a %s that says %j then it is found before the seal, as the verifier finds it',
  (name, lie) => {
    const { trail, bundle, keys } = unsealed({
      kind: 'tokenops-ready',
      edit: (at, object) => (at === name ? { ...object, ...lie } : object),
    })
    const found = sealFaults(trail)
    expect(found).not.toEqual([])
    expect(verifyTrail(bundle, keys).problems).toEqual(expect.arrayContaining(found))
  },
)
