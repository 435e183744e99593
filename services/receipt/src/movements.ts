import type { AcceptedOrder, FundingReceived, ResultAccepted } from '@prooftrail/contracts'
import { isCredits, type Movement } from './credits.ts'
import { PAID } from './funding-request.ts'
import { priceOf } from './receipts.ts'
import { fundMovement } from './settlements.ts'
import type { Context, Held, ReceiptInput, State, Wait } from './state.ts'

/** What decide will ask of the accounts for this input; nothing where it refuses or ignores it. */
export function movementsOf(
  state: State,
  input: ReceiptInput,
  { sign, isDoors }: Pick<Context, 'sign' | 'isDoors'>,
): Movement[] {
  switch (input.type) {
    case 'work-order.accepted':
      return state.status === 'absent' ? [holdMovement(input.data.accepted, input.at, false)] : []
    case 'funding.received':
      if (!isDoors(input.data) || faultOf(input.data) !== undefined) return []
      return [fundMovement(input.data, input.at, sign)]
    case 'result.accepted':
      return state.status === 'held'
        ? [settleMovement(state, resultStatus(input.data), input.at)]
        : []
    case 'funds.arrived':
      if (state.status !== 'pending') return []
      return isExpired(state.wait, input.at)
        ? [leaveMovement(state.wait, input.at)]
        : [holdMovement(state.wait.accepted, input.at, true)]
    case 'due':
      if (state.status === 'held' && input.at >= state.ends_at) {
        return [settleMovement(state, 'expired', input.at)]
      }
      return state.status === 'pending' && isExpired(state.wait, input.at)
        ? [leaveMovement(state.wait, input.at)]
        : []
    case 'agent.registered':
    case 'queue.served':
      return []
  }
}

/** True once the order's own time is over. */
export function isExpired({ accepted }: Wait, at: string): boolean {
  return Date.parse(at) >= Date.parse(accepted.order.object.expires_at)
}

/** What the result contract concludes. */
export function resultStatus({ result_contract }: ResultAccepted): string {
  return result_contract.object.result_status
}

/** What keeps a funding from being one. */
export function faultOf(funding: FundingReceived): string | undefined {
  const { account, reference, credits, amount } = funding
  if (account === '' || reference === '') return 'a funding names an account and a reference'
  if (amount !== undefined && !PAID.test(amount)) return `${amount} is no amount that was paid`
  if (isCredits(credits) && credits > 0) return undefined
  return `${credits} is no amount of credits from 1`
}

function holdMovement({ work_order_id: ref, pins }: AcceptedOrder, at: string, queued: boolean) {
  const { account, price: amount } = pins
  return { type: 'hold', account, ref, amount, at, queued } as const
}

function leaveMovement({ accepted }: Wait, at: string) {
  const { work_order_id: ref, pins } = accepted
  return { type: 'leave', account: pins.account, ref, at } as const
}

function settleMovement(held: Held, result_status: string, at: string) {
  const { hold, work_order_id: ref } = held
  const { account, credits_held } = hold
  const debit = priceOf(result_status, hold)
  return { type: 'settle', account, ref, held: credits_held, debit, at } as const
}
