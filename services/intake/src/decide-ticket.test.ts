import { describe, expect, test } from 'vitest'
import { onTicket, orderAwaitingCredits } from './decide-ticket.ts'
import { evolve } from './evolve.ts'
import { aContext, anOrder, signed, submitted } from './intake.fixtures.ts'
import { intake } from './service.ts'
import type { State, TicketInput } from './state.ts'

const absent: State = { status: 'absent' }
const accepted = intake
  .decide(absent, submitted(signed(anOrder())), aContext())
  .reduce(evolve, absent)

/** The state after tickets that were opened and resolved in this order. */
function after(...types: TicketInput['type'][]): State {
  return types.reduce<State>((state, type) => {
    // of a ticket, only what it says is asked
    const input = { id: 'm', at: '', type, data: {} } as TicketInput
    return onTicket(state, input).reduce(evolve, state)
  }, accepted)
}

const awaits = (state: State) => intake.index?.(state).awaits

describe('given an accepted order', () => {
  test('when a ticket says that its credits are missing, then it counts for its agent, until that ends', () => {
    expect(awaits(accepted)).toBeUndefined()
    expect(awaits(after('exception.opened'))).toBe('agent-1')
    expect(awaits(after('exception.opened', 'exception.opened'))).toBe('agent-1')
    expect(awaits(after('exception.opened', 'exception.resolved'))).toBeUndefined()
  })

  test('when the end is heard before the beginning, then it does not count', () => {
    expect(awaits(after('exception.resolved', 'exception.opened'))).toBeUndefined()
  })

  test('when a ticket is about something else, or about no order of intake, then nothing is noted', () => {
    const ticket = { exception_type: 'evidence_gap', work_order_id: 'wo_1' }
    expect(orderAwaitingCredits(ticket)).toBeUndefined()
    expect(orderAwaitingCredits({ ...ticket, exception_type: 'credit_hold' })).toBe('wo_1')
    const input = { id: 'm', at: '', type: 'exception.opened', data: {} } as TicketInput
    expect(onTicket(absent, input)).toEqual([])
  })
})
