import {
  ACTS,
  type ActLink,
  type Actor,
  type ActState,
  actsAllowed,
  type Manifest,
  type RecoveryAct,
} from '@prooftrail/contracts'
import type { Ref } from '@prooftrail/trail'
import { CLOCK_SKEW_MS } from '@prooftrail/trail/format'
import type { DispatchCode } from '../codes.ts'
import type { Course, OrderState, Run, State } from '../state.ts'
import { fault, ownFault } from './own-fault.ts'
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

/** Acts of one run, accepted ones; and refused ones that are answered, as far as they are small. */
export const MAX_ACTS = 64
export const MAX_REFUSED = 256
/** Where a run stands, as the table of acts names it. */
export function actStateOf(state: State): ActState {
  switch (state.status) {
    case 'absent':
    case 'tool':
    case 'agent':
    case 'batch':
      return 'absent'
    case 'pending':
      return 'credit_pending'
    case 'ended':
      return 'closed'
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
  // a standard order closes by itself, unless its callback was given up
  const isOpen = course.execution_mode !== 'standard' || course.undelivered
  return isOpen ? 'ready' : 'closed'
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
  const { idempotency_key: key } = act
  const said = course.acts[key]
  if (said !== undefined) return { code: 'PT-2026', detail: `${key} was said before, as ${said}` }
  return (
    askerFault(act, by) ??
    stateFault(state, act) ??
    followsFault(state, course, asked) ??
    limitFault(course) ??
    ownFault({ state, course, run: runOf(state), act, manifest, at: asked.at })
  )
}

function askerFault({ recovery_action: action, reason, until }: RecoveryAct, by: Actor) {
  const may = ACTS[action].by
  if (!may.includes(by)) {
    return fault('PT-2025', `${action} is for ${may.join(' and ')}, not for an ${by}`)
  }
  if (by === 'operator' && reason === undefined) {
    return fault('PT-2023', 'an operator says why: reason is missing')
  }
  if (until !== undefined && action !== 'request_evidence') {
    return fault('PT-2023', `${action} has no until: request_evidence has`)
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
  if ('order' in state) return state.order
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

/** What a replay of the run stands on; undefined where there is nothing to replay. */
export function runOf(state: OrderState): Run | undefined {
  return state.status === 'settled' ? state.run : undefined
}
