import {
  type CreditsHeld,
  type ExecutionBound,
  type ExecutionCommand,
  type ExecutionProgressed,
  type ResultContract,
  type ResultProduced,
  type SettlementReceipt,
  TIME_LIMITS,
  type ToolLink,
  type ToolRegistered,
  type WorkOrder,
} from '@prooftrail/contracts'
import { exampleContract } from '@prooftrail/testing/contracts'
import { exampleKey, verifiedBy } from '@prooftrail/testing/trail'
import { deriveId, Link, type SigningKey, settlementId, workOrderId } from '@prooftrail/trail'
import { isRecordOf, signRecord } from '@prooftrail/trail/encoding'
import type { Context, DispatchInput, ToolState } from './state.ts'

export const dispatchKey = exampleKey('dispatch', ['dispatch'])
/** Signs acts for operators who show a token. */
export const operatorKey = exampleKey('dispatch', ['operator'])
export const toolKey = exampleKey('tokenops', ['executor'])
export const strangerKey = exampleKey('stranger', ['executor'])

export const PROOF_TRAIL = [
  'work_order',
  'execution_command',
  'result_contract',
  'settlement_receipt',
  'usage_receipt',
  'callback_delivery',
  'ledger_entry',
  'attestation',
]
export const WORK_ORDER_ID = workOrderId('agent-example', 'order-1')
export const HELD_AT = '2026-11-01T10:00:00.000Z'
export const LIMITS = { heartbeat_seconds: 10, deadline_seconds: 60, max_attempts: 2 }

/** A link of the tool's own, as this trail does not have one. */
export function strangeLink(): ToolLink {
  const object = { work_order_id: WORK_ORDER_ID, issued_at: after(3) }
  return Link.sign('readiness_result', object, [], toolKey)
}

/** RFC 3339, so many seconds after the hold. */
export function after(seconds: number): string {
  return new Date(Date.parse(HELD_AT) + seconds * 1000).toISOString()
}

export const tool: ToolState = {
  status: 'tool',
  tool: 'tokenops',
  keys: [{ kid: toolKey.key_id, x: toolKey.privateKey.x }],
  versions: [
    {
      version: '1.0.0',
      manifest: {
        result_package_schema: { type: 'object', required: ['package_type'] },
      },
      manifest_digest: `sha256:${'a'.repeat(64)}`,
      price: 10,
      registered_at: HELD_AT,
    },
  ],
  registered_at: HELD_AT,
  revision: 0,
}

/** The tool with the classes of evidence that acts add to. */
export const contextTool: ToolState = {
  ...tool,
  versions: tool.versions.map((version) => ({
    ...version,
    manifest: {
      ...Object(version.manifest),
      evidence: {
        settlement_reference: { required: true, weight: 1 },
        payment_request_artifact: { required: true, weight: 1 },
      },
    },
  })),
}

export function context(over: Partial<Context> = {}): Context {
  return {
    sign: (name, object, refs) => Link.sign(name, object, refs, dispatchKey),
    signAct: (name, act, refs) => Link.sign(name, act, refs, operatorKey),
    batches: { now: Date.parse(HELD_AT), perSecond: 50, register: undefined, chunks: new Map() },
    tools: new Map([['tokenops', tool]]),
    agents: new Map(),
    operators: new Map(),
    verified: verifiedBy(toolKey),
    genuine: { has: (said) => isRecordOf(said, toolKey.privateKey) },
    commandable: new Set(['tokenops']),
    limits: TIME_LIMITS,
    ...over,
  }
}

const agentKey = exampleKey('agent-example', ['agent'])
const receiptKey = exampleKey('receipt', ['receipt'])

const settlement: SettlementReceipt = {
  object_type: 'settlement_receipt',
  settlement_id: settlementId('agent-example', 'payment-1', 0),
  receipt_type: 'agent_settlement_receipt',
  settlement_provider: 'manual_invoice',
  settlement_status: 'credits_funded',
  credits_funded: 100,
  usage_receipt_policy: 'usage_receipts_record_credits_consumed_after_work_runs',
  agent_account_id: 'agent-example',
  provider_reference: 'payment-1',
  issued_at: '2026-11-01T09:00:00.000Z',
}

export function held(): CreditsHeld {
  const order: WorkOrder = {
    object_type: 'work_order',
    work_order_id: WORK_ORDER_ID,
    schema_version: 'prooftrail-work-order/v1',
    agent_id: 'agent-example',
    idempotency_key: 'order-1',
    requested_tool: 'tokenops',
    requested_capability: 'settlement_evidence_review',
    execution_mode: 'controlled_pilot',
    evidence: { settlement_reference: { reference: 'INV-1' } },
    issued_at: HELD_AT,
    expires_at: after(3600),
  }
  return {
    accepted: {
      work_order_id: WORK_ORDER_ID,
      task_token: `tt_${'a'.repeat(32)}`,
      order: Link.sign('work_order', order, [], agentKey),
      accepted_at: HELD_AT,
      pins: {
        agent_key_id: agentKey.key_id,
        account: 'agent-example',
        callback_policy: 'status_polling_only',
        tool: 'tokenops',
        pilot_id: 'tokenops_controlled_pilot_001',
        manifest_version: '1.0.0',
        manifest_digest: `sha256:${'a'.repeat(64)}`,
        price: 10,
        limits: LIMITS,
        proof_trail: PROOF_TRAIL,
        evidence_schema_digest: `sha256:${'b'.repeat(64)}`,
        policy_version: '1',
      },
    },
    settlement_receipt: Link.sign('settlement_receipt', settlement, [], receiptKey),
    hold: {
      account: 'agent-example',
      credits_held: 10,
      remaining_credits: 90,
      credit_entry: 'agent-example/000000000002',
      held_at: HELD_AT,
    },
  }
}

export const heldInput = (waited?: number): DispatchInput => ({
  id: 'held',
  type: 'credits.held',
  at: HELD_AT,
  data: held(),
  ...(waited === undefined ? {} : { waited }),
})

export const registered = (data: ToolRegistered): DispatchInput => ({
  id: `tool-${data.revision}`,
  type: 'tool.registered',
  at: HELD_AT,
  data,
})

export const dueAt = (at: string): DispatchInput => ({ id: `due-${at}`, type: 'due', at, data: {} })

/** A heartbeat of the commanded attempt, signed by the tool; members may be other ones. */
export function progressed(
  attempt: number,
  sequence: number,
  at: string,
  more: Partial<ExecutionProgressed> = {},
  { key = toolKey, arrived = at }: { key?: SigningKey; arrived?: string } = {},
): DispatchInput {
  const said: ExecutionProgressed = {
    work_order_id: WORK_ORDER_ID,
    tool: 'tokenops',
    tool_command_id: deriveId('cmd', WORK_ORDER_ID, attempt - 1),
    attempt,
    sequence,
    state: 'running',
    at,
    key_id: key.key_id,
    ...more,
  }
  return {
    id: `progress-${attempt}-${sequence}-${at}`,
    type: 'execution.progressed',
    at: arrived,
    data: signRecord(said, key.privateKey),
  }
}

export interface ResultEdits {
  key?: SigningKey
  contract?: Partial<ResultContract>
  result?: Partial<ResultProduced>
  at?: string
  waited?: number
}

/** A good result of a command, or one with a single lie. */
export function produced(bound: ExecutionBound, edits: ResultEdits = {}): DispatchInput {
  const command = bound.command.object
  const contract = { ...contractFor(command), ...edits.contract }
  const refs = [bound.command.ref]
  return {
    id: 'produced',
    type: 'result.produced',
    at: edits.at ?? after(5),
    ...(edits.waited === undefined ? {} : { waited: edits.waited }),
    data: {
      work_order_id: WORK_ORDER_ID,
      tool: 'tokenops',
      tool_command_id: command.tool_command_id,
      attempt: command.attempt,
      result_contract: Link.sign('result_contract', contract, refs, edits.key ?? toolKey),
      ...edits.result,
    },
  }
}

function contractFor(command: ExecutionCommand): ResultContract {
  const { result_contract: result_contract_id = '', ...others } = command.ids
  const { work_order_id, task_token, requested_tool, requested_capability } = command
  return exampleContract(
    { work_order_id, task_token, requested_tool, requested_capability },
    {
      result_contract_id,
      agent_task_run_id: command.agent_task_run_id,
      execution_binding_id: command.execution_binding_id,
      proof_objects: others,
      receipts: {
        usage_receipt: others.usage_receipt ?? '',
        ...(others.settlement_receipt ? { settlement_receipt: others.settlement_receipt } : {}),
      },
      callback: {
        callback_event_id: others.callback_delivery ?? '',
        callback_status: 'ready',
      },
      issued_at: new Date(Date.parse(command.issued_at) + 4000).toISOString(),
    },
    {
      result_package: {
        package_type: 'tokenops_result_package',
        operating_tool: 'tokenops',
        evidence_status: 'sufficient',
        evidence_score: 100,
      },
    },
  )
}
