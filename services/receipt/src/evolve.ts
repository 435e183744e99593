import type { CreditsHeld } from '@prooftrail/contracts'
import { backoffMs } from '@prooftrail/runtime'
import { HOLD_GRACE_MS, timePlus } from '@prooftrail/trail/format'
import { endOf, fallBack, receiptsIn } from './replay.ts'
import { referencesOf } from './settlements.ts'
import type { Again, Held, ReceiptEvent, State } from './state.ts'

/** How long a waiting order trusts to be woken, and how that grows with every look in vain. */
const RECHECK = { first: 15_000, most: 15 * 60_000 }

export function evolve(state: State, event: ReceiptEvent): State {
  switch (event.type) {
    case 'credits.held':
      return fromHeld(event.data, againOf(state, event.data))
    case 'settlement-receipt.issued':
      return state.status === 'absent' ? { status: 'funded' } : state
    case 'order.queued':
      return { status: 'pending', wait: event.data }
    case 'order.rechecked':
      return state.status === 'pending'
        ? {
            status: 'pending',
            wait: { ...state.wait, checked_at: event.data.at, checks: state.wait.checks + 1 },
          }
        : state
    case 'exception.resolved':
      if (event.data.status !== 'closed') return state
      return fallBack(state.status === 'pending' ? state.wait.again : undefined, {
        status: 'expired',
      })
    case 'usage-receipt.issued': {
      const receipt = event.data.usage_receipt
      const contract = receipt.after.find(({ name }) => name === 'result_contract')
      const again = state.status === 'held' ? state.again : undefined
      return {
        ...{ status: 'charged', receipt, contract_digest: contract?.digest ?? '' },
        ...(again
          ? { hold_number: again.terms.hold_number, earlier: receiptsIn(again.before) }
          : {}),
      }
    }
    case 'hold.extended':
      return state.status === 'held' ? { ...state, ends_at: event.data.ends_at } : state
    case 'account.owned':
      return { status: 'agent', ...event.data }
    case 'hold.released':
      return fallBack(state.status === 'held' ? state.again : undefined, { status: 'released' })
    case 'exception.opened':
    case 'run.expired':
    case 'queue.woken':
      return state
  }
}

/** When the document wants to be looked at: a hold that ends, a wait that ends or was forgotten. */
export function due(state: State): string | undefined {
  if (state.status === 'held') return state.ends_at
  if (state.status !== 'pending') return undefined
  const { checked_at, checks } = state.wait
  const pause = backoffMs(checks, RECHECK)
  const again = timePlus(checked_at, pause)
  const end = endOf(state.wait)
  return again < end ? again : end
}

/** A replay's hold: what it is for, and the charge that stands behind it. */
function againOf(
  state: State,
  { replay: terms, settlement_receipt }: CreditsHeld,
): Again | undefined {
  if (!terms) return undefined
  if (state.status === 'pending') return state.wait.again
  if (state.status !== 'charged') return undefined
  const settlement_id = settlement_receipt?.object.settlement_id
  return { terms, ...(settlement_id === undefined ? {} : { settlement_id }), before: state }
}

function fromHeld(
  { accepted, hold, settlement_receipt }: CreditsHeld,
  again: Again | undefined,
): Held {
  const { work_order_id, order, pins } = accepted
  const { agent_id, evidence, expires_at } = order.object
  const [paymentRequest] = referencesOf(evidence, 'payment_request_artifact')
  return {
    status: 'held',
    work_order_id,
    hold,
    ends_at: timePlus(again?.terms.ends_at ?? expires_at, HOLD_GRACE_MS),
    ...(again ? { again } : {}),
    agent_id,
    ...(pins.callback_url === undefined ? {} : { callback_url: pins.callback_url }),
    callback_policy: pins.callback_policy,
    ...(paymentRequest === undefined ? {} : { payment_request_reference: paymentRequest }),
    ...(settlement_receipt ? { settlement: settlement_receipt } : {}),
  }
}
