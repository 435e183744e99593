import { type LifecycleState, lifecycleState } from '@prooftrail/contracts'
import { isSettled } from './exceptions.ts'
import type { RunState } from './state.ts'

/** Parts of a run as JSON. */

export function summary(run: RunState) {
  const sealed = run.sealed.at(-1)
  const { result_contract, callback, usage_receipt } = run
  return {
    work_order_id: run.work_order_id,
    task_token: run.task_token,
    agent_id: run.agent_id,
    requested_tool: run.requested_tool,
    requested_capability: run.requested_capability,
    execution_mode: run.execution_mode,
    pilot_id: run.pilot_id,
    lifecycle_state: stateOf(run),
    runtime_state: sealed?.runtime_state,
    sealed: sealed !== undefined,
    revision: sealed?.revision,
    verdict: sealed?.verdict,
    log_index: sealed?.log_index,
    attempt: run.bound.at(-1)?.attempt,
    result_status: result_contract?.result_status,
    evidence_status: result_contract?.machine_result.evidence_status,
    evidence_score: result_contract?.machine_result.evidence_score,
    callback_status: callback?.callback_status,
    credits_debited: usage_receipt?.credits_debited,
    open_exceptions: run.exceptions.filter((one) => !isSettled(one)).length,
    reasons: run.reasons,
    ids: run.ids,
  }
}

export function lifecycle(run: RunState) {
  return {
    work_order_id: run.work_order_id,
    lifecycle_state: stateOf(run),
    runtime_state: run.sealed.at(-1)?.runtime_state,
    facts: run.facts,
  }
}

export function stateOf(run: RunState): LifecycleState {
  return lifecycleState(run.facts)
}

/** @param after the last event that whoever asks has seen */
export function eventsAfter(run: RunState, after: number) {
  const events = run.events.filter(({ sequence }) => sequence > after)
  return { work_order_id: run.work_order_id, events }
}

export function receipts({ settlement_receipt, usage_receipt }: RunState) {
  if (!settlement_receipt && !usage_receipt) return undefined
  return { settlement_receipt, usage_receipt }
}

/** Tickets with their present status. */
export function exceptionsOf(run: RunState) {
  const exceptions = run.exceptions.map((one) => {
    const { ticket, status, resolution, resolved_at } = one
    return { ...ticket, status, settled: isSettled(one), resolution, resolved_at }
  })
  return { exceptions }
}
