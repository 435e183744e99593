import { type Facts as RunFacts, runStateEvents, taskRunState } from '@prooftrail/contracts'
import { issuedAt } from './check-link.ts'
import type { Added, ResultAdded } from './later.ts'
import type { LedgerEntry } from './signer.ts'
import type { ActFact, Delivery } from './state.ts'
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

/** An order that no result came of in time. */
export function expiredRecord(accepted_at: string, expired_at: string, runId: string): RunRecord {
  return recordOf({ accepted_at, released_at: expired_at }, runId)
}

/** What the record says after a revision; a run that closed or failed stays so until it is replayed. */
export function laterRecord(before: LedgerEntry, added: Added, sealed_at: string): RunRecord {
  const runId = before.agent_task_run_id
  const { acts, result, deliveries, runtime_state = before.pilot.runtime_state } = added
  const others = deliveries.filter((one) => one !== result?.delivery)
  const steps = [
    ...acts.flatMap((act) => actSteps(act, runId)),
    ...(result ? runStateEvents(resultFacts(result), runId) : []),
    ...others.flatMap((fact) => runStateEvents(callbackFacts(fact), runId)),
    ...runStateEvents({ sealed_at }, runId),
  ]
  const events = [...before.events, ...steps]
  if (runtime_state === 'operating') {
    return { state: taskRunState({ bound_at: [sealed_at] }), events: chain(events) }
  }
  const newest: RunFacts = {
    ...modeOf(before.pilot.execution_mode),
    ...resultOf(result?.contract.link.object.result_status ?? before.verdict),
    usage_receipt_at: before.created_at,
    ...Object.assign({}, ...deliveries.map(callbackFacts)),
    ...(runtime_state === 'closed' ? { closed_at: sealed_at } : {}),
    sealed_at,
  }
  const state = taskRunState(newest)
  const isEnd = result !== undefined && state === 'closed'
  return { state, events: chain([...events, ...(isEnd ? [closedStep(runId, sealed_at)] : [])]) }
}

/** What an act did to the run; what leaves it where it stood is no step of it. */
function actSteps({ act, runtime_state }: ActFact, agent_task_run_id: string): RunEvent[] {
  const step = ACT_STEPS.get(runtime_state ?? '')
  if (step === undefined) return []
  const [event_type, to_state] = step
  const actor = ACTORS.get(act.link.kind) ?? 'agent'
  return [
    { event_type, agent_task_run_id, to_state, actor, occurred_at: issuedAt(act.link.object) },
  ]
}

const ACT_STEPS: ReadonlyMap<string, readonly [RunEvent['event_type'], RunEvent['to_state']]> =
  new Map([
    ['replay_ready', ['replay_package_ready', 'replay_ready']],
    ['operating', ['lifecycle_state_changed', 'queued']],
    ['closed', ['run_closed', 'closed']],
    ['ready_for_operator_review', ['lifecycle_state_changed', 'attested']],
  ])

/** Who says what is no agent's request. */
const ACTORS: ReadonlyMap<string, string> = new Map([
  ['operator_decision', 'operator'],
  ['expiry', 'dispatch'],
])

function resultFacts({ bound, contract, usage, delivery }: ResultAdded): RunFacts {
  const { object } = contract.link
  const tickets = object.exceptions.map(({ created_at }) => created_at)
  return {
    bound_at: [bound.bound_at],
    result_issued_at: object.issued_at,
    usage_receipt_at: usage.link.object.issued_at,
    ...(tickets.length > 0 ? { exception_opened_at: tickets } : {}),
    ...(delivery.link.object.attempt > 0
      ? { callback_first_attempt_at: delivery.link.object.issued_at }
      : {}),
    ...callbackFacts(delivery),
  }
}

function recordOf(facts: RunFacts, runId: string): RunRecord {
  const state = taskRunState(facts)
  const events = runStateEvents(facts, runId)
  const last = events.at(-1)
  if (state !== 'closed' || last === undefined) return { state, events }
  return { state, events: chain([...events, closedStep(runId, last.occurred_at)]) }
}

/** A standard run closes by itself, with its seal. */
function closedStep(agent_task_run_id: string, occurred_at: string): RunEvent {
  return {
    ...{ event_type: 'run_closed', agent_task_run_id, to_state: 'closed' },
    ...{ actor: 'attestation', occurred_at },
  }
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
