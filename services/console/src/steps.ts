import type { CallbackStatus } from '@prooftrail/contracts'
import { pilotOf, stepNames } from './pilot.ts'
import type { RunState, ToolState } from './state.ts'

/** One state that the pilot reached. */
export interface StepEvent {
  /** From 1. */
  sequence: number
  state: string
  description: string
  /** The step of the tool's manifest: Accept, Create, … */
  step?: string
  occurred_at: string
}

/** One of the eight steps of every pilot, in order. */
export interface PilotStep {
  sequence: number
  name: string
  step?: string
  /** waiting: for an operator. stopped: it will not be done. */
  status: 'done' | 'open' | 'waiting' | 'stopped' | 'not_due'
  occurred_at?: string
}

export interface StepsView {
  work_order_id: string
  pilot_id?: string
  tool?: string
  /** States reached so far. */
  events: StepEvent[]
  /** All steps, reached or not. */
  steps: PilotStep[]
}

/** What a tool calls its third step decides the name of its work; data of its manifest. */
const WORK: Readonly<Record<string, { name: string; state: string }>> = {
  Check: { name: 'run_evidence_check', state: 'evidence_check_completed' },
  Reconcile: { name: 'run_reconciliation_check', state: 'reconciliation_check_completed' },
}
const OTHER_WORK = { name: 'run_tool_execution', state: 'tool_execution_completed' }

/** Step events and steps of a pilot: names and order are the same for every tool but the work's. */
export function stepsOf(run: RunState, tool: ToolState | undefined): StepsView {
  const names = stepNames(run, tool)
  const work = WORK[names[2] ?? ''] ?? OTHER_WORK
  const { pilot_id } = pilotOf(run)
  return {
    work_order_id: run.work_order_id,
    ...(pilot_id === undefined ? {} : { pilot_id }),
    ...(run.requested_tool === undefined ? {} : { tool: run.requested_tool }),
    events: eventsOf(run, names, work.state),
    steps: planOf(run, names, work.name),
  }
}

function eventsOf(run: RunState, names: readonly string[], workState: string): StepEvent[] {
  const { facts, reasons, ordered_at, requested_tool: tool = 'the tool' } = run
  const boundAt = run.bound[0]?.bound_at
  const contract = run.result_contract
  const found = contract?.machine_result
  const said: [number, string, string | undefined, string][] = [
    [0, 'intake_received', ordered_at, `${run.agent_id} ordered ${run.requested_capability}`],
    [1, 'work_order_created', facts.accepted_at, `accepted for ${tool}, ids and price pinned`],
    [1, 'execution_binding_created', boundAt, `every id bound, ${tool} commanded`],
    [
      2,
      workState,
      contract?.issued_at,
      `evidence ${found?.evidence_status}, score ${found?.evidence_score} of 100`,
    ],
    [
      3,
      'result_contract_issued',
      contract?.issued_at,
      `result ${contract?.result_status}, ${found?.open_items.length ?? 0} open`,
    ],
  ]
  const reached = said.flatMap(([step, state, occurred_at, description]) =>
    occurred_at === undefined ? [] : [{ state, description, ...stepAt(names, step), occurred_at }],
  )
  if (reasons && facts.rejected_at !== undefined) {
    const description = `refused: ${reasons.map(({ code }) => code).join(', ')}`
    const occurred_at = facts.rejected_at
    reached.push({ state: 'refused', description, ...stepAt(names, 0), occurred_at })
  }
  return reached.map((event, at) => ({ sequence: at + 1, ...event }))
}

function stepAt(names: readonly string[], at: number): { step?: string } {
  const step = names[at]
  return step === undefined ? {} : { step }
}

function planOf(run: RunState, names: readonly string[], workName: string): PilotStep[] {
  const { facts } = run
  const refused = facts.rejected_at !== undefined
  const boundAt = run.bound[0]?.bound_at
  const contractAt = run.result_contract?.issued_at
  const isStopped = refused || (contractAt === undefined && facts.out_of_attempts_at !== undefined)
  const done = (at: string | undefined): Pick<PilotStep, 'status' | 'occurred_at'> =>
    at === undefined
      ? { status: isStopped ? 'stopped' : 'open' }
      : { status: 'done', occurred_at: at }
  const plan: [number, string, Pick<PilotStep, 'status' | 'occurred_at'>][] = [
    [0, 'validate_request', done(facts.accepted_at ?? facts.rejected_at)],
    [1, 'create_pilot_record', done(boundAt)],
    [1, 'issue_tool_command', done(boundAt)],
    [2, workName, done(contractAt)],
    [3, 'persist_result_contract', done(facts.usage_receipt_at)],
    [3, 'deliver_callback', deliveryOf(run, done(facts.callback_delivered_at))],
    [3, 'write_ledger_and_attestation', done(facts.sealed_at)],
    [4, 'operator_review', reviewOf(run)],
  ]
  return plan.map(([step, name, status], at) => ({
    sequence: at + 1,
    name,
    ...stepAt(names, step),
    ...status,
  }))
}

function deliveryOf(
  run: RunState,
  status: Pick<PilotStep, 'status' | 'occurred_at'>,
): Pick<PilotStep, 'status' | 'occurred_at'> {
  const now: CallbackStatus | undefined = run.facts.callback_status
  if (run.facts.rejected_at !== undefined || now === 'ready') return { status: 'not_due' }
  if (now === 'parked' && status.status !== 'done') return { status: 'stopped' }
  return status
}

function reviewOf(run: RunState): Pick<PilotStep, 'status' | 'occurred_at'> {
  const seal = run.sealed.at(-1)
  if (seal === undefined) return { status: 'open' }
  if (seal.runtime_state === 'ready_for_operator_review') return { status: 'waiting' }
  if (seal.runtime_state === 'refused' || run.execution_mode === 'standard') {
    return { status: 'not_due' }
  }
  return { status: 'done', occurred_at: seal.issued_at }
}
