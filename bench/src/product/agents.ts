import { makeAgentKeys, makeWorkOrder, signWorkOrder } from '@prooftrail/agent-sdk'
import { proveKey, type WorkOrderSubmitted } from '@prooftrail/contracts'
import { call, callUntil } from './http.ts'
import type { Asked } from './workload.ts'

/** An agent that may order: registered, with credits, its key at hand. */
export interface Agent {
  id: string
  order(asked: Asked, callbackUrl: string): WorkOrderSubmitted
}

const CREDITS = 100_000_000

/** Registers an agent and funds its account; resolves when both are known. */
export async function makeAgent(urls: Record<string, string>, id: string): Promise<Agent> {
  const keys = makeAgentKeys()
  const { kty, crv, x } = keys.publicJwk
  const proof = proveKey(id, keys.privateJwk)
  await call('POST', `${urls.intake}/v1/agents`, {
    agent_id: id,
    public_key: { kty, crv, x },
    proof,
  })
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
    order(asked, callbackUrl) {
      count += 1
      const key = `${id}/${count}`
      const order = makeWorkOrder({
        ...asked(key),
        idempotency_key: key,
        agent_id: id,
        callback_url: callbackUrl,
      })
      return signWorkOrder(order, keys.privateJwk)
    },
  }
}
