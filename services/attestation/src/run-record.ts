import { type Facts as RunFacts, runStateEvents, taskRunState } from '@prooftrail/contracts'
import type { LedgerEntry } from './signer.ts'
import type { Delivery } from './state.ts'
import type { CompleteRun } from './trail-order.ts'

type RunEvent = LedgerEntry['events'][number]
export type RunRecord = Pick<LedgerEntry, 'state' | 'events'>

/**
 * The states that a run passed, as the links of its trail say them, and the one it is in. Only the
 * attempt that the trail holds counts, so that a late word of another changes nothing.
 */
export function runRecord(run: CompleteRun, sealed_at: string): RunRecord {
  const { object: command } = run.bound.command.link
  const { object: contract } = run.result.contract.link
  const tickets = contract.exceptions.map(({ created_at }) => created_at)
  return recordOf(
    {
      ...modeOf(command.execution_mode),
      // Intake's own time is not handed on; by the time of the hold the order was accepted.
      accepted_at: run.bound.accepted_at,
      held_at: run.bound.held_at,
      bound_at: [run.bound.bound_at],
      result_issued_at: contract.issued_at,
      ...resultOf(contract.result_status),
      settlement_linked: run.receipts.settlement !== undefined,
      usage_receipt_at: run.receipts.usage.link.object.issued_at,
      ...(tickets.length > 0 ? { exception_opened_at: tickets } : {}),
      ...(run.delivery.link.object.attempt > 0
        ? { callback_first_attempt_at: run.delivery.link.object.issued_at }
        : {}),
      ...callbackFacts(run.delivery),
      sealed_at,
    },
    command.agent_task_run_id,
  )
}

/** A refused order was never a run: it has a state and no steps. */
export function refusedRecord(rejected_at: string, runId: string): RunRecord {
  return recordOf({ rejected_at }, runId)
}

/** What the record says after further facts; a run that closed or failed stays so. */
export function laterRecord(
  before: LedgerEntry,
  facts: readonly Delivery[],
  sealed_at: string,
): RunRecord {
  const runId = before.agent_task_run_id
  const steps = facts.flatMap((fact) => runStateEvents(callbackFacts(fact), runId))
  const newest: RunFacts = {
    ...modeOf(before.pilot.execution_mode),
    ...resultOf(before.verdict),
    usage_receipt_at: before.created_at,
    ...Object.assign({}, ...facts.map(callbackFacts)),
    sealed_at,
  }
  const seal = runStateEvents({ sealed_at }, runId)
  return { state: taskRunState(newest), events: chain([...before.events, ...steps, ...seal]) }
}

function recordOf(facts: RunFacts, runId: string): RunRecord {
  const state = taskRunState(facts)
  const events = runStateEvents(facts, runId)
  const last = events.at(-1)
  if (state !== 'closed' || last === undefined) return { state, events }
  const closed: RunEvent = {
    event_type: 'run_closed',
    agent_task_run_id: runId,
    to_state: 'closed',
    actor: 'attestation',
    occurred_at: last.occurred_at,
  }
  return { state, events: chain([...events, closed]) }
}

/** By time, each step from the state of the one before; equal times stay in the order given. */
function chain(events: readonly RunEvent[]): RunEvent[] {
  const sorted = events.toSorted((a, b) =>
    a.occurred_at < b.occurred_at ? -1 : a.occurred_at > b.occurred_at ? 1 : 0,
  )
  return sorted.map((event, i) => {
    const from_state = sorted[i - 1]?.to_state
    return { ...event, ...(from_state === undefined ? {} : { from_state }) }
  })
}

function callbackFacts({ link }: Delivery): RunFacts {
  const { callback_status, issued_at } = link.object
  switch (callback_status) {
    case 'ready':
    case 'pending':
      return { callback_status }
    case 'delivered':
      return { callback_status, callback_delivered_at: issued_at }
    case 'failed':
    case 'parked':
      return { callback_status, callback_parked_at: issued_at }
    default:
      return {}
  }
}

function modeOf(mode: string): RunFacts {
  return mode === 'standard' || mode === 'controlled_pilot' ? { execution_mode: mode } : {}
}

function resultOf(status: string): RunFacts {
  return status === 'ready' || status === 'partial' || status === 'failed'
    ? { result_status: status }
    : {}
}
