import { lifecycleState } from '@prooftrail/contracts'
import type { RunRow, WaitsFor } from '@prooftrail/contracts/doors'
import { isSettled } from './exceptions.ts'
import { sinceOf } from './queue-place.ts'
import type { RunState } from './state.ts'

/** A run as a line of a list, and by what a list finds it. */

/** The most names that one run is found by. */
const MAX_NAMES = 400
/** A line tells so many open items, each in so many characters: tools choose both. */
const MAX_OPEN_ITEMS = 4
const MAX_ITEM_NAME = 60
/** A digest, or an id of the wire format (section 2). */
const NAME = /^(?:sha256:[0-9a-f]{64}|[a-z]{1,12}_[a-z2-7]{32})$/

export function rowOf(run: RunState): RunRow {
  const { result_contract, callback, usage_receipt, facts } = run
  const sealed = run.sealed.at(-1)
  const row: { [M in keyof RunRow]: RunRow[M] | undefined } = {
    work_order_id: run.work_order_id,
    task_token: run.task_token,
    agent_id: run.agent_id,
    requested_tool: run.requested_tool,
    requested_capability: run.requested_capability,
    execution_mode: run.execution_mode,
    pilot_id: run.pilot_id,
    lifecycle_state: lifecycleState(facts),
    runtime_state: sealed?.runtime_state,
    waits_for: waitsFor(run),
    result_status: result_contract?.result_status,
    evidence_status: result_contract?.machine_result.evidence_status,
    evidence_score: result_contract?.machine_result.evidence_score,
    open_items: openItemsOf(run),
    verdict: sealed?.verdict,
    revision: sealed?.revision,
    log_index: sealed?.log_index,
    callback_status: callback?.callback_status,
    credits_debited: usage_receipt?.credits_debited,
    open_exceptions: run.exceptions.filter((one) => !isSettled(one)).length,
    accepted_at: sinceOf(run),
    changed_at: run.as_of,
    changes: run.events.length,
  }
  // members without a value are left out
  return Object.fromEntries(Object.entries(row).filter(([, one]) => one !== undefined)) as RunRow
}

/** What the newest result leaves open, each once, as far as a line has room; undefined for nothing. */
function openItemsOf({ result_contract }: RunState): string[] | undefined {
  const about = result_contract?.machine_result.open_items.map((one) => one.about) ?? []
  const first = [...new Set(about)].slice(0, MAX_OPEN_ITEMS)
  return first.length === 0 ? undefined : first.map((name) => name.slice(0, MAX_ITEM_NAME))
}

/** Who moves the run on. */
function waitsFor({ facts }: RunState): WaitsFor {
  switch (lifecycleState(facts)) {
    case 'credit_pending':
      return 'credits'
    case 'exception_open':
    case 'replay_ready':
      return 'operator'
    case 'callback_pending':
      return 'receiver'
    case 'attested':
    case 'failed':
    case 'closed':
      return 'nobody'
    default:
      return 'service'
  }
}

/** What a list selects a run by: one of these, or several. */
export function facetsOf(row: RunRow): string[] {
  const { lifecycle_state, waits_for, requested_tool, agent_id } = row
  const { callback_status, result_status, verdict, runtime_state, credits_debited } = row
  const named = {
    state: lifecycle_state,
    ...{ waits_for, tool: requested_tool, agent: agent_id },
    ...{ callback: callback_status, result: result_status, verdict, runtime: runtime_state },
    // its usage receipt says how much
    receipt: credits_debited === undefined ? undefined : 'issued',
  }
  const entries = Object.entries(named).filter(([, value]) => value !== undefined)
  return [ANY, ...entries.map(([name, value]) => facet(name, String(value)))]
}

/** The types of a run's open tickets, as a list selects runs by them. */
export function facetsOfTickets({ exceptions }: RunState): string[] {
  const open = exceptions.filter((one) => !isSettled(one))
  return [...new Set(open.map(({ ticket }) => facet('ticket', ticket.exception_type)))]
}

/** What every run is selected by. */
export const ANY = 'any'

export function facet(name: string, value: string): string {
  return `${name}:${value}`
}

/** Every id and digest that the run's facts hold, and its place in the log. */
export function namesOf(run: RunState): string[] {
  const { ids, callback, exceptions, sealed, settlement_receipt, usage_receipt } = run
  const { result_contract, recoveries = [], ledger, binding_id, task_token } = run
  const names = new Set<string>()
  const parts = [
    ...[binding_id, task_token, ids, sealed, callback, exceptions, recoveries],
    ...[settlement_receipt, usage_receipt, result_contract?.result_contract_id],
    ledger.map(({ object }) => object),
  ]
  for (const part of parts) collect(part, names)
  for (const { log_index } of sealed) names.add(logName(log_index))
  names.delete(run.work_order_id)
  return [...names].slice(0, MAX_NAMES)
}

/** The name of a leaf of the log, by which its run is found. */
export function logName(index: number | string): string {
  return `log:${index}`
}

function collect(value: unknown, names: Set<string>): void {
  if (typeof value === 'string') {
    if (NAME.test(value)) names.add(value)
  } else if (typeof value === 'object' && value !== null) {
    for (const one of Object.values(value)) collect(one, names)
  }
}
