import type { Json, NewEvidence, ResultAccepted } from '@prooftrail/contracts'
import { RESULT_GRACE_MS } from '@prooftrail/trail/format'
import type { Course, Newest, OrderState, Replay, Run, State, Ticket, Told } from './state.ts'

/** What a run has been through, as far as acts and replays need it. Pure. */

/** A run of which nothing was asked and nothing is known but its order. */
export function newCourse(run: Pick<Run, 'accepted'>): Course {
  const { order, task_token } = run.accepted
  const { agent_id, execution_mode } = order.object
  return {
    ...{ agent_id, task_token, execution_mode, tickets: [], acts: {} },
    ...{ refused: 0, debited: 0, holds: 0, given: [], added: [], told: toldOf(run) },
  }
}

/** What the end of a run tells of its order. */
export function toldOf({ accepted: { work_order_id, pins, order } }: Pick<Run, 'accepted'>): Told {
  const { callback_policy, callback_url, tool: requested_tool } = pins
  const { requested_capability } = order.object
  return {
    ...{ work_order_id, requested_tool, requested_capability, callback_policy },
    ...(callback_url === undefined ? {} : { callback_url }),
  }
}

/** A run whose order waits for its first credits; of the order itself nothing is known but who asks. */
export function waitingCourse(agent_id: string, task_token: string, ticket: Ticket): Course {
  return {
    ...{ agent_id, task_token, execution_mode: '', tickets: [ticket], acts: {} },
    ...{ refused: 0, debited: 0, holds: 0, given: [], added: [] },
  }
}

/** The course of a run whose credits are held: nothing waits for them any more. */
export function funded(course: Course): Course {
  const tickets = course.tickets.filter(({ exception_type }) => exception_type !== 'credit_hold')
  return { ...course, tickets }
}

/** Whether a document is a work order's. */
export function isOrder(state: State): state is OrderState {
  return state.status !== 'tool' && state.status !== 'agent' && state.status !== 'batch'
}

/** What acts on this run stand on; undefined where none is possible. */
export function courseOf(state: State): Course | undefined {
  switch (state.status) {
    case 'commanded':
    case 'stalled':
      return state.course ?? newCourse(state)
    case 'pending':
    case 'ended':
    case 'waiting':
    case 'settled':
      return state.course
    case 'absent':
    case 'tool':
    case 'agent':
    case 'batch':
      return undefined
  }
}

/** The course after a result was accepted. */
export function afterResult(
  course: Course,
  { result_contract, result_number = 0, open: terms }: ResultAccepted,
  charged: number,
): Course {
  const { object, ref } = result_contract
  const { issued_at, result_status: status } = object
  const gaps = object.exceptions.filter(({ exception_type }) => exception_type === 'evidence_gap')
  const open = [...new Set(gaps.flatMap(({ missing_items = [] }) => missing_items))]
  const newest: Newest = { number: result_number, ref, issued_at, status, open }
  const { evidence_request: _answered, open: _over, ...others } = withoutUndelivered(course)
  // tickets of the result before went with it; those of this one are opened behind it
  return {
    ...others,
    newest,
    ...(terms ? { open: terms } : {}),
    tickets: [],
    debited: course.debited + (status === 'failed' ? 0 : charged),
  }
}

/** The course with one more ticket open. */
export function withTicket(course: Course, { exception_id, exception_type }: Ticket): Course {
  const others = course.tickets.filter((one) => one.exception_id !== exception_id)
  const ticket: Ticket = { exception_id, exception_type }
  return { ...course, tickets: [...others, ticket] }
}

/** The course with a ticket that another service opened: callback's says that a callback was given up. */
export function withForeignTicket(course: Course, ticket: Ticket): Course {
  const next = withTicket(course, ticket)
  return ticket.exception_type === 'callback_failure' ? { ...next, undelivered: true } : next
}

/** The course once what was given up is tried again. */
export function withoutUndelivered({ undelivered: _, ...course }: Course): Course {
  return course
}

/** The course with a ticket gone. */
export function withoutTicket(course: Course, exceptionId: string): Course {
  const tickets = course.tickets.filter(({ exception_id }) => exception_id !== exceptionId)
  return { ...course, tickets }
}

/**
 * An order's evidence with what was added: the items of a class stand behind those that it had, so
 * that one of them may replace an earlier one by naming it.
 */
export function withAdded(evidence: Json, added: readonly NewEvidence[]): { [key: string]: Json } {
  const merged: { [key: string]: Json } = { ...Object(evidence) }
  for (const { evidence_class, evidence: items } of added) {
    const had = Object.hasOwn(merged, evidence_class) ? merged[evidence_class] : []
    const all: Json[] = [had ?? [], items].flat()
    merged[evidence_class] = all
  }
  return merged
}

/** Past this (epoch ms) no result of the present attempts counts, so none is asked for. */
export function endOf({ accepted, replay }: Run & { replay?: Replay }): number {
  if (replay) return Date.parse(replay.terms.ends_at)
  return Date.parse(accepted.order.object.expires_at) + RESULT_GRACE_MS
}
