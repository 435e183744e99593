import type { RecoveryAccepted, UsageReceiptLink } from '@prooftrail/contracts'
import type { Again, Charged, State, Wait } from './state.ts'

/** What a replay asks of an account: a hold of its own, for the difference. */

type Ask = Pick<Wait, 'accepted' | 'again'>

/** The credits that are to be held: the price, or what a replay may still cost. */
export function amountOf({ accepted, again }: Ask): number {
  return again ? again.terms.credits : accepted.pins.price
}

/** RFC 3339: past this nobody waits for the credits any more. */
export function endOf({ accepted, again }: Ask): string {
  return again ? again.terms.ends_at : accepted.order.object.expires_at
}

/** Whether an accepted act begins a replay whose hold was not asked for yet. */
export function beginsReplay(state: State, { replay }: RecoveryAccepted): state is Charged {
  if (state.status !== 'charged' || replay === undefined) return false
  return (state.hold_number ?? 0) < replay.hold_number
}

/** The number of the newest hold that was asked for; -1 where none is, or none any more. */
export function holdNumber(state: State): number {
  switch (state.status) {
    case 'pending':
      return state.wait.again?.terms.hold_number ?? 0
    case 'held':
      return state.again?.terms.hold_number ?? 0
    case 'charged':
      return state.hold_number ?? 0
    case 'absent':
    case 'funded':
    case 'released':
    case 'expired':
    case 'agent':
      return -1
  }
}

/** Whether an accepted act ends this hold, or this wait. */
export function isReleased(state: State, { released_hold }: RecoveryAccepted): boolean {
  if (state.status !== 'held' && state.status !== 'pending') return false
  return holdNumber(state) === released_hold
}

/** The usage receipts of an order, oldest first; while a replay goes on, those before it. */
export function receiptsIn(state: State): UsageReceiptLink[] {
  switch (state.status) {
    case 'charged':
      return [...(state.earlier ?? []), state.receipt]
    case 'held':
      return state.again ? receiptsIn(state.again.before) : []
    case 'pending':
      return state.wait.again ? receiptsIn(state.wait.again.before) : []
    case 'absent':
    case 'funded':
    case 'released':
    case 'expired':
    case 'agent':
      return []
  }
}

/** The hold that a replay asks for. Dispatch says order and terms together. */
export function askOf(
  before: Charged,
  { replay, accepted, settlement_id }: RecoveryAccepted,
): {
  accepted: Wait['accepted']
  again: Again
} {
  if (!replay || !accepted) throw new Error('a replay was accepted without its order')
  const settlement = settlement_id === undefined ? {} : { settlement_id }
  return { accepted, again: { terms: replay, ...settlement, before } }
}

/** What stands when a hold or a wait comes to nothing. */
export function fallBack(again: Again | undefined, otherwise: State): State {
  if (!again) return otherwise
  return { ...again.before, hold_number: again.terms.hold_number }
}
