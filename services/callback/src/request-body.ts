import type { ActLink, RecoveryAccepted, RunExpired } from '@prooftrail/contracts'
import { type BundleLink, bundleLink, deriveId, type Link } from '@prooftrail/trail'
import { canonicalize, digestOfBytes } from '@prooftrail/trail/encoding'
import { isLinkName } from '@prooftrail/trail/format'
import type { Addresses } from './body.ts'
import type { CallbackPrepared } from './state.ts'

/** What is no part of a callback that reports no result; its reader finds it at the addresses. */
const LEFT_OUT = [
  ...['result_package', 'result_contract', 'usage_receipt'],
  ...['links/result_contract', 'links/usage_receipt'],
] as const

/**
 * The callback that asks an agent for evidence: an agent_callback_payload with the status of the
 * newest result, `evidence_request` and the operator's act, so that its receiver can check alone who
 * asks. Its id hangs on the act's number: said again, it is the same callback.
 * @returns undefined for an act that asks for nothing
 */
export function buildRequest(
  { work_order_id, act, agent_id, sequence, evidence_request, accepted_at }: RecoveryAccepted,
  task_token: string,
  addresses: Addresses,
): CallbackPrepared | undefined {
  if (evidence_request === undefined) return undefined
  const { missing_items, until } = evidence_request
  const { requested_by, reason } = act.object
  const about = { work_order_id, task_token, agent_id, sequence, at: accepted_at }
  return buildNotice(about, evidence_request, addresses, act, ({ acts_url }) => ({
    evidence_request: {
      ...{ missing_items, until, requested_by, acts_url },
      ...(reason === undefined ? {} : { reason }),
    },
    links: shown(act),
  }))
}

/**
 * The callback that tells an agent that its run, or a replay, ended: `expiry` and the link that says
 * so, behind the operator's act where a release did it. It reports no result; `event_type` is that of the newest one, or of none.
 */
export function buildExpiryNotice(
  {
    work_order_id,
    task_token,
    agent_id,
    sequence,
    expiry,
    release,
    notice,
    expired_at,
  }: RunExpired,
  addresses: Addresses,
): CallbackPrepared {
  const { ends, state, reason, rule, open_since } = expiry.object
  const about = { work_order_id, task_token, agent_id, sequence, at: expired_at }
  return buildNotice(about, notice, addresses, expiry, () => ({
    expiry: { ends, state, reason, rule, open_since },
    links: [...shown(release), bundleLink({ name: 'expiry', link: expiry })],
  }))
}

/** Of which run, and which of its callbacks that report no result. */
interface About {
  work_order_id: string
  task_token: string
  agent_id: string
  sequence: number
  /** RFC 3339: when it was decided. */
  at: string
}

/** What every such callback says; `own` is what this one is about. @param link what it follows */
function buildNotice(
  { work_order_id, task_token, agent_id, sequence, at }: About,
  notice: RunExpired['notice'],
  addresses: Addresses,
  link: Link<string>,
  own: (at: { acts_url: string }) => object,
): CallbackPrepared {
  const { requested_tool, requested_capability, result_status, callback_policy } = notice
  const isDue = callback_policy !== 'status_polling_only'
  const callback_url = isDue ? notice.callback_url : undefined
  const callback_event_id = deriveId('rec', work_order_id, sequence)
  const agent_task_run_id = deriveId('run', work_order_id, 0)
  const task = `${addresses.results}/v1/tasks/${encodeURIComponent(task_token)}`
  const event_type = `task_result_${result_status}`
  const payload = {
    ...{ payload_type: 'agent_callback_payload', event_type, callback_event_id, work_order_id },
    ...{ agent_task_run_id, requested_tool, requested_capability, result_status },
    result_url: `${task}/result-contract`,
    receipt_url: `${task}/usage-receipt`,
    trail_url: `${addresses.trails}/v1/trails/${encodeURIComponent(work_order_id)}`,
    issued_at: at,
    delivery: {
      callback_status: callback_url === undefined ? 'ready' : 'pending',
      attempt_count: 0,
    },
    sealed: false,
    left_out: [...LEFT_OUT],
    ...own({ acts_url: `${task}/acts` }),
  }
  const text = canonicalize(payload)
  return {
    task_token,
    delivery: {
      ...{ callback_event_id, work_order_id, agent_task_run_id },
      ...(callback_url === undefined ? {} : { callback_url }),
      callback_hash: digestOfBytes(text),
      after: [link.ref],
      is_request: true,
      payload: { agent_id, requested_tool, event_type, body: text },
    },
  }
}

/** An act as its receiver can check it. */
function shown(act: ActLink | undefined): BundleLink[] {
  return act && isLink(act) ? [bundleLink({ name: act.kind, link: act })] : []
}

function isLink(act: Link<string>): act is Link {
  return isLinkName(act.kind)
}
