import { createHash } from 'node:crypto'
import { makeAgentKeys, makeWorkOrder, signWorkOrder } from '@prooftrail/agent-sdk'
import type { WorkOrderSubmitted } from '@prooftrail/contracts'
import { call, callUntil } from './http.ts'

/** An agent that may order: registered, with credits, its key at hand. */
export interface Agent {
  id: string
  order(callbackUrl: string): WorkOrderSubmitted
}

const CREDITS = 100_000_000

/** Registers an agent and funds its account; resolves when both are known. */
export async function makeAgent(urls: Record<string, string>, id: string): Promise<Agent> {
  const keys = makeAgentKeys()
  const { kty, crv, x } = keys.publicJwk
  await call('POST', `${urls.intake}/v1/agents`, { agent_id: id, public_key: { kty, crv, x } })
  const { account } = await callUntil<{ account: string }>(`${urls.intake}/v1/agents/${id}`)
  await call('POST', `${urls.callback}/v1/agents/${id}/webhook-secret`)
  const funding = {
    credits: CREDITS,
    reference: `bench-${id}`,
    settlement_provider: 'manual_invoice',
  }
  const { settlement_id } = await call<{ settlement_id: string }>(
    'POST',
    `${urls.receipt}/v1/accounts/${encodeURIComponent(account)}/funding`,
    funding,
  )
  await callUntil(`${urls.receipt}/v1/settlements/${settlement_id}`)
  let count = 0
  return {
    id,
    order(callbackUrl) {
      count += 1
      const order = makeWorkOrder({
        ...orderOf(`${id}/${count}`),
        agent_id: id,
        callback_url: callbackUrl,
      })
      return signWorkOrder(order, keys.privateJwk)
    },
  }
}

/** A TokenOps order with every class of evidence, about 1 KB of it. */
function orderOf(key: string): Omit<Parameters<typeof makeWorkOrder>[0], 'agent_id'> {
  const digest = `sha256:${createHash('sha256').update(key).digest('hex')}`
  const item = (name: string) => ({ reference: `bench/${key}/${name}.json`, digest })
  return {
    idempotency_key: key,
    requested_tool: 'tokenops',
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
