import { EXECUTION_MODES, type Facts } from '@prooftrail/contracts'
import type { RunState } from '../state.ts'
import { count, type FactsOf, facts, known } from './fact.ts'

/** How an order came in, and what pays for it. */
export const ORDER_FACTS: FactsOf<
  'work-order.accepted' | 'work-order.rejected' | 'credits.held' | 'usage-receipt.issued'
> = {
  'work-order.accepted': {
    learn(state, data) {
      const { order, task_token, pins, accepted_at } = data.accepted
      const { callback_url } = pins
      return {
        ...state,
        ...orderOf(order.object),
        task_token,
        ...pilotOf(order.object, pins.pilot_id),
        pinned: {
          manifest_version: pins.manifest_version,
          proof_trail: pins.proof_trail,
          price: pins.price,
          max_attempts: pins.limits.max_attempts,
          deadline_seconds: pins.limits.deadline_seconds,
          callback_policy: pins.callback_policy,
          ...(callback_url === undefined ? {} : { callback_url }),
          allow_replay: Object(order.object.pilot_controls).allow_replay !== false,
        },
        facts: facts(state, { accepted_at, ...modeOf(order.object.execution_mode) }),
      }
    },
    line(data) {
      const { pins } = data.accepted
      return {
        stage: 'intake',
        summary: `accepted for ${pins.tool} ${pins.manifest_version}, price ${pins.price} credits`,
      }
    },
  },
  'work-order.rejected': {
    learn(state, data) {
      const { order, decision, task_token } = data
      return {
        ...state,
        ...orderOf(order.object),
        task_token,
        reasons: decision.object.reasons,
        facts: facts(state, {
          rejected_at: decision.object.issued_at,
          ...modeOf(order.object.execution_mode),
        }),
      }
    },
    line(data) {
      const { reason_codes } = data.decision.object
      return {
        stage: 'intake',
        summary: `refused for ${count(reason_codes.length, 'reason')}: ${reason_codes.join(', ')}`,
      }
    },
  },
  'credits.held': {
    learn(state, data) {
      const { hold, settlement_receipt } = data
      return {
        ...state,
        ...(settlement_receipt === undefined
          ? {}
          : { settlement_receipt: settlement_receipt.object }),
        facts: facts(state, {
          held_at: hold.held_at,
          ...(settlement_receipt === undefined ? {} : { settlement_linked: true }),
        }),
      }
    },
    line(data) {
      const { credits_held, remaining_credits, account } = data.hold
      return {
        stage: 'receipt',
        summary: `${credits_held} credits held on ${account}, ${remaining_credits} free`,
      }
    },
  },
  'usage-receipt.issued': {
    learn(state, data) {
      const { object } = data.usage_receipt
      if (state.usage_receipt && state.usage_receipt.issued_at > object.issued_at) return state
      return {
        ...state,
        usage_receipt: object,
        facts: facts(state, { usage_receipt_at: object.issued_at }),
      }
    },
    line(data) {
      const { object } = data.usage_receipt
      return {
        stage: 'receipt',
        summary: `usage receipt: ${object.credits_debited} debited, ${object.credits_released} released, ${object.remaining_credits} left`,
      }
    },
  },
}

/** A pilot's id: the pinned one, else the order's, else the one that every tool's first pilot has. */
function pilotOf(
  order: { execution_mode: string; requested_tool: string; pilot_id?: string },
  pinned: string | undefined,
): { pilot_id?: string } {
  if (order.execution_mode !== 'controlled_pilot') return {}
  return {
    pilot_id: pinned ?? order.pilot_id ?? `${order.requested_tool}_controlled_pilot_001`,
  }
}

function orderOf(order: {
  agent_id: string
  requested_tool: string
  requested_capability: string
  execution_mode: string
  issued_at: string
}): Partial<RunState> {
  const { agent_id, requested_tool, requested_capability, execution_mode, issued_at } = order
  return {
    agent_id,
    requested_tool,
    requested_capability,
    execution_mode,
    ordered_at: issued_at,
  }
}

function modeOf(mode: string): Pick<Facts, 'execution_mode'> {
  return known('execution_mode', mode, EXECUTION_MODES)
}
