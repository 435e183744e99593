import { unheardUntil } from './silence.ts'
import type { DispatchEvent, State } from './state.ts'

/** Folds one event; published events alone are enough to fold a document again. */
export function evolve(state: State, event: DispatchEvent): State {
  switch (event.type) {
    case 'execution.bound': {
      const { binding, accepted_at, pins, hold, order, command: link } = event.data
      const { work_order_id, task_token } = binding
      const before = state.status === 'commanded' ? state.attempts : []
      const settlement_id = binding.ids.settlement_receipt
      const { tool_command_id, attempt, issued_at: commanded_at } = link.object
      return {
        status: 'commanded',
        // What credits.held said, as far as later attempts need it; rebuilt from this event alone.
        accepted: { work_order_id, task_token, order, pins, accepted_at },
        hold,
        ...(settlement_id === undefined ? {} : { settlement_id }),
        attempts: [
          ...before,
          { attempt, tool_command_id, command_digest: link.digest, commanded_at },
        ],
        sequence: 0,
        due_at: unheardUntil(commanded_at, pins.limits),
      }
    }
    case 'execution.commanded':
      return state
    case 'attempt.heard':
      return state.status === 'commanded' ? { ...state, ...event.data } : state
    case 'result.accepted': {
      const { attempt, result_contract } = event.data
      return {
        status: 'settled',
        attempt,
        result_digest: result_contract.digest,
        result_status: result_contract.object.result_status,
      }
    }
    case 'exception.opened': {
      if (state.status !== 'commanded') return state
      const { due_at: _over, ...rest } = state
      return { ...rest, status: 'stalled', exception_id: event.data.object.exception_id }
    }
    case 'exception.resolved':
      return state
    case 'tool.known':
      return { status: 'tool', ...event.data }
  }
}

/** When the current attempt counts as silent. */
export function due(state: State): string | undefined {
  return state.status === 'commanded' ? state.due_at : undefined
}
