import type { EventTypes } from '@prooftrail/contracts'
import type { LedgerEntry } from './signer.ts'
import type { Delivery } from './state.ts'
import type { CompleteRun } from './trail-order.ts'

type RunEvent = LedgerEntry['events'][number]
type Record = Pick<LedgerEntry, 'state' | 'events'>

/** The states that a run passed, as its links say them, and the task run state that it is in. */
export function runRecord(run: CompleteRun): Record {
  const { object: command } = run.bound.command.link
  const { object: contract } = run.result.contract.link
  const { object: usage } = run.receipts.usage.link
  const { object: order } = run.order.link
  const { held_at } = run.bound
  const steps: [event_type: string, to_state: string, actor: string, occurred_at: string][] = [
    ['contract_accepted', 'contract_accepted', 'agent', order.issued_at],
    ['credit_reserved', 'credit_funded', 'receipt', held_at],
    ['run_created', 'queued', 'dispatch', command.issued_at],
    ['result_package_ready', 'result_ready', command.requested_tool, contract.issued_at],
    ['usage_receipt_issued', 'usage_receipt_issued', 'receipt', usage.issued_at],
    deliveryStep(run.delivery),
  ]
  const isStandard = command.execution_mode !== 'controlled_pilot'
  if (isStandard) {
    const last =
      steps
        .map(([, , , at]) => at)
        .sort()
        .at(-1) ?? usage.issued_at
    steps.push(['task_closed', 'closed', 'attestation', last])
  }
  return {
    state: isStandard ? 'closed' : deliveryState(run.delivery),
    events: inOrder(steps, command.agent_task_run_id),
  }
}

/** A refused order has no run: it failed before it was created. */
export function refusedRecord(
  decision: EventTypes['work-order.rejected']['decision']['object'],
  runId: string,
): Record {
  return {
    state: 'failed',
    events: inOrder([['run_failed', 'failed', 'intake', decision.issued_at]], runId),
  }
}

/** What the record says after further facts; a closed run stays closed. */
export function laterRecord(before: LedgerEntry, facts: readonly Delivery[]): Record {
  const newest = facts.at(-1)
  const events = inOrder(facts.map(deliveryStep), before.agent_task_run_id)
  const state =
    before.state === 'closed' || newest === undefined ? before.state : deliveryState(newest)
  return { state, events: sorted([...before.events, ...events]) }
}

function deliveryState({ link }: Delivery): string {
  return link.object.callback_status === 'delivered' ? 'callback_delivered' : 'callback_ready'
}

function deliveryStep({ link }: Delivery): [string, string, string, string] {
  const { callback_status, issued_at } = link.object
  switch (callback_status) {
    case 'delivered':
      return ['callback_delivered', 'callback_delivered', 'callback', issued_at]
    case 'ready':
      return ['callback_payload_ready', 'callback_pending', 'callback', issued_at]
    default:
      return ['callback_failed', 'callback_pending', 'callback', issued_at]
  }
}

function inOrder(steps: readonly [string, string, string, string][], runId: string): RunEvent[] {
  return sorted(
    steps.map(([event_type, to_state, actor, occurred_at]) => ({
      event_type,
      agent_task_run_id: runId,
      to_state,
      actor,
      occurred_at,
    })),
  )
}

/** By time; what happened in the same millisecond stays in the order of the life of a run. */
function sorted(events: RunEvent[]): RunEvent[] {
  return events.sort((a, b) =>
    a.occurred_at < b.occurred_at ? -1 : a.occurred_at > b.occurred_at ? 1 : 0,
  )
}
