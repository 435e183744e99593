import {
  type ActLink,
  RELEASE_RULE,
  type RunExpired,
  type RunExpiry,
  STATE_LIMITS,
} from '@prooftrail/contracts'
import type { Sign, Wait } from './state.ts'

/** The act of an operator that an order left the queue by, and its place among the run's acts. */
export interface Release {
  act: ActLink
  sequence: number
}

/**
 * The end of an order that waited for credits, signed by receipt, since no other service has met the
 * order: its own time was over, or an operator released it. All of its trail follows from it.
 * @param at RFC 3339: when the wait was found to be over
 */
export function orderExpired(
  { accepted }: Pick<Wait, 'accepted'>,
  at: string,
  sign: Sign,
  release?: Release,
): RunExpired {
  const { work_order_id, task_token, order, pins, accepted_at } = accepted
  const { agent_id, requested_capability, expires_at } = order.object
  const { ends, reason } = STATE_LIMITS.credit_pending
  const open = Math.max(0, Date.parse(release ? at : expires_at) - Date.parse(accepted_at))
  const object: RunExpiry = {
    object_type: 'run_expiry',
    ...{ work_order_id, ends: 'run', state: 'credit_pending', open_since: accepted_at },
    ...{ limit_seconds: Math.round(open / 1000), reason, rule: release ? RELEASE_RULE : ends },
    ...{ work_order_digest: order.digest, issued_at: at },
  }
  const after = [order.ref, ...(release ? [release.act.ref] : [])]
  return {
    ...{ work_order_id, task_token, agent_id, expiry: sign('expiry', object, after) },
    ...{ sequence: (release?.sequence ?? 0) + 1, order, accepted_at, expired_at: at },
    ...(release
      ? { runtime_state: 'released', release: release.act }
      : { runtime_state: 'expired' }),
    notice: {
      ...{ result_status: 'failed', requested_tool: pins.tool, requested_capability },
      callback_policy: pins.callback_policy,
      ...(pins.callback_url === undefined ? {} : { callback_url: pins.callback_url }),
    },
  }
}
