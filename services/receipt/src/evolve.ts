import type { CreditsHeld } from '@prooftrail/contracts'
import { referencesOf } from './settlements.ts'
import type { Held, ReceiptEvent, State } from './state.ts'

/** A hold outlives its order by the hour in which dispatch takes a result, and a margin. */
const HOLD_MARGIN_MS = 65 * 60_000
/** How long a waiting order trusts to be woken, and how that grows with every look in vain. */
const RECHECK_MS = 15_000
const MAX_RECHECK_MS = 15 * 60_000

/** Published events alone fold to the same state, but for what a waiting order needs to go on. */
export function evolve(state: State, event: ReceiptEvent): State {
  switch (event.type) {
    case 'credits.held':
      return fromHeld(event.data)
    case 'settlement-receipt.issued':
      return state.status === 'absent' ? { status: 'funded' } : state
    case 'exception.opened':
      return state.status === 'absent' ? { status: 'pending' } : state
    case 'order.queued':
      return { status: 'pending', wait: event.data }
    case 'order.rechecked':
      return state.status === 'pending' && state.wait
        ? {
            status: 'pending',
            wait: { ...state.wait, checked_at: event.data.at, checks: state.wait.checks + 1 },
          }
        : state
    case 'exception.resolved':
      return event.data.status === 'closed' ? { status: 'expired' } : state
    case 'usage-receipt.issued': {
      const receipt = event.data.usage_receipt
      const contract = receipt.after.find(({ name }) => name === 'result_contract')
      return { status: 'charged', receipt, contract_digest: contract?.digest ?? '' }
    }
    case 'hold.released':
      return { status: 'released' }
    case 'queue.woken':
      return state
  }
}

/** When the document wants to be looked at: a hold that ends, a wait that ends or was forgotten. */
export function due(state: State): string | undefined {
  if (state.status === 'held') return state.ends_at
  if (state.status !== 'pending' || !state.wait) return undefined
  const { accepted, checked_at, checks } = state.wait
  const pause = Math.min(MAX_RECHECK_MS, RECHECK_MS * 2 ** Math.min(checks, 10))
  const again = Date.parse(checked_at) + pause
  const end = Date.parse(accepted.order.object.expires_at)
  return new Date(Math.min(again, end)).toISOString()
}

function fromHeld({ accepted, hold, settlement_receipt }: CreditsHeld): Held {
  const { work_order_id, order, pins } = accepted
  const { agent_id, evidence, expires_at } = order.object
  const [paymentRequest] = referencesOf(evidence, 'payment_request_artifact')
  return {
    status: 'held',
    work_order_id,
    hold,
    ends_at: new Date(Date.parse(expires_at) + HOLD_MARGIN_MS).toISOString(),
    agent_id,
    ...(pins.callback_url === undefined ? {} : { callback_url: pins.callback_url }),
    callback_policy: pins.callback_policy,
    ...(paymentRequest === undefined ? {} : { payment_request_reference: paymentRequest }),
    ...(settlement_receipt ? { settlement: settlement_receipt } : {}),
  }
}

/** The document that a published event changed: what a stand-in database lost is folded again by it. */
export function documentOf(event: ReceiptEvent): string | undefined {
  switch (event.type) {
    case 'credits.held':
      return event.data.accepted.work_order_id
    case 'settlement-receipt.issued':
      return event.data.object.settlement_id
    case 'exception.opened':
      return event.data.object.work_order_id
    case 'exception.resolved':
    case 'usage-receipt.issued':
      return event.data.work_order_id
    case 'order.queued':
    case 'order.rechecked':
    case 'hold.released':
    case 'queue.woken':
      return undefined
  }
}
