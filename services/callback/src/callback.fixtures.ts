import type {
  CallbackPolicy,
  ResultContract,
  ResultStatus,
  SettlementReceipt,
  UsageReceipt,
  UsageReceiptIssued,
} from '@prooftrail/contracts'
import { exampleContract } from '@prooftrail/testing/contracts'
import {
  deriveId,
  generateKeyPair,
  Link,
  type SigningKey,
  settlementId,
  signingKeyFromJwk,
  workOrderId,
} from '@prooftrail/trail'
import { GAPS_MS } from './schedule.ts'
import type { CallbackInput, Context } from './state.ts'

/** What callback's tests are given: a usage receipt as the receipt service issues it. */

const workOrder = workOrderId('agent-a', 'key-1')
const AT = '2026-01-01T00:00:00.000Z'

/** A signing key of its own for each role. */
export function keyFor(role: SigningKey['roles'][number]): SigningKey {
  return signingKeyFromJwk(generateKeyPair().privateKey, { party: role, roles: [role] })
}

const executorKey = keyFor('executor')
const receiptKey = keyFor('receipt')

export interface Given {
  callback_url?: string | undefined
  callback_policy?: CallbackPolicy
  result_status?: ResultStatus
  /** The result package; its size is the body's. */
  result_package?: { [name: string]: string }
  settlement?: boolean
  /** Which result of the order this is: 1 for a replay's. */
  n?: number
}

/** A usage receipt with its result contract, all links signed. */
export function usageReceiptIssued(given: Given = {}): UsageReceiptIssued {
  const n = given.n ?? 0
  const url = 'callback_url' in given ? given.callback_url : 'https://agent.example/hook'
  const callback = {
    callback_event_id: deriveId('cb', workOrder, n),
    ...(url === undefined ? {} : { callback_url: url }),
  }
  const contract = contractOf(given, n, { ...callback, callback_status: 'pending' })
  const settlement: SettlementReceipt = {
    object_type: 'settlement_receipt',
    settlement_id: settlementId('account-a', 'funding-1', 0),
    receipt_type: 'agent_settlement_receipt',
    settlement_provider: 'manual_invoice',
    settlement_status: 'credits_funded',
    credits_funded: 100,
    usage_receipt_policy: 'usage_receipts_record_credits_consumed_after_work_runs',
    agent_account_id: 'account-a',
    provider_reference: 'funding-1',
    issued_at: AT,
  }
  const receipt = receiptOf(contract, n)
  const result_contract = Link.sign(
    'result_contract',
    contract,
    [{ name: 'execution_command', digest: `sha256:${'0'.repeat(64)}` }],
    executorKey,
  )
  return {
    work_order_id: workOrder,
    usage_receipt: Link.sign('usage_receipt', receipt, [result_contract.ref], receiptKey),
    ...(given.settlement
      ? { settlement_receipt: Link.sign('settlement_receipt', settlement, [], receiptKey) }
      : {}),
    result_contract,
    callback: {
      agent_id: 'agent-a',
      callback_policy: given.callback_policy ?? 'callback_required',
      ...callback,
    },
  }
}

function contractOf(given: Given, n: number, callback: ResultContract['callback']): ResultContract {
  return exampleContract(
    {
      work_order_id: workOrder,
      task_token: 'tt_example',
      requested_tool: 'tokenops',
      requested_capability: 'settlement_evidence_review',
      n,
    },
    {
      result_status: given.result_status ?? 'ready',
      human_summary: 'All evidence is there – geprüft.',
      callback,
      issued_at: AT,
    },
    {
      evidence_status: 'sufficient',
      ...(given.result_package ? { result_package: given.result_package } : {}),
    },
  )
}

function receiptOf(contract: ResultContract, n: number): UsageReceipt {
  return {
    object_type: 'usage_receipt',
    receipt_id: deriveId('usage', workOrder, n),
    receipt_type: 'tokenops_usage_receipt',
    operating_tool: 'tokenops',
    work_order_id: workOrder,
    agent_task_run_id: contract.agent_task_run_id,
    task_token: contract.task_token,
    requested_tool: 'tokenops',
    requested_capability: contract.requested_capability,
    credits_held: 5,
    credits_debited: 5,
    credits_released: 0,
    remaining_credits: 95,
    result_status: contract.result_status,
    evidence_status: 'sufficient',
    credit_ledger_entry: {
      ledger_entry_id: deriveId('le', workOrder, 0),
      agent_account_id: 'account-a',
      credit_entry: 'account-a/2',
      credits_funded: 100,
      credits_debited: 5,
      remaining_credits: 95,
      currency_or_unit: 'credits',
    },
    issued_at: AT,
  }
}

/** What decide is given besides state and input; `now` is that of the tests' first message. */
export function contextAt(now = AT): Context {
  return {
    key: callbackKey,
    addresses: { results: 'https://console.example', trails: 'https://trails.example' },
    now,
    lease_ms: 60_000,
    gaps_ms: GAPS_MS,
  }
}

const callbackKey = keyFor('callback')

/** The message that starts a callback. */
export function receiptInput(given: Given = {}, id = 'message-1'): CallbackInput {
  return { id, type: 'usage-receipt.issued', at: AT, data: usageReceiptIssued(given) }
}
