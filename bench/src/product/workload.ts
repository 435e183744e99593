import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { makeWorkOrder } from '@prooftrail/agent-sdk'
import { TOOL } from '../recording.ts'

/** What an order asks for; its key makes each one another. */
export type Asked = (
  key: string,
) => Omit<Parameters<typeof makeWorkOrder>[0], 'agent_id' | 'idempotency_key'>

/** Orders in turn, each of a tool. */
export type Workload = readonly { tool: string; asked: Asked }[]

/** TokenOps orders with every class of evidence, about 1 KB of it. */
export const tokenopsAlone: Workload = [{ tool: TOOL, asked: tokenopsOrder }]

/** Two orders of each tool in turn: what people send, complete and with gaps or differences. */
export const threeTools: Workload = [
  { tool: TOOL, asked: tokenopsOrder },
  ...[
    ['energyops', 'energyops-complete'],
    ['financeops', 'financeops-matched'],
    ['tokenops', 'tokenops-missing-item'],
    ['energyops', 'energyops-gaps'],
    ['financeops', 'financeops-differences'],
  ].map(([tool = '', name = '']) => ({ tool, asked: exampleOrder(name) })),
]

function exampleOrder(name: string): Asked {
  const file = new URL(`../../../examples/${name}.json`, import.meta.url)
  // intake judges what an example asks for, as it does for everybody
  const request = JSON.parse(readFileSync(file, 'utf8')) as ReturnType<Asked>
  return () => request
}

function tokenopsOrder(key: string): ReturnType<Asked> {
  const digest = `sha256:${createHash('sha256').update(key).digest('hex')}`
  const item = (name: string) => ({ reference: `bench/${key}/${name}.json`, digest })
  return {
    requested_tool: TOOL,
    requested_capability: 'settlement_evidence_review',
    execution_mode: 'controlled_pilot',
    evidence: {
      settlement_reference: item('settlement'),
      payment_request_artifact: item('payment-request'),
      credit_ledger_entry: item('credits'),
      callback_destination: item('callbacks'),
      public_safe_file_manifest: item('manifest'),
      usage_receipt: item('earlier-usage'),
      work_order_reference: item('reference'),
    },
    workflow_context: { purpose: 'review of agent-paid usage', period: '2026-11' },
    requested_output: { result_format: 'agent_result_contract_v2', include_human_summary: true },
    pilot_controls: { manual_operator_review: true, allow_replay: true },
    proof_requirements: [
      'work_order',
      'execution_command',
      'result_contract',
      'settlement_receipt',
      'usage_receipt',
      'callback_delivery',
      'ledger_entry',
      'attestation',
    ],
  }
}
