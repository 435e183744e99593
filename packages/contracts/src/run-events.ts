/** The steps of a run as its ledger entry lists them. */

import type { LifecycleState, RunEventType } from '@prooftrail/trail/vocabulary'
import type { RunStateEvent } from './generated/types.ts'
import type { Facts } from './lifecycle.ts'

interface Step {
  readonly event_type: RunEventType
  readonly to_state: LifecycleState
  readonly actor: string
  readonly at: string
}

/**
 * `ledger_entry.events[]`: what the facts say happened, by time; facts of one time stand in the
 * order of the flow, so the same set gives the same list. `from_state` is the state before. A
 * refused order was never a run and has none.
 */
export function runStateEvents(facts: Facts, agentTaskRunId: string): RunStateEvent[] {
  if (facts.rejected_at !== undefined) return []
  const steps = stepsOf(facts)
  steps.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
  return steps.map(({ event_type, to_state, actor, at }, i) => {
    const from_state = steps[i - 1]?.to_state
    return {
      event_type,
      agent_task_run_id: agentTaskRunId,
      to_state,
      ...(from_state === undefined ? {} : { from_state }),
      actor,
      occurred_at: at,
    }
  })
}

/** In the order of the flow; the sort by time keeps it among equals. */
function stepsOf(facts: Facts): Step[] {
  const steps: Step[] = []
  const add = (
    at: string | undefined,
    event_type: RunEventType,
    to_state: LifecycleState,
    actor: string,
  ): void => {
    if (at !== undefined) steps.push({ event_type, to_state, actor, at })
  }
  add(facts.accepted_at, 'run_created', 'created', 'intake')
  add(facts.credit_pending_at, 'lifecycle_state_changed', 'credit_pending', 'receipt')
  add(facts.held_at, 'credit_reserved', 'credit_funded', 'receipt')
  for (const at of [...(facts.bound_at ?? [])].sort()) {
    add(at, 'lifecycle_state_changed', 'queued', 'dispatch')
  }
  add(facts.started_at, 'tool_execution_started', 'operating', 'executor')
  add(facts.result_issued_at, 'result_package_ready', 'result_ready', 'executor')
  for (const at of [...(facts.exception_opened_at ?? [])].sort()) {
    add(at, 'exception_opened', 'exception_open', 'dispatch')
  }
  const receipt = facts.usage_receipt_at
  if (facts.settlement_linked === true) {
    add(receipt, 'credit_funded_from_settlement', 'settlement_receipt_issued', 'receipt')
  }
  add(receipt, 'usage_receipt_issued', 'usage_receipt_issued', 'receipt')
  if (facts.callback_status !== 'ready') {
    add(receipt, 'callback_payload_ready', 'callback_pending', 'callback')
  }
  const first = facts.callback_first_attempt_at
  if (first !== facts.callback_delivered_at && facts.callback_status !== 'ready') {
    add(first, 'callback_failed', 'callback_pending', 'callback')
  }
  add(facts.callback_delivered_at, 'callback_delivered', 'callback_delivered', 'callback')
  add(facts.callback_parked_at, 'callback_failed', 'exception_open', 'callback')
  add(facts.out_of_attempts_at, 'run_paused', 'exception_open', 'dispatch')
  add(facts.sealed_at, 'lifecycle_state_changed', 'attested', 'attestation')
  if (facts.result_issued_at === undefined) {
    add(facts.released_at, 'run_failed', 'failed', 'receipt')
  }
  add(facts.closed_at, 'run_closed', 'closed', 'operator')
  return steps
}
