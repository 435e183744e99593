import type {
  AcceptedOrder,
  ExecutionBound,
  ExecutionCommand,
  Hold,
  ReplayTerms,
} from '@prooftrail/contracts'
import { deriveId, type Link, type LinkName, type Ref } from '@prooftrail/trail'
import { allocateIds, RESULT_GRACE_MS, timePlus } from '@prooftrail/trail/format'
import { withAdded } from './course.ts'
import type { Context, Course, DispatchEvent, Replay, Run } from './state.ts'

/** The next attempt of a run: bound, and commanded. */
export function command(
  run: Run & { course?: Course; replay?: Replay },
  at: string,
  { sign }: Pick<Context, 'sign'>,
): DispatchEvent[] {
  const { accepted, attempts, course, replay } = run
  const { evidence: asked } = accepted.order.object
  const { hold, settlement_id } = run
  const basis: Basis = {
    ...{ accepted, hold },
    ...(settlement_id === undefined ? {} : { settlement_id }),
    ...(replay ? { replay: { ...replay, evidence: withAdded(asked, course?.given ?? []) } } : {}),
  }
  const bound = bindAttempt(basis, attempts.length + 1, at, sign)
  const { tool } = accepted.pins
  return [
    { type: 'execution.bound', data: bound },
    { type: 'execution.commanded', tool, data: bound.command },
  ]
}

/** Signs an object as a link of the trail, with the service's key. */
export type Sign = <K extends LinkName, T>(kind: K, object: T, after: readonly Ref[]) => Link<K, T>

/** What an attempt stands on. */
export interface Basis {
  accepted: AcceptedOrder
  /** The first hold: all commands of a trail name the same one (wire format 5.3). */
  hold: Hold
  settlement_id?: string
  /** Of a replay. */
  replay?: {
    terms: ReplayTerms
    /** The act that asked for it, which its command follows. */
    request: Ref
    evidence: ExecutionCommand['evidence']
  }
}

/** Binds one attempt: every id, the order, and the signed command (design: the binding comes first). */
export function bindAttempt(order: Basis, attempt: number, at: string, sign: Sign): ExecutionBound {
  const { accepted, hold, replay } = order
  const { work_order_id, task_token, pins } = accepted
  const asked = accepted.order.object
  const result_number = replay?.terms.result_number ?? 0
  const { proof_trail } = pins
  const ids = allocateIds(work_order_id, proof_trail, attempt, order.settlement_id, result_number)
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
    deadline: replay?.terms.ends_at ?? timePlus(asked.expires_at, RESULT_GRACE_MS),
    manifest_version: pins.manifest_version,
    manifest_digest: pins.manifest_digest,
    requested_tool: pins.tool,
    requested_capability: asked.requested_capability,
    execution_mode: asked.execution_mode,
    evidence: replay?.evidence ?? asked.evidence,
    callback_policy: pins.callback_policy,
    proof_requirements: proof_trail,
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
  const after = [accepted.order.ref, ...(replay ? [replay.request] : [])]
  return {
    binding: {
      binding_id,
      work_order_id,
      task_token,
      agent_task_run_id,
      tool: pins.tool,
      attempt,
      ids,
      proof_trail,
      bound_at: at,
    },
    accepted_at: accepted.accepted_at,
    pins,
    hold,
    order: accepted.order,
    command: sign('execution_command', command, after),
    ...(result_number === 0 ? {} : { result_number }),
  }
}
