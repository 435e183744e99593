/** Well-formed objects for tests. */
import type { LedgerEntry, ResultContract, WorkOrder } from '@prooftrail/contracts'
import { deriveId, workOrderId } from '@prooftrail/trail'
import type { IdPrefix } from '@prooftrail/trail/format'

const tail = 'a'.repeat(32)
const WORK_ORDER_ID = workOrderId('agent-1', 'first')
const idOf = (prefix: IdPrefix) => deriveId(prefix, WORK_ORDER_ID, 0)
export const digest = `sha256:${'0'.repeat(64)}`

export const workOrder: WorkOrder = {
  object_type: 'work_order',
  work_order_id: WORK_ORDER_ID,
  schema_version: 'prooftrail-work-order/v1',
  agent_id: 'agent-1',
  idempotency_key: 'first',
  requested_tool: 'tokenops',
  requested_capability: 'settlement_evidence_review',
  execution_mode: 'controlled_pilot',
  evidence: { settlement_reference: { reference: 'stl_1' } },
  callback_url: 'https://agent.example.com/callback',
  issued_at: '2026-11-23T05:00:00.000Z',
  expires_at: '2026-11-23T06:00:00.000Z',
}

export const resultContract: ResultContract = {
  object_type: 'agent_result_contract',
  contract_version: '2.0',
  result_contract_id: idOf('rc'),
  work_order_id: WORK_ORDER_ID,
  task_token: `tt_${tail}`,
  agent_task_run_id: idOf('run'),
  execution_binding_id: idOf('eb'),
  requested_tool: 'tokenops',
  requested_capability: 'settlement_evidence_review',
  lifecycle_state: 'result_ready',
  result_status: 'ready',
  machine_result: {
    tool: 'tokenops',
    evidence_status: 'sufficient',
    evidence_score: 100,
    open_items: [],
    next_actions: [{ action: 'operator_review' }],
    result_package: {
      package_type: 'tokenops_result_package',
      operating_tool: 'tokenops',
      evidence_status: 'sufficient',
      evidence_score: 100,
    },
  },
  human_summary: 'All is there.',
  proof_objects: {
    work_order: WORK_ORDER_ID,
    execution_command: idOf('cmd'),
    settlement_receipt: `stl_${tail}`,
    usage_receipt: idOf('usage'),
    callback_delivery: idOf('cb'),
    ledger_entry: idOf('le'),
    attestation: idOf('att'),
  },
  receipts: { settlement_receipt: `stl_${tail}`, usage_receipt: idOf('usage') },
  callback: {
    callback_event_id: idOf('cb'),
    callback_url: 'https://agent.example.com/callback',
    callback_status: 'pending',
  },
  exceptions: [],
  issued_at: '2026-11-23T05:00:02.000Z',
}

export const ledgerEntry: LedgerEntry = {
  object_type: 'agent_task_run',
  ledger_entry_id: idOf('le'),
  agent_task_run_id: idOf('run'),
  work_order_id: WORK_ORDER_ID,
  requested_tool: 'tokenops',
  requested_capability: 'settlement_evidence_review',
  evidence_status: 'sufficient',
  state: 'callback_delivered',
  created_at: '2026-11-23T05:00:00.000Z',
  events: [
    {
      event_type: 'run_created',
      agent_task_run_id: idOf('run'),
      to_state: 'created',
      occurred_at: '2026-11-23T05:00:00.000Z',
    },
  ],
  credits: { held: 5, debited: 5, released: 0 },
  objects: [{ name: 'work_order', digest, statement_digest: digest, key_id: 'k'.repeat(43) }],
  verdict: 'ready',
  pilot: {
    pilot_id: 'tokenops_controlled_pilot_001',
    tool: 'tokenops',
    execution_mode: 'controlled_pilot',
    runtime_state: 'ready_for_operator_review',
    proof_trail: ['work_order', 'ledger_entry', 'attestation'],
  },
  revision: 0,
  issued_at: '2026-11-23T05:00:04.000Z',
}
