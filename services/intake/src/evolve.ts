import type { IntakeEvent, State } from './state.ts'

/** The state after an event; published events alone are enough to fold a document again. */
export function evolve(state: State, event: IntakeEvent): State {
  switch (event.type) {
    case 'credits.awaited':
    case 'credits.settled':
      if (state.status !== 'order') return state
      return { ...state, awaits_credits: event.type === 'credits.awaited' }
    case 'work-order.accepted': {
      const { order, pins, accepted_at } = event.data.accepted
      return {
        ...{ status: 'order', decision: 'accepted', digest: order.digest },
        ...{ decided_at: accepted_at, agent_id: order.object.agent_id },
        ...{ tool: pins.tool, manifest_version: pins.manifest_version },
      }
    }
    case 'work-order.rejected': {
      const { order, decision } = event.data
      const { work_order_digest, issued_at, reasons } = decision.object
      return {
        ...{ status: 'order', decision: 'rejected', digest: work_order_digest, reasons },
        ...{ decided_at: issued_at, agent_id: order.object.agent_id },
        tool: order.object.requested_tool,
      }
    }
    case 'agent.registered':
      return { status: 'agent', agent: event.data }
    case 'tool.registered':
      return { status: 'tool', tool: event.data }
  }
}
