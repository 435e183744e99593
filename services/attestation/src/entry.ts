import type { EventTypes } from '@prooftrail/contracts'
import { deriveId } from '@prooftrail/trail'
import { ENDED_TRAILS, type Ending } from '@prooftrail/trail/format'
import { issuedAt } from './check-link.ts'
import type { Added, ResultAdded } from './later.ts'
import {
  expiredRecord,
  laterRecord,
  type RunRecord,
  refusedRecord,
  runRecord,
} from './run-record.ts'
import { type LedgerEntry, nameAt } from './signer.ts'
import type { CheckedLink, SealedTrail } from './state.ts'
import type { CompleteRun } from './trail-order.ts'

/**
 * When an entry was issued: the latest issued_at among the links that it closes, so that the same
 * facts in any order give the same bytes; never before its own key counts.
 */
export function entryTime(links: readonly { issued_at: string }[], notBefore: string): string {
  return links.reduce((latest, { issued_at }) => later(latest, issued_at), notBefore)
}

/** The closing record of a run's first seal (revision 0). */
export function firstEntry(run: CompleteRun, notBefore: string): LedgerEntry {
  const { object: command } = run.bound.command.link
  const { object: contract } = run.result.contract.link
  const { object: usage } = run.receipts.usage.link
  const isPilot = command.execution_mode === 'controlled_pilot'
  const issued_at = entryTime(times(run.links), notBefore)
  const { state, events } = runRecord(run, issued_at)
  return {
    object_type: 'agent_task_run',
    ledger_entry_id: deriveId('le', command.work_order_id, 0),
    agent_task_run_id: command.agent_task_run_id,
    work_order_id: command.work_order_id,
    requested_tool: command.requested_tool,
    requested_capability: command.requested_capability,
    evidence_status: contract.machine_result.evidence_status,
    state,
    created_at: command.issued_at,
    events,
    credits: {
      held: usage.credits_held,
      debited: usage.credits_debited,
      released: usage.credits_released,
    },
    objects: recorded(run.links),
    verdict: contract.result_status,
    pilot: {
      ...(isPilot
        ? { pilot_id: command.pilot_id ?? `${command.requested_tool}_controlled_pilot_001` }
        : {}),
      tool: command.requested_tool,
      execution_mode: command.execution_mode,
      runtime_state: isPilot ? 'ready_for_operator_review' : 'closed',
      proof_trail: run.bound.proof_trail,
    },
    revision: 0,
    issued_at,
  }
}

/** The closing record of an order that intake refused: no run, no credits. */
export function refusedEntry(
  { work_order_id, order, decision }: EventTypes['work-order.rejected'],
  links: readonly CheckedLink[],
  notBefore: string,
): LedgerEntry {
  const { issued_at } = decision.object
  return endedEntry('refused', { work_order_id, order, created_at: issued_at }, links, {
    ...refusedRecord(issued_at, deriveId('run', work_order_id, 0)),
    notBefore,
  })
}

/** The closing record of an order that no result came of, in time or before its credits were released. */
export function expiredEntry(
  { work_order_id, order, accepted_at, expiry, release }: EventTypes['run.expired'],
  links: readonly CheckedLink[],
  notBefore: string,
): LedgerEntry {
  if (order === undefined) throw new Error(`${work_order_id} expired without its order`)
  const { issued_at } = expiry.object
  const created_at = accepted_at ?? issued_at
  return endedEntry(release ? 'released' : 'expired', { work_order_id, order, created_at }, links, {
    ...expiredRecord(created_at, issued_at, deriveId('run', work_order_id, 0)),
    notBefore,
  })
}

function endedEntry(
  ending: Ending,
  of: Pick<EventTypes['work-order.rejected'], 'work_order_id' | 'order'> & { created_at: string },
  links: readonly CheckedLink[],
  { state, events, notBefore }: RunRecord & { notBefore: string },
): LedgerEntry {
  const { work_order_id, created_at } = of
  const { object: order } = of.order
  return {
    object_type: 'agent_task_run',
    ledger_entry_id: deriveId('le', work_order_id, 0),
    agent_task_run_id: deriveId('run', work_order_id, 0),
    work_order_id,
    requested_tool: order.requested_tool,
    requested_capability: order.requested_capability,
    state,
    created_at,
    events,
    credits: { held: 0, debited: 0, released: 0 },
    objects: recorded(links),
    verdict: ending,
    pilot: {
      tool: order.requested_tool,
      execution_mode: order.execution_mode,
      runtime_state: ending,
      proof_trail: [...ENDED_TRAILS[ending]],
    },
    revision: 0,
    issued_at: entryTime(times(links), notBefore),
  }
}

/**
 * The next revision's closing record: what the newest one says, with what the revision adds.
 * @param index of the newest entry in the log
 */
export function nextEntry(
  trail: SealedTrail,
  newest: CheckedLink<EventTypes['ledger.appended']>,
  index: number,
  added: Added,
  notBefore: string,
): LedgerEntry {
  const revision = trail.revision + 1
  const { object: before } = newest.link
  const { links, result, runtime_state } = added
  const issued_at = entryTime(times(links), later(before.issued_at, notBefore))
  const { state, events } = laterRecord(before, added, issued_at)
  return {
    ...before,
    ...(result ? concluded(before, result) : {}),
    ...(runtime_state === undefined ? {} : { pilot: { ...before.pilot, runtime_state } }),
    ledger_entry_id: deriveId('le', before.work_order_id, revision),
    state,
    events,
    objects: recorded(links),
    revision,
    follows: { name: nameAt('ledger_entry', trail.revision), digest: newest.link.digest, index },
    issued_at,
  }
}

/** What one more result changes: the verdict, and the totals of the run. */
function concluded(
  { credits }: LedgerEntry,
  { contract, usage }: ResultAdded,
): Pick<LedgerEntry, 'verdict' | 'evidence_status' | 'credits'> {
  const { result_status: verdict, machine_result } = contract.link.object
  const { credits_held, credits_debited, credits_released } = usage.link.object
  return {
    ...{ verdict, evidence_status: machine_result.evidence_status },
    credits: {
      held: credits.held + credits_held,
      debited: credits.debited + credits_debited,
      released: credits.released + credits_released,
    },
  }
}

function recorded(links: readonly CheckedLink[]): LedgerEntry['objects'] {
  return links.map(({ name, link: { digest, statementDigest, key_id } }) => ({
    name,
    digest,
    statement_digest: statementDigest,
    key_id,
  }))
}

function times(links: readonly CheckedLink[]): { issued_at: string }[] {
  return links.map(({ link }) => ({ issued_at: issuedAt(link.object) }))
}

/** Times are RFC 3339 in one spelling, so that their order is that of their text. */
function later(one: string, other: string): string {
  return one > other ? one : other
}
