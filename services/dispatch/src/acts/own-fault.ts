import {
  ACTS,
  type ActState,
  checkEvidence,
  type Manifest,
  type NewEvidence,
  type RecoveryAct,
  type RecoveryAction,
} from '@prooftrail/contracts'
import { MAX_ORDER_BYTES, MAX_TICKETS } from '@prooftrail/trail/format'
import type { DispatchCode } from '../codes.ts'
import { endOf, withAdded } from '../course.ts'
import type { Course, OrderState, Run } from '../state.ts'
import type { ActFault } from './judge-act.ts'

/** Replays of one run. */
const MAX_REPLAYS = 16

/** A run as an act of it is judged. */
export interface Case {
  state: OrderState
  course: Course
  /** What a replay of it stands on; undefined where there is nothing to replay. */
  run: Run | undefined
  /** Of the version that the order pins; undefined where it is not known. */
  manifest: Manifest | undefined
  /** RFC 3339: when the act came. */
  at: string
}

type ActCase = Case & { act: RecoveryAct }

/** Why an act is refused for what it says, or for what its run lacks; its state was asked before. */
export function ownFault(one: ActCase): ActFault | undefined {
  const { act, course } = one
  switch (act.recovery_action) {
    case 'add_evidence':
      return evidenceFault(one)
    case 'replay_from_checkpoint':
    case 'rerun_result_contract':
      return noEvidence(act) ?? replayFault(one)
    case 'request_evidence':
      return noEvidence(act) ?? requestFault(one)
    case 'retry_callback':
      return noEvidence(act) ?? deliveryFault(course)
    case 'advance_queue':
      return noEvidence(act) ?? advanceFault(one)
    case 'close_exception':
      return noEvidence(act) ?? ticketFault(act, course)
    case 'release_credit_allocation':
    case 'close':
      return noEvidence(act)
  }
}

/** Longer than this nobody is asked to wait. */
const MAX_REQUEST_MS = 31 * 24 * 60 * 60 * 1000

/** What an agent is asked for must be open, and the time must lie ahead. */
function requestFault({ act: { until }, course, at }: ActCase): ActFault | undefined {
  if (!hasOpenEvidence(course)) {
    return fault('PT-2033', 'the newest result left no class of evidence open')
  }
  if (until === undefined) return undefined
  const ahead = Date.parse(until) - Date.parse(at)
  if (ahead > 0 && ahead <= MAX_REQUEST_MS) return undefined
  return fault('PT-2023', `until is ${until}: it lies ahead, by 31 days at most`)
}

function deliveryFault({ undelivered }: Course): ActFault | undefined {
  if (undelivered) return undefined
  return fault('PT-2032', 'no callback of the newest result was given up')
}

function noEvidence({ recovery_action, new_evidence_items }: RecoveryAct): ActFault | undefined {
  if (new_evidence_items === undefined) return undefined
  return fault('PT-2023', `${recovery_action} brings no evidence: add_evidence does`)
}

/** The rules of intake, for what an order holds with the added items; and only what is open. */
function evidenceFault({ run, course, act, manifest }: ActCase): ActFault | undefined {
  const items = act.new_evidence_items ?? []
  if (items.length === 0) return fault('PT-2023', 'new_evidence_items is missing')
  if (manifest === undefined || run === undefined) {
    return fault('PT-2028', 'the tool version that the order pins is not known')
  }
  const open = course.newest?.open ?? []
  const shut = items
    .map(({ evidence_class }) => evidence_class)
    .filter((one) => !open.includes(one))
  if (shut.length > 0) {
    const which = open.length > 0 ? `open: ${open.join(', ')}` : 'no class is open'
    return fault('PT-2028', `not open: ${[...new Set(shut)].join(', ')}; ${which}`)
  }
  const empty = items.filter(({ evidence }) => Array.isArray(evidence) && evidence.length === 0)
  if (empty.length > 0) return fault('PT-2028', `without items: ${classesOf(empty)}`)
  const all = [...course.given, ...course.added, ...items]
  const merged = withAdded(run.accepted.order.object.evidence, all)
  const faults = checkEvidence(manifest, merged, 'PT-2028')
  if (faults.length > 0) {
    const words = faults.slice(0, 10).map(({ path, detail }) => `evidence${path} ${detail}`)
    return fault('PT-2028', words.join('; '))
  }
  const bytes = Buffer.byteLength(JSON.stringify(merged))
  if (bytes <= MAX_ORDER_BYTES) return undefined
  return fault('PT-2028', `${bytes} bytes of evidence in all; ${MAX_ORDER_BYTES} are allowed`)
}

function classesOf(items: readonly NewEvidence[]): string {
  return items.map(({ evidence_class }) => evidence_class).join(', ')
}

function replayFault({ run, course }: Case): ActFault | undefined {
  if (run === undefined) return fault('PT-2024', 'nothing of the run is left to replay')
  const { pilot_controls } = run.accepted.order.object
  if (Object(pilot_controls).allow_replay === false) {
    return fault('PT-2030', 'pilot_controls of the order: allow_replay is false')
  }
  if (course.holds >= MAX_REPLAYS) {
    return fault('PT-2029', `the run was replayed ${course.holds} times`)
  }
  return attemptsFault(run, run.accepted.pins.limits.max_attempts)
}

/** Attempts number the tickets of their results, which verifiers look for among the first few. */
function attemptsFault({ attempts }: Run, more: number): ActFault | undefined {
  // the last numbers are those of pauses
  if (attempts.length + more < MAX_TICKETS - MAX_REPLAYS) return undefined
  return fault('PT-2029', `${attempts.length} attempts were made`)
}

function advanceFault({ state, at }: Case): ActFault | undefined {
  if (state.status !== 'commanded' && state.status !== 'stalled') return undefined
  const end = endOf(state)
  if (Date.parse(at) >= end) {
    return fault('PT-2030', `no result counts past ${new Date(end).toISOString()}`)
  }
  return attemptsFault(state, 1)
}

function ticketFault({ exception_id }: RecoveryAct, { tickets }: Course): ActFault | undefined {
  if (tickets.some((one) => one.exception_id === exception_id)) return undefined
  const open = tickets.map((one) => `${one.exception_type} ${one.exception_id}`)
  const which = open.length > 0 ? `open: ${open.join(', ')}` : 'none is open'
  return fault('PT-2031', `${exception_id ?? 'no exception_id'} is no open ticket; ${which}`)
}

function hasOpenEvidence({ newest }: Course): boolean {
  return (newest?.open ?? []).length > 0
}

/**
 * Whether a run would take an act now, whoever asks, as far as the run alone says it: what the act
 * itself says is judged when it comes.
 * @param state where the run stands
 */
export function isOpen(action: RecoveryAction, state: ActState, one: Case): boolean {
  return ACTS[action].states.includes(state) && lacks(action, one) === undefined
}

/** What a run lacks for an act that its state allows. */
function lacks(action: RecoveryAction, one: Case): string | undefined {
  const { course } = one
  switch (action) {
    case 'add_evidence':
    case 'request_evidence':
      return hasOpenEvidence(course) ? undefined : 'open evidence'
    case 'replay_from_checkpoint':
    case 'rerun_result_contract':
      return replayFault(one)?.detail
    case 'retry_callback':
      return deliveryFault(course)?.detail
    case 'advance_queue':
      return advanceFault(one)?.detail
    case 'close_exception':
      return course.tickets.length > 0 ? undefined : 'an open ticket'
    case 'release_credit_allocation':
    case 'close':
      return undefined
  }
}

/** One fault of an act. */
export function fault(code: DispatchCode, detail: string): ActFault {
  return { code, detail }
}
