import type { OpenTerms, QueueState, Seconds, TimeLimit } from '@prooftrail/contracts'
import { timePlus } from '@prooftrail/trail/format'
import { actStateOf } from './acts/judge-act.ts'
import { courseOf, endOf } from './course.ts'
import { type End, expired } from './expiry.ts'
import type { Context, Course, DispatchEvent, Settled, State, Told } from './state.ts'

/**
 * Time limits: how what nobody handles ends.
 * L1 A run with a result is open until a time that was said with it; each accepted act says a new
 *    one. What was said stays, also where a restart changes the limits.
 * L2 An end is a link that dispatch signs, and is said once. An act that is decided before it counts;
 *    one that comes later meets a run that has ended.
 */

/** What was sent in time has this long to arrive. */
const TRAVEL_MS = 10_000

/** When a replay is given up: its limit, and never less than twice the tool's own time. */
export function replayEnds(
  at: string,
  deadlineSeconds: number,
  { replay }: Seconds<TimeLimit>,
): string {
  return timePlus(at, Math.max(replay, 2 * deadlineSeconds) * 1000)
}

/**
 * How long a settled run stays open from now on; nothing where it is closed by itself.
 * @param askedUntil what the agent was told when it was asked for evidence
 */
export function openFrom(
  state: Settled,
  at: string,
  limits: Seconds<TimeLimit>,
  askedUntil = '',
): { open?: OpenTerms } {
  const limit = limitOf(state)
  if (limit === undefined || state.course?.told === undefined) return {}
  const until = timePlus(at, limits[limit] * 1000)
  return { open: { since: at, until: askedUntil > until ? askedUntil : until } }
}

function limitOf(state: Settled): TimeLimit | undefined {
  const stands = actStateOf(state)
  if (stands === 'partial' || stands === 'failed') return stands
  return stands === 'ready' ? 'review' : undefined
}

/** When a run, or its replay, ends by itself; undefined where nothing is counted. */
export function endsAt(state: State): string | undefined {
  switch (state.status) {
    case 'settled': {
      const until = limitOf(state) === undefined ? undefined : state.course?.open?.until
      return until && timePlus(until, TRAVEL_MS)
    }
    case 'waiting':
      return state.replay.terms.ends_at
    case 'stalled':
      return state.replay?.terms.ends_at ?? timePlus(orderEnd(state), TRAVEL_MS)
    case 'absent':
    case 'commanded':
    case 'pending':
    case 'ended':
    case 'batch':
    case 'tool':
    case 'agent':
      return undefined
  }
}

function orderEnd(state: Parameters<typeof endOf>[0]): string {
  return new Date(endOf(state)).toISOString()
}

/** The end of what nobody handled. */
export function expire(state: State, at: string, context: Context): DispatchEvent[] {
  const course = courseOf(state)
  const told = course?.told
  if (course === undefined || told === undefined) return []
  const { work_order_id } = told
  switch (state.status) {
    case 'settled': {
      const { newest, open, tickets } = course
      if (newest === undefined || open === undefined) return []
      const stands = standsAs(state, course)
      const after = [newest.ref]
      return [
        expired({ course, told, stands, ends: 'run', terms: open, after, at }, 'closed', context),
        ...closedTickets(work_order_id, tickets, `nobody handled the run in time: ${stands}`, at),
      ]
    }
    case 'waiting':
      return replayEnded(state.settled, state.replay, course, told, at, context)
    case 'stalled':
      return state.replay && state.settled
        ? replayEnded(state.settled, state.replay, course, told, at, context)
        : orderEnded(state, course, told, at, context)
    case 'absent':
    case 'commanded':
    case 'pending':
    case 'ended':
    case 'batch':
    case 'tool':
    case 'agent':
      return []
  }
}

function replayEnded(
  before: Settled,
  { terms, request }: Extract<State, { status: 'waiting' }>['replay'],
  course: Course,
  told: Told,
  at: string,
  context: Context,
): DispatchEvent[] {
  const { newest, tickets, execution_mode, asked_at } = course
  if (newest === undefined) return []
  const pauses = tickets.filter(({ exception_type }) => exception_type === 'tool_execution_pause')
  const left = tickets.filter((one) => !pauses.includes(one))
  const end: End = {
    ...{ course, told, stands: 'replay', ends: 'replay', after: [newest.ref, request], at },
    terms: { since: asked_at ?? at, until: terms.ends_at },
  }
  // as every result leaves it
  const stands = execution_mode === 'standard' ? 'closed' : 'ready_for_operator_review'
  const open = openFrom({ ...before, course: { ...course, tickets: left } }, at, context.limits)
  return [
    expired(end, stands, context, open),
    ...closedTickets(told.work_order_id, pauses, 'the replay was given up', at),
  ]
}

function orderEnded(
  state: Extract<State, { status: 'stalled' }>,
  course: Course,
  told: Told,
  at: string,
  context: Context,
): DispatchEvent[] {
  const { order, accepted_at } = state.accepted
  const terms = { since: accepted_at, until: orderEnd(state) }
  const end: End = { course, told, stands: 'stalled', ends: 'run', terms, after: [order.ref], at }
  return [
    expired({ ...end, digest: order.digest }, 'expired', context, { order, accepted_at }),
    ...closedTickets(told.work_order_id, course.tickets, 'no result came in time', at),
  ]
}

/** Where a settled run stands for whoever watches it. */
function standsAs(state: Settled, { tickets, undelivered }: Course): QueueState {
  const stands = actStateOf(state)
  if (stands === 'partial' || stands === 'failed') return stands
  if (undelivered) return 'undelivered'
  return tickets.length > 0 ? 'exception' : 'review'
}

function closedTickets(
  work_order_id: string,
  tickets: Course['tickets'],
  resolution: string,
  resolved_at: string,
): DispatchEvent[] {
  return tickets.map((ticket) => ({
    type: 'exception.resolved',
    data: { work_order_id, ...ticket, status: 'closed', resolution, resolved_at },
  }))
}
