import type { FundingReceived, ResultAccepted } from '@prooftrail/contracts'
import { isCredits, type Movement } from './credits.ts'
import { PAID } from './funding-request.ts'
import { priceOf } from './receipts.ts'
import { amountOf, askOf, beginsReplay, endOf, isReleased } from './replay.ts'
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
      return state.status === 'absent'
        ? [holdMovement({ accepted: input.data.accepted }, input.at, false)]
        : []
    case 'recovery.accepted':
      if (isReleased(state, input.data)) return releaseMovement(state, input.at)
      return beginsReplay(state, input.data)
        ? [holdMovement(askOf(state, input.data), input.at, false)]
        : []
    case 'funding.received':
      if (!isDoors(input.data) || faultOf(input.data) !== undefined) return []
      return [fundMovement(input.data, input.at, sign)]
    case 'result.accepted':
      return state.status === 'held' && isResultOf(state, input.data)
        ? [settleMovement(state, resultStatus(input.data), input.at)]
        : []
    case 'funds.arrived':
      if (state.status !== 'pending') return []
      return isExpired(state.wait, input.at)
        ? [leaveMovement(state.wait, input.at)]
        : [holdMovement(state.wait, input.at, true)]
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

/** True once the order's own time, or that of its replay, is over. */
export function isExpired(wait: Wait, at: string): boolean {
  return Date.parse(at) >= Date.parse(endOf(wait))
}

/** Whether a result is the one that a hold is for: one that was charged before is not. */
export function isResultOf({ again }: Held, { result_number = 0 }: ResultAccepted): boolean {
  return result_number === (again?.terms.result_number ?? 0)
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

type Ask = Pick<Wait, 'accepted' | 'again'>

function holdMovement(ask: Ask, at: string, queued: boolean) {
  const { work_order_id: ref, pins } = ask.accepted
  const { account } = pins
  const amount = amountOf(ask)
  return { type: 'hold', account, ref, amount, at, queued, ...numberOf(ask) } as const
}

function leaveMovement(wait: Wait, at: string) {
  const { work_order_id: ref, pins } = wait.accepted
  return { type: 'leave', account: pins.account, ref, at, ...numberOf(wait) } as const
}

/** Ends a hold without a debit, or the wait for one. */
function releaseMovement(state: State, at: string): Movement[] {
  if (state.status === 'held') return [settleMovement(state, 'released', at)]
  return state.status === 'pending' ? [leaveMovement(state.wait, at)] : []
}

function numberOf({ again }: Pick<Wait, 'again'>): { n?: number } {
  return again ? { n: again.terms.hold_number } : {}
}

function settleMovement(held: Held, result_status: string, at: string) {
  const { hold, work_order_id: ref } = held
  const { account, credits_held } = hold
  const debit = priceOf(result_status, hold)
  const n = numberOf(held)
  return { type: 'settle', account, ref, held: credits_held, debit, at, ...n } as const
}
