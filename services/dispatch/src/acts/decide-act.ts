import {
  ACTS,
  type ActLink,
  actsAllowed,
  type Manifest,
  type RecoveryAccepted,
  type RecoveryAct,
  type ReplayTerms,
} from '@prooftrail/contracts'
import { type Message, Refusal } from '@prooftrail/runtime'
import { timePlus } from '@prooftrail/trail/format'
import { command } from '../command.ts'
import { courseOf } from '../course.ts'
import { evolve } from '../evolve.ts'
import type { Context, Course, DispatchEvent, OrderState, Settled, State } from '../state.ts'
import { type ActFault, type Asked, actFault, actStateOf, MAX_REFUSED, runOf } from './judge-act.ts'
import { actorOf } from './read-act.ts'

/**
 * Acts on a run.
 * A1 Whoever may not ask touches nothing: the message is parked. Whoever may is answered, once.
 * A2 An act is accepted once per key; said again it is answered before, said otherwise it is refused.
 * A3 What is accepted is a link of the trail that follows the newest result.
 */

/** How long a replay may take, its wait for credits included. */
const REPLAY_MS = 4 * 60 * 60 * 1000

/** Judges an act. @throws Refusal PT-2021, PT-2022, PT-2029; RetryLater PT-2022 */
export function onRecoveryRequested(
  state: State,
  { data: { work_order_id, act }, at, waited = 0 }: Message<'recovery.requested'>,
  context: Context,
): readonly DispatchEvent[] {
  const course = courseOf(state)
  if (course === undefined || !isRun(state)) {
    throw new Refusal('PT-2021', `no run ${work_order_id} that acts are judged on`)
  }
  const by = actorOf(act, context, at, waited)
  if (by === 'agent' && act.object.requested_by !== course.agent_id) {
    throw new Refusal('PT-2021', `${work_order_id} is no run of ${act.object.requested_by}`)
  }
  if (isSaid(course, act)) return []
  const asked: Asked = { link: act, by, at, workOrderId: work_order_id }
  const fault = actFault(state, course, asked, manifestOf(state, context))
  if (fault === undefined) return accepted(state, course, asked, context)
  if (course.refused >= MAX_REFUSED) {
    throw new Refusal('PT-2029', `${course.refused} acts were refused; also: ${fault.detail}`)
  }
  return [refused(state, asked, fault)]
}

/** Whether the very same act was accepted before. */
export function isSaid({ acts }: Course, act: ActLink): boolean {
  const { idempotency_key: key } = act.object
  return Object.hasOwn(acts, key) && acts[key] === act.digest
}

export function isRun(state: State): state is OrderState {
  return state.status !== 'tool' && state.status !== 'agent'
}

/** The manifest of the version that the order pins. */
export function manifestOf(
  state: OrderState,
  { tools }: Pick<Context, 'tools'>,
): Manifest | undefined {
  const pins = runOf(state)?.accepted.pins
  const versions = pins && tools.get(pins.tool)?.versions
  const version = versions?.find((one) => one.version === pins?.manifest_version)
  // intake registered it after checking its form
  return version?.manifest as unknown as Manifest | undefined
}

function refused(
  state: OrderState,
  { link, at, workOrderId }: Asked,
  { code, detail }: ActFault,
): DispatchEvent {
  const { recovery_action: action } = link.object
  // a name outside the list is a fault of form
  const allowed_states = Object.hasOwn(ACTS, action) ? [...ACTS[action].states] : []
  const stands = actStateOf(state)
  return {
    type: 'recovery.refused',
    data: {
      ...{ work_order_id: workOrderId, act: link, code, detail, state: stands },
      ...{ allowed_states, allowed_acts: actsAllowed(stands), refused_at: at },
    },
  }
}

/** What an accepted act leads to; its answer comes first. */
function accepted(
  state: OrderState,
  course: Course,
  asked: Asked,
  context: Context,
): DispatchEvent[] {
  const { object: act } = asked.link
  const answer = answerTo(state, course, act, asked)
  const next = evolve(state, answer)
  switch (act.recovery_action) {
    case 'add_evidence':
    case 'replay_from_checkpoint':
    case 'rerun_result_contract':
      return [answer]
    case 'advance_queue':
      return [answer, ...advanced(next, asked.at, context)]
    case 'close_exception':
    case 'close':
      return [answer, ...closed(course, act, asked.at)]
  }
}

function answerTo(
  state: OrderState,
  course: Course,
  { work_order_id, recovery_action: action }: RecoveryAct,
  { link, at }: Asked,
): DispatchEvent & { type: 'recovery.accepted' } {
  const { leads_to, costs } = ACTS[action]
  const { agent_id, acts } = course
  const replay =
    costs === 'difference' && state.status === 'settled' ? replayOf(state, course, at) : {}
  return {
    type: 'recovery.accepted',
    data: {
      ...{ work_order_id, act: link, sequence: Object.keys(acts).length + 1, agent_id },
      ...(leads_to === undefined ? {} : { runtime_state: leads_to }),
      ...replay,
      accepted_at: at,
    },
  }
}

function replayOf(
  state: Settled,
  course: Course,
  at: string,
): Pick<RecoveryAccepted, 'replay' | 'accepted' | 'settlement_id'> {
  const run = runOf(state)
  if (run === undefined || course.newest === undefined) return {}
  const { accepted, settlement_id } = run
  return {
    replay: termsOf(course, accepted.pins.price, at),
    accepted,
    ...(settlement_id === undefined ? {} : { settlement_id }),
  }
}

/** What one more result would stand on. */
export function termsOf(
  { newest, holds, debited }: Course,
  price: number,
  at: string,
): ReplayTerms {
  return {
    result_number: (newest?.number ?? -1) + 1,
    hold_number: holds + 1,
    credits: Math.max(0, price - debited),
    ends_at: timePlus(at, REPLAY_MS),
  }
}

function advanced(state: State, at: string, context: Context): DispatchEvent[] {
  if (state.status !== 'commanded' && state.status !== 'stalled') return []
  return command(state, at, context)
}

function closed({ tickets }: Course, act: RecoveryAct, resolved_at: string): DispatchEvent[] {
  const { recovery_action: action, work_order_id, exception_id, reason, requested_by } = act
  const gone =
    action === 'close' ? tickets : tickets.filter((one) => one.exception_id === exception_id)
  const resolution = `closed by ${requested_by}: ${reason}`
  return gone.map((ticket) => ({
    type: 'exception.resolved',
    data: { work_order_id, ...ticket, status: 'closed', resolution, resolved_at },
  }))
}
