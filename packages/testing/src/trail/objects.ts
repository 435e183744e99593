/** The objects of an example trail: complete, small, and always the same. */

import {
  deriveId,
  type Pilot,
  settlementId,
  taskToken,
  ticketId,
  workOrderId,
} from '@prooftrail/trail'
import { digestOf } from '@prooftrail/trail/encoding'
import { idOfKind, isLinkName, kindOf } from '@prooftrail/trail/format'
import { USAGE_RECEIPT_POLICIES } from '@prooftrail/trail/vocabulary'
import type { JsonObject } from '../plain.ts'
import { encodeUtf8 } from '../plain.ts'

export type Outcome = 'ready' | 'partial' | 'failed'

/** What an example is about. */
export interface ExamplePlan {
  tool: string
  capability: string
  outcome: Outcome
  trail: readonly string[]
  mode: 'controlled_pilot' | 'standard'
  /** Whether the order asks for a callback. */
  callback: boolean
}

export const AGENT = 'agent-example'
export const ACCOUNT = 'account-example'
const CALLBACK_URL = 'https://agent.example.com/prooftrail'
const [POLICY] = USAGE_RECEIPT_POLICIES
const EVIDENCE: Record<Outcome, readonly [string, number]> = {
  ready: ['sufficient', 100],
  partial: ['partial', 80],
  failed: ['insufficient', 40],
}

export const WORK_ORDER_ID = workOrderId(AGENT, 'example-0001')
export const SETTLEMENT_ID = settlementId(ACCOUNT, 'payment-0001', 0)
const TASK_TOKEN = taskToken(encodeUtf8('example secret'), WORK_ORDER_ID)

/** An id of the example's trail. */
export const exampleId = (prefix: Parameters<typeof deriveId>[0], n = 0) =>
  deriveId(prefix, WORK_ORDER_ID, n)

/** The time `seconds` after the example began. */
export function timeAt(seconds: number): string {
  return new Date(Date.UTC(2026, 0, 5, 10) + seconds * 1000).toISOString()
}

const task = () => ({
  work_order_id: WORK_ORDER_ID,
  task_token: TASK_TOKEN,
  agent_task_run_id: exampleId('run'),
})

export function pilotOf(plan: ExamplePlan, runtimeState: string): Pilot {
  const isPilot = plan.mode === 'controlled_pilot'
  return {
    ...(isPilot && { pilot_id: `${plan.tool}_controlled_pilot_001` }),
    tool: plan.tool,
    execution_mode: plan.mode,
    runtime_state: runtimeState,
    proof_trail: [...plan.trail],
  }
}

export function workOrder(plan: ExamplePlan): JsonObject {
  return {
    object_type: 'work_order',
    work_order_id: WORK_ORDER_ID,
    schema_version: 'prooftrail-work-order/v1',
    agent_id: AGENT,
    idempotency_key: 'example-0001',
    requested_tool: plan.tool,
    requested_capability: plan.capability,
    execution_mode: plan.mode,
    evidence: { settlement_reference: { reference: 'payment-0001', receipt_id: 'elsewhere-17' } },
    ...(plan.callback
      ? { callback_url: CALLBACK_URL }
      : { callback_policy: 'status_polling_only' }),
    workflow_context: { note: 'grüße, € and 😀' },
    issued_at: timeAt(0),
    expires_at: timeAt(3600),
  }
}

export function decision(order: JsonObject): JsonObject {
  return {
    object_type: 'intake_decision',
    decision_id: exampleId('dec'),
    work_order_id: WORK_ORDER_ID,
    decision: 'rejected',
    reason_codes: ['PT-1104'],
    reasons: [{ code: 'PT-1104', detail: 'an evidence class is unknown' }],
    policy_version: 'intake-policy/v1',
    work_order_digest: digestOf(order),
    issued_at: timeAt(1),
  }
}

/** @param order whose only link it is, where no result came */
export function expiry(state: string, at: number, order?: JsonObject): JsonObject {
  return {
    object_type: 'run_expiry',
    work_order_id: WORK_ORDER_ID,
    ends: 'run',
    state,
    open_since: timeAt(1),
    reason: 'nobody handled the run within its time limit',
    ...(order && { work_order_digest: digestOf(order) }),
    issued_at: timeAt(at),
  }
}

/** An operator's release of an order that has no result. */
export function release(at: number): JsonObject {
  return {
    object_type: 'recovery_request',
    work_order_id: WORK_ORDER_ID,
    recovery_action: 'release_credit_allocation',
    requested_by: 'operator-example',
    idempotency_key: 'release-0001',
    reason: 'the tool will not answer any more',
    issued_at: timeAt(at),
  }
}

/** Every name of the proof trail with the id of the n-th result. */
function idsOf(plan: ExamplePlan, n: number): Record<string, string> {
  return Object.fromEntries(plan.trail.map((name) => [name, allocated(name, n)]))
}

function allocated(name: string, n: number): string {
  if (name === 'settlement_receipt') return SETTLEMENT_ID
  if (!isLinkName(name)) return ''
  const number = kindOf(name).counts === 'revision' ? 0 : n
  return idOfKind(name, WORK_ORDER_ID, number) ?? WORK_ORDER_ID
}

export function command(plan: ExamplePlan, n: number, at: number): JsonObject {
  return {
    object_type: 'execution_command',
    tool_command_id: exampleId('cmd', n),
    ...task(),
    agent_id: AGENT,
    execution_binding_id: exampleId('eb'),
    attempt: n + 1,
    deadline: timeAt(at + 900),
    manifest_version: '1.0.0',
    manifest_digest: digestOf({ tool: plan.tool }),
    requested_tool: plan.tool,
    requested_capability: plan.capability,
    execution_mode: plan.mode,
    ...(plan.mode === 'controlled_pilot' && { pilot_id: `${plan.tool}_controlled_pilot_001` }),
    evidence: {},
    ...(plan.callback && { callback_url: CALLBACK_URL }),
    callback_policy: plan.callback ? 'callback_required' : 'status_polling_only',
    proof_requirements: [...plan.trail],
    ids: idsOf(plan, n),
    hold: { account: ACCOUNT, credits_held: 25, credit_entry: `${ACCOUNT}/2` },
    issued_at: timeAt(at),
  }
}

/** A tool's own link. */
export function toolObject(plan: ExamplePlan, name: string, n: number, at: number): JsonObject {
  const member = (isLinkName(name) && kindOf(name).id) || `${name}_id`
  const [evidence_status] = EVIDENCE[plan.outcome]
  return {
    object_type: name,
    [member]: idsOf(plan, n)[name],
    ...task(),
    requested_tool: plan.tool,
    evidence_status,
    lines: [{ about: 'applications', state: 'present' }],
    issued_at: timeAt(at),
  }
}

export function contract(plan: ExamplePlan, n: number, at: number): JsonObject {
  const { result_contract: own, ...proof_objects } = idsOf(plan, n)
  const [evidence_status, evidence_score] = EVIDENCE[plan.outcome]
  const summary = { operating_tool: plan.tool, evidence_status, evidence_score }
  const settled = plan.trail.includes('settlement_receipt')
  return {
    object_type: 'agent_result_contract',
    contract_version: '2.0',
    result_contract_id: own,
    ...task(),
    execution_binding_id: exampleId('eb'),
    requested_tool: plan.tool,
    requested_capability: plan.capability,
    lifecycle_state: 'result_ready',
    result_status: plan.outcome,
    machine_result: {
      tool: plan.tool,
      evidence_status,
      evidence_score,
      open_items: plan.outcome === 'ready' ? [] : [{ code: 'missing', about: 'usage_receipt' }],
      next_actions: [{ action: plan.outcome === 'ready' ? 'operator_review' : 'add_evidence' }],
      result_package: { package_type: `${plan.tool}_result_package`, ...summary },
    },
    human_summary: `The example run of ${plan.tool} is ${plan.outcome}.`,
    proof_objects,
    receipts: {
      ...(settled && { settlement_receipt: SETTLEMENT_ID }),
      usage_receipt: exampleId('usage', n),
    },
    callback: {
      callback_event_id: exampleId('cb', n),
      ...(plan.callback && { callback_url: CALLBACK_URL }),
      callback_status: plan.callback ? 'pending' : 'ready',
    },
    exceptions: plan.outcome === 'ready' ? [] : [gapTicket(plan, n, at)],
    issued_at: timeAt(at),
  }
}

function gapTicket(plan: ExamplePlan, n: number, at: number): JsonObject {
  return {
    object_type: 'agent_exception_ticket',
    exception_id: ticketId(WORK_ORDER_ID, 'evidence_gap', n),
    work_order_id: WORK_ORDER_ID,
    agent_task_run_id: exampleId('run'),
    requested_tool: plan.tool,
    exception_type: 'evidence_gap',
    severity: 'medium',
    status: 'waiting_on_requesting_agent',
    missing_items: ['usage_receipt'],
    created_at: timeAt(at),
    issued_at: timeAt(at),
  }
}

export function settlement(): JsonObject {
  return {
    object_type: 'settlement_receipt',
    settlement_id: SETTLEMENT_ID,
    receipt_type: 'agent_settlement_receipt',
    settlement_provider: 'stripe_stablecoin',
    settlement_status: 'credits_funded',
    credits_funded: 1000,
    usage_receipt_policy: POLICY,
    agent_account_id: ACCOUNT,
    provider_reference: 'payment-0001',
    issued_at: timeAt(-86_400),
  }
}

/** The first result costs 20 of 25 held; a failed one nothing; a replay nothing more. */
export function usage(plan: ExamplePlan, n: number, at: number): JsonObject {
  const held = n === 0 ? 25 : 0
  const debited = n === 0 && plan.outcome !== 'failed' ? 20 : 0
  const remaining = plan.outcome === 'failed' ? 1000 : 980
  const settled = plan.trail.includes('settlement_receipt')
  return {
    object_type: 'usage_receipt',
    receipt_id: exampleId('usage', n),
    receipt_type: `${plan.tool}_usage_receipt`,
    operating_tool: plan.tool,
    ...task(),
    requested_tool: plan.tool,
    requested_capability: plan.capability,
    credits_held: held,
    credits_debited: debited,
    credits_released: held - debited,
    remaining_credits: remaining,
    result_status: plan.outcome,
    evidence_status: EVIDENCE[plan.outcome][0],
    ...(settled && { settlement_reference: SETTLEMENT_ID }),
    credit_ledger_entry: {
      ledger_entry_id: exampleId('le'),
      agent_account_id: ACCOUNT,
      credit_entry: `${ACCOUNT}/${3 + n}`,
      credits_funded: 1000,
      credits_debited: debited,
      remaining_credits: remaining,
      currency_or_unit: 'credits',
    },
    issued_at: timeAt(at),
  }
}

export function delivery(
  plan: ExamplePlan,
  n: number,
  at: number,
  status: 'delivered' | 'pending',
  attempt = 1,
): JsonObject {
  const http_status = status === 'delivered' ? 200 : 503
  const outcome = status === 'delivered' ? 'delivered' : 'failed'
  const started_at = timeAt(at)
  return {
    object_type: 'callback_delivery',
    callback_event_id: exampleId('cb', n),
    work_order_id: WORK_ORDER_ID,
    agent_task_run_id: exampleId('run'),
    callback_hash: digestOf({ body: n }),
    ...(plan.callback
      ? {
          callback_url: CALLBACK_URL,
          callback_status: status,
          attempt,
          http_status,
          attempts: [{ attempt, started_at, finished_at: started_at, outcome, http_status }],
        }
      : { callback_status: 'ready', attempt: 0, attempts: [] }),
    issued_at: timeAt(at),
  }
}

/** A fact that only a revision has. */
export function laterFact(kind: string, plan: ExamplePlan, at: number): JsonObject {
  return {
    object_type: kind,
    ...task(),
    requested_tool: plan.tool,
    action: kind === 'recovery_request' ? 'replay_from_checkpoint' : 'close',
    requested_by: AGENT,
    issued_at: timeAt(at),
  }
}
