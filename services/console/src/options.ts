import {
  ACT_NAMES,
  ACTS,
  type ActState,
  commandOf,
  type RecoveryAction,
} from '@prooftrail/contracts'
import { isSettled } from './exceptions.ts'
import type { Recovery, RunState } from './state.ts'

/** One act by which an agent or operator can move the run on, and whether its facts speak for it. */
export interface Option {
  action: string
  applies: boolean
  reason: string
  /** Who may ask for it. */
  by: readonly string[]
  /** Credits that it takes at most. */
  credits: number
  /** The command that does it. */
  command: string
}

/**
 * What can be done with a run, by the table of acts. It is advice: dispatch judges each act, and
 * keeps the history whatever it answers.
 * @param now RFC 3339: a replay whose time is over goes on no more
 */
export function optionsOf(run: RunState, now: string): Option[] {
  const state = actStateOf(run, now)
  return ACT_NAMES.map((action) => {
    const { by, costs } = ACTS[action]
    const [applies, reason] = judge(action, run, state)
    const credits = costs === 'difference' ? differenceOf(run) : 0
    const command = commandOf(action, run.work_order_id)
    return { action, applies, reason, by, credits, command }
  })
}

/** Where a run stands, as the table of acts names it. */
export function actStateOf(run: RunState, now: string): ActState {
  const { facts, result_contract, bound } = run
  if (run.reasons) return 'absent'
  if (facts.closed_at !== undefined) return 'closed'
  if (bound.length === 0) return waitsForCredits(run) ? 'credit_pending' : 'absent'
  const replay = replayUnderWay(run, now)
  const isCommanded = (bound.at(-1)?.attempt ?? 0) > (run.result_attempt ?? 0)
  if (replay && !isCommanded) return 'replay_waiting'
  if (replay || result_contract === undefined) return isPaused(run) ? 'stalled' : 'operating'
  const { result_status } = result_contract
  if (result_status === 'partial' || result_status === 'failed') return result_status
  const isOpen = run.execution_mode !== 'standard' || isGivenUp(run)
  return isOpen ? 'ready' : 'closed'
}

/** Whether an order waits for its first credits. */
function waitsForCredits({ facts, exceptions }: RunState): boolean {
  const ticket = exceptions.find(({ ticket: one }) => one.exception_type === 'credit_hold')
  return facts.held_at === undefined && ticket !== undefined && !isSettled(ticket)
}

/** A replay that was accepted and has no result yet. */
function replayUnderWay(run: RunState, now: string): Recovery | undefined {
  const newest = (run.recoveries ?? []).findLast(({ replay }) => replay !== undefined)
  const { replay } = newest ?? {}
  if (replay === undefined || now >= replay.ends_at || isReleased(run, newest)) return undefined
  return replay.result_number > (run.result_number ?? 0) ? newest : undefined
}

/** Whether an act ended a replay. */
function isReleased({ recoveries = [] }: RunState, replay: Recovery | undefined): boolean {
  return recoveries.some(
    ({ action, sequence = 0 }) =>
      action === 'release_credit_allocation' && sequence > (replay?.sequence ?? 0),
  )
}

function isPaused({ exceptions }: RunState): boolean {
  return exceptions.some(
    (one) => !isSettled(one) && one.ticket.exception_type === 'tool_execution_pause',
  )
}

/** Whether the newest callback was given up, and nobody had it tried again since. */
function isGivenUp({ callback, recoveries = [] }: RunState): boolean {
  if (callback?.callback_status !== 'parked') return false
  return !recoveries.some(
    ({ action, sequence, at }) =>
      action === 'retry_callback' && sequence !== undefined && at >= callback.issued_at,
  )
}

/** What the price leaves after all that was debited for the run. */
function differenceOf({ pinned, ledger, usage_receipt }: RunState): number {
  const debited = ledger.at(-1)?.object.credits.debited ?? usage_receipt?.credits_debited ?? 0
  return Math.max(0, (pinned?.price ?? 0) - debited)
}

function judge(action: RecoveryAction, run: RunState, state: ActState): [boolean, string] {
  if (run.reasons) {
    return [false, 'the order was refused: correct it and submit it under another key']
  }
  const { states } = ACTS[action]
  if (!states.includes(state))
    return [false, `the run is ${state}; it wants ${states.join(' or ')}`]
  switch (action) {
    case 'add_evidence': {
      const open = openClasses(run)
      return open.length === 0
        ? [false, 'no class of evidence is open']
        : [true, `open: ${open.join(', ')}`]
    }
    case 'request_evidence': {
      const open = openClasses(run)
      return open.length === 0
        ? [false, 'no class of evidence is open']
        : [true, `the agent can be asked for ${open.join(', ')}`]
    }
    case 'retry_callback':
      return isGivenUp(run)
        ? [true, `the callback was given up after ${run.callback?.attempts.length} attempts`]
        : [false, 'no callback was given up']
    case 'replay_from_checkpoint':
    case 'rerun_result_contract':
      return run.pinned?.allow_replay === false
        ? [false, 'the order allows no replay']
        : [true, `the result is ${state}; one more is added, the history stays`]
    case 'advance_queue':
      return [true, state === 'stalled' ? 'the attempts are used up' : 'an attempt is under way']
    case 'release_credit_allocation':
      return [true, RELEASES[state] ?? '']
    case 'close_exception': {
      const open = run.exceptions.filter((one) => !isSettled(one))
      return open.length === 0
        ? [false, 'no exception is open']
        : [true, `open: ${open.map(({ ticket }) => ticket.exception_type).join(', ')}`]
    }
    case 'close':
      return [true, 'the run waits for its operator']
  }
}

/** What a release ends, by where the run stands. */
const RELEASES: Partial<Record<ActState, string>> = {
  credit_pending: 'the order waits for credits',
  replay_waiting: 'a replay waits for credits',
  stalled: 'the attempts are used up, and credits are held',
}

function openClasses({ result_contract }: RunState): string[] {
  const tickets = result_contract?.exceptions ?? []
  const gaps = tickets.filter(({ exception_type }) => exception_type === 'evidence_gap')
  return [...new Set(gaps.flatMap(({ missing_items = [] }) => missing_items))]
}
