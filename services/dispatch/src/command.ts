import type { AcceptedOrder, ExecutionBound, ExecutionCommand, Hold } from '@prooftrail/contracts'
import { deriveId, type Link, type LinkName, type Ref } from '@prooftrail/trail'
import { allocateIds, RESULT_GRACE_MS, timePlus } from '@prooftrail/trail/format'

/** Signs an object as a link of the trail, with the service's key. */
export type Sign = <K extends LinkName, T>(kind: K, object: T, after: readonly Ref[]) => Link<K, T>

/** Binds one attempt: every id, the order, and the signed command (design: the binding comes first). */
export function bindAttempt(
  order: { accepted: AcceptedOrder; hold: Hold; settlement_id?: string },
  attempt: number,
  at: string,
  sign: Sign,
): ExecutionBound {
  const { accepted, hold } = order
  const { work_order_id, task_token, pins } = accepted
  const asked = accepted.order.object
  const ids = allocateIds(work_order_id, pins.proof_trail, attempt, order.settlement_id)
  const agent_task_run_id = deriveId('run', work_order_id, 0)
  const binding_id = deriveId('eb', work_order_id, 0)
  const { workflow_context, requested_output, pilot_controls } = asked
  const command: ExecutionCommand = {
    object_type: 'execution_command',
    tool_command_id: ids.execution_command ?? deriveId('cmd', work_order_id, attempt - 1),
    work_order_id,
    task_token,
    agent_id: asked.agent_id,
    agent_task_run_id,
    execution_binding_id: binding_id,
    attempt,
    deadline: timePlus(asked.expires_at, RESULT_GRACE_MS),
    manifest_version: pins.manifest_version,
    manifest_digest: pins.manifest_digest,
    requested_tool: pins.tool,
    requested_capability: asked.requested_capability,
    execution_mode: asked.execution_mode,
    evidence: asked.evidence,
    callback_policy: pins.callback_policy,
    proof_requirements: pins.proof_trail,
    ids,
    hold: {
      account: hold.account,
      credits_held: hold.credits_held,
      credit_entry: hold.credit_entry,
    },
    issued_at: at,
    ...(pins.pilot_id === undefined ? {} : { pilot_id: pins.pilot_id }),
    ...(workflow_context === undefined ? {} : { workflow_context }),
    ...(requested_output === undefined ? {} : { requested_output }),
    ...(pilot_controls === undefined ? {} : { pilot_controls }),
    ...(pins.callback_url === undefined ? {} : { callback_url: pins.callback_url }),
  }
  return {
    binding: {
      binding_id,
      work_order_id,
      task_token,
      agent_task_run_id,
      tool: pins.tool,
      attempt,
      ids,
      proof_trail: pins.proof_trail,
      bound_at: at,
    },
    accepted_at: accepted.accepted_at,
    pins,
    hold,
    order: accepted.order,
    command: sign('execution_command', command, [accepted.order.ref]),
  }
}
