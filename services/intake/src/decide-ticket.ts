import type { IntakeEvent, State, TicketInput } from './state.ts'

/** The ticket that receipt opens for an order that waits for credits. */
const CREDIT_HOLD = 'credit_hold'

/** The order that a ticket is about, where it tells that credits are missing; else it is not intake's. */
export function orderAwaitingCredits({
  exception_type,
  work_order_id,
}: {
  exception_type: string
  work_order_id: string
}): string | undefined {
  return exception_type === CREDIT_HOLD ? work_order_id : undefined
}

/**
 * Notes that an order waits for credits, or does so no longer. The two come on two topics, in any
 * order: what has ended does not begin.
 */
export function onTicket(state: State, { type }: TicketInput): IntakeEvent[] {
  if (state.status !== 'order') return []
  const isOpened = type === 'exception.opened'
  if (isOpened) {
    return state.awaits_credits === undefined ? [{ type: 'credits.awaited', data: {} }] : []
  }
  return state.awaits_credits === false ? [] : [{ type: 'credits.settled', data: {} }]
}
