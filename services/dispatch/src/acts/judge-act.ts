import {
  ACTS,
  type ActLink,
  type Actor,
  type ActState,
  actsAllowed,
  checkEvidence,
  type Manifest,
  type NewEvidence,
  type RecoveryAct,
} from '@prooftrail/contracts'
import type { Ref } from '@prooftrail/trail'
import { CLOCK_SKEW_MS, MAX_ORDER_BYTES, MAX_TICKETS } from '@prooftrail/trail/format'
import type { DispatchCode } from '../codes.ts'
import { endOf, withAdded } from '../course.ts'
import type { Course, OrderState, Run, State } from '../state.ts'
import { formFault } from './read-act.ts'

/** Why an act is refused. Everything that refuses an act is named with one code. */
export interface ActFault {
  code: DispatchCode
  detail: string
}

/** An act whose signature holds, with who asked and when it came. */
export interface Asked {
  link: ActLink
  by: Actor
  /** The run that the message or the door names. */
  workOrderId: string
  /** RFC 3339: the broker's time, or a door's. */
  at: string
}

/** Acts of one run, accepted ones; and refused ones that are answered. */
export const MAX_ACTS = 64
export const MAX_REFUSED = 256
/** Replays of one run. */
const MAX_REPLAYS = 16

/** Where a run stands, as the table of acts names it. */
export function actStateOf(state: State): ActState {
  switch (state.status) {
    case 'absent':
    case 'tool':
    case 'agent':
      return 'absent'
    case 'commanded':
      return 'operating'
    case 'waiting':
      return 'replay_waiting'
    case 'stalled':
      return 'stalled'
    case 'settled':
      return settledState(state)
  }
}

function settledState({ course, result_status }: Extract<State, { status: 'settled' }>): ActState {
  if (course === undefined) return 'absent'
  if (course.closed) return 'closed'
  if (result_status === 'partial' || result_status === 'failed') return result_status
  // a standard order closes by itself
  return course.execution_mode === 'standard' ? 'closed' : 'ready'
}

/**
 * Why an act is refused, undefined where it is accepted. Who signed it was asked before.
 * @param manifest of the version that the order pins; undefined where it is not known
 */
export function actFault(
  state: OrderState,
  course: Course,
  asked: Asked,
  manifest: Manifest | undefined,
): ActFault | undefined {
  const { link, by, workOrderId } = asked
  const form = formFault(link, workOrderId)
  if (form !== undefined) return { code: 'PT-2023', detail: form }
  const { object: act } = link
  const { recovery_action: action, idempotency_key: key } = act
  const said = course.acts[key]
  if (said !== undefined) return { code: 'PT-2026', detail: `${key} was said before, as ${said}` }
  return (
    askerFault(act, by) ??
    stateFault(state, act) ??
    followsFault(state, course, asked) ??
    limitFault(course) ??
    ownFault(action, { state, course, act, manifest, at: asked.at })
  )
}

function askerFault({ recovery_action: action, reason }: RecoveryAct, by: Actor) {
  const may = ACTS[action].by
  if (!may.includes(by)) {
    return fault('PT-2025', `${action} is for ${may.join(' and ')}, not for an ${by}`)
  }
  if (by === 'operator' && reason === undefined) {
    return fault('PT-2023', 'an operator says why: reason is missing')
  }
  return undefined
}

function stateFault(state: OrderState, { recovery_action: action }: RecoveryAct) {
  const stands = actStateOf(state)
  const { states } = ACTS[action]
  if (states.includes(stands)) return undefined
  const acts = actsAllowed(stands)
  const others = acts.length > 0 ? `it allows ${acts.join(', ')}` : 'it allows no act'
  return fault('PT-2024', `${action} wants ${states.join(' or ')}; the run is ${stands}, ${others}`)
}

/** What an act on this run follows: its newest result, or the order where there is none. */
export function checkpointOf(state: OrderState, { newest }: Course): Ref | undefined {
  if (newest) return newest.ref
  return 'accepted' in state ? state.accepted.order.ref : undefined
}

function followsFault(state: OrderState, course: Course, { link }: Asked): ActFault | undefined {
  const ref = checkpointOf(state, course)
  const [first, ...more] = link.after
  if (!ref || first?.name !== ref.name || first.digest !== ref.digest || more.length > 0) {
    return fault('PT-2027', `it follows exactly ${ref?.name} ${ref?.digest}`)
  }
  const since = course.newest?.issued_at
  const { issued_at } = link.object
  const late = since !== undefined && Date.parse(issued_at) + CLOCK_SKEW_MS < Date.parse(since)
  return late ? fault('PT-2027', `it was issued before ${ref.name}`) : undefined
}

function limitFault({ acts }: Course): ActFault | undefined {
  const count = Object.keys(acts).length
  return count < MAX_ACTS ? undefined : fault('PT-2029', `${count} acts were accepted on this run`)
}

interface Case {
  state: OrderState
  course: Course
  act: RecoveryAct
  manifest: Manifest | undefined
  at: string
}

function ownFault(action: RecoveryAct['recovery_action'], one: Case): ActFault | undefined {
  const { act, course } = one
  switch (action) {
    case 'add_evidence':
      return evidenceFault(one)
    case 'replay_from_checkpoint':
    case 'rerun_result_contract':
      return noEvidence(act) ?? replayFault(one)
    case 'advance_queue':
      return noEvidence(act) ?? advanceFault(one)
    case 'close_exception':
      return noEvidence(act) ?? ticketFault(act, course)
    case 'close':
      return noEvidence(act)
  }
}

function noEvidence({ recovery_action, new_evidence_items }: RecoveryAct): ActFault | undefined {
  if (new_evidence_items === undefined) return undefined
  return fault('PT-2023', `${recovery_action} brings no evidence: add_evidence does`)
}

/** The rules of intake, for what an order holds with the added items; and only what is open. */
function evidenceFault({ state, course, act, manifest }: Case): ActFault | undefined {
  const items = act.new_evidence_items ?? []
  const run = runOf(state)
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

function replayFault({ state, course }: Case): ActFault | undefined {
  const run = runOf(state)
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

/** What a replay of the run stands on; undefined where there is nothing to replay. */
export function runOf(state: OrderState): Run | undefined {
  return state.status === 'settled' ? state.run : undefined
}

function fault(code: DispatchCode, detail: string): ActFault {
  return { code, detail }
}
