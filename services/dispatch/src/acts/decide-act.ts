import {
  ACTS,
  type ActLink,
  actsAllowed,
  type EvidenceRequest,
  type Manifest,
  type Pins,
  type RecoveryAccepted,
  type RecoveryAct,
  type ReplayTerms,
} from '@prooftrail/contracts'
import { agentDocument, type Message, Refusal } from '@prooftrail/runtime'
import { timePlus } from '@prooftrail/trail/format'
import { itemOfKey } from '../batches/names.ts'
import { command } from '../command.ts'
import { courseOf, isOrder } from '../course.ts'
import { evolve } from '../evolve.ts'
import { releaseEnd, sequenceOf } from '../expiry.ts'
import { openFrom, replayEnds } from '../limits.ts'
import type { Context, Course, DispatchEvent, OrderState, Settled, State } from '../state.ts'
import { type ActFault, type Asked, actFault, actStateOf, MAX_REFUSED, runOf } from './judge-act.ts'
import { actorOf, weightOf } from './read-act.ts'

/**
 * Acts on a run.
 * A1 Whoever may not ask touches nothing: the message is parked. Whoever may is answered, once.
 * A2 An act is accepted once per key; said again it is answered before, said otherwise it is refused.
 * A3 What is accepted is a link of the trail that follows the newest result.
 */

/** How long an agent is asked for evidence where the act says no time of its own. */
const EVIDENCE_WAIT_MS = 7 * 24 * 60 * 60 * 1000

/** Judges an act. @throws Refusal PT-2021, PT-2022, PT-2029; RetryLater PT-2022 */
export function onRecoveryRequested(
  state: State,
  { data: { work_order_id, act }, at, waited = 0 }: Message<'recovery.requested'>,
  context: Context,
): readonly DispatchEvent[] {
  const course = courseOf(state)
  if (course === undefined || !isOrder(state)) {
    throw new Refusal('PT-2021', `no run ${work_order_id} that acts are judged on`)
  }
  if (!mayAsk(state, act, context)) {
    throw new Refusal('PT-2021', `${work_order_id} is no run of ${act.object.requested_by}`)
  }
  const by = actorOf(act, context, at, waited)
  if (isSaid(course, act)) return []
  const asked: Asked = { link: act, by, at, workOrderId: work_order_id }
  const fault = actFault(state, course, asked, manifestOf(state, context))
  if (fault === undefined) return accepted(state, course, asked, context)
  if (course.refused + weightOf(act) > MAX_REFUSED) {
    const detail = `too many or too large acts were refused; also: ${fault.detail}`
    throw new Refusal(
      'PT-2029',
      detail,
      by === 'agent' ? { party: agentDocument(course.agent_id) } : {},
    )
  }
  return [refused(state, asked, fault, context)]
}

/** Whether whoever an act says it is from may ask for one on this run: no signature of another is looked at. */
export function mayAsk(
  state: State,
  { key_id, object }: ActLink,
  { operators }: Pick<Context, 'operators'>,
): boolean {
  return operators.has(key_id) || courseOf(state)?.agent_id === object.requested_by
}

/** Whether the very same act was accepted before. */
export function isSaid({ acts }: Course, act: ActLink): boolean {
  const { idempotency_key: key } = act.object
  return Object.hasOwn(acts, key) && acts[key] === act.digest
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

/**
 * The batch that asked for an act. Anybody may choose a key that looks like a batch's; this service's
 * own door signs acts too, and takes no such key.
 */
function batchOf(
  { key_id, object }: ActLink,
  { operators }: Pick<Context, 'operators'>,
): { batch_id?: string } {
  const item = itemOfKey(object.idempotency_key)
  return item && operators.get(key_id)?.party === 'dispatch' ? { batch_id: item.batchId } : {}
}

function refused(
  state: OrderState,
  { link, at, workOrderId }: Asked,
  { code, detail }: ActFault,
  context: Pick<Context, 'operators'>,
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
      ...batchOf(link, context),
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
  const answer = withTerms(state, answerTo(state, course, act, asked, context), context)
  const next = evolve(state, answer)
  switch (act.recovery_action) {
    case 'add_evidence':
    case 'request_evidence':
    case 'replay_from_checkpoint':
    case 'rerun_result_contract':
      return [answer]
    case 'retry_callback':
      return [answer, ...triedAgain(course, act, asked.at)]
    case 'advance_queue':
      return [answer, ...advanced(next, asked.at, context)]
    case 'release_credit_allocation':
      return [
        answer,
        ...released(state, course, act, asked.at),
        ...ended(state, courseOf(next), asked, context),
      ]
    case 'close_exception':
    case 'close':
      return [answer, ...closed(course, act, asked.at)]
  }
}

type Answer = DispatchEvent & { type: 'recovery.accepted' }

/** A run that stays with its result is open anew from an act on: as the act leaves it. */
function withTerms(state: OrderState, answer: Answer, { limits }: Pick<Context, 'limits'>): Answer {
  const { accepted_at, evidence_request } = answer.data
  const next = evolve(state, answer)
  if (next.status !== 'settled') return answer
  const terms = openFrom(next, accepted_at, limits, evidence_request?.until)
  return { ...answer, data: { ...answer.data, ...terms } }
}

function answerTo(
  state: OrderState,
  course: Course,
  act: RecoveryAct,
  { link, at }: Asked,
  { limits, operators }: Pick<Context, 'limits' | 'operators'>,
): Answer {
  const { work_order_id, recovery_action: action } = act
  const { leads_to, costs } = ACTS[action]
  const { agent_id } = course
  const evidence_request =
    action === 'request_evidence' ? requestOf(state, course, act, at) : undefined
  const replay =
    costs === 'difference' && state.status === 'settled' ? replayOf(state, course, at, limits) : {}
  return {
    type: 'recovery.accepted',
    data: {
      ...{ work_order_id, act: link, sequence: sequenceOf(course), agent_id },
      ...batchOf(link, { operators }),
      ...(leads_to === undefined ? {} : { runtime_state: leads_to }),
      ...replay,
      ...(evidence_request ? { evidence_request } : {}),
      ...(action === 'release_credit_allocation' ? releaseOf(state, course) : {}),
      accepted_at: at,
    },
  }
}

function replayOf(
  state: Settled,
  course: Course,
  at: string,
  limits: Context['limits'],
): Pick<RecoveryAccepted, 'replay' | 'accepted' | 'settlement_id'> {
  const run = runOf(state)
  if (run === undefined || course.newest === undefined) return {}
  const { accepted, settlement_id } = run
  return {
    replay: termsOf(course, accepted.pins, at, limits),
    accepted,
    ...(settlement_id === undefined ? {} : { settlement_id }),
  }
}

/** What the agent is asked for, and where it is told. */
function requestOf(
  state: OrderState,
  { newest }: Course,
  { until }: RecoveryAct,
  at: string,
): EvidenceRequest | undefined {
  const run = runOf(state)
  if (run === undefined || newest === undefined) return undefined
  const { pins, order } = run.accepted
  return {
    missing_items: [...newest.open],
    until: until ?? timePlus(at, EVIDENCE_WAIT_MS),
    result_status: newest.status,
    requested_tool: pins.tool,
    requested_capability: order.object.requested_capability,
    callback_policy: pins.callback_policy,
    ...(pins.callback_url === undefined ? {} : { callback_url: pins.callback_url }),
  }
}

/** Which hold ends, or which wait; and where the run stands then. */
function releaseOf(
  state: OrderState,
  { holds }: Course,
): Pick<RecoveryAccepted, 'released_hold' | 'runtime_state'> {
  const runtime_state = isReplay(state) ? 'ready_for_operator_review' : 'closed'
  return { released_hold: holds, runtime_state }
}

function isReplay(state: OrderState): boolean {
  return 'settled' in state && state.settled !== undefined
}

/** What a replay may still cost: the price without what was debited for the run before. */
export function costOf({ debited }: Pick<Course, 'debited'>, price: number): number {
  return Math.max(0, price - debited)
}

/** What one more result would stand on. */
export function termsOf(
  { newest, holds, debited }: Course,
  { price, limits: own }: Pick<Pins, 'price' | 'limits'>,
  at: string,
  limits: Context['limits'],
): ReplayTerms {
  return {
    result_number: (newest?.number ?? -1) + 1,
    hold_number: holds + 1,
    credits: costOf({ debited }, price),
    ends_at: replayEnds(at, own.deadline_seconds, limits),
  }
}

function advanced(state: State, at: string, context: Context): DispatchEvent[] {
  if (state.status !== 'commanded' && state.status !== 'stalled') return []
  return command(state, at, context)
}

/** Tickets that a release answers: those of the replay, else of the run. Receipt ends its own. */
function released(
  state: OrderState,
  { tickets }: Course,
  { work_order_id, requested_by, reason }: RecoveryAct,
  resolved_at: string,
): DispatchEvent[] {
  const isAnswered = ({ exception_type }: Course['tickets'][number]) =>
    isReplay(state) ? exception_type === 'tool_execution_pause' : exception_type !== 'credit_hold'
  const resolution = `credits released by ${requested_by}: ${reason}`
  return tickets.filter(isAnswered).map((ticket) => ({
    type: 'exception.resolved',
    data: { work_order_id, ...ticket, status: 'closed', resolution, resolved_at },
  }))
}

/**
 * The end of a run without a result, which is a trail after all. Of an order that waits receipt says
 * it, or whoever hears that its credits came all the same.
 */
function ended(
  state: OrderState,
  course: Course | undefined,
  { link: release, at }: Asked,
  context: Context,
): DispatchEvent[] {
  if (state.status !== 'stalled' || isReplay(state) || course === undefined) return []
  return releaseEnd(state.accepted, { course, release, stands: 'stalled' }, at, context)
}

/** Tickets of callbacks that are tried again. */
function triedAgain({ tickets }: Course, act: RecoveryAct, resolved_at: string): DispatchEvent[] {
  const { work_order_id, requested_by } = act
  const resolution = `the callback is tried again, as ${requested_by} asked`
  return tickets
    .filter(({ exception_type }) => exception_type === 'callback_failure')
    .map((ticket) => ({
      type: 'exception.resolved',
      data: { work_order_id, ...ticket, status: 'resolved', resolution, resolved_at },
    }))
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
