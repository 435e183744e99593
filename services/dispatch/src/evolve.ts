import type { RecoveryAccepted, ResultAccepted } from '@prooftrail/contracts'
import type { Message } from '@prooftrail/runtime'
import { afterResult, courseOf, newCourse, withoutTicket, withTicket } from './course.ts'
import { unheardUntil } from './silence.ts'
import type { Attempt, Course, DispatchEvent, OrderState, Replay, Run, State } from './state.ts'

type Bound = Message<'execution.bound'>['data']

/** Folds one event; published events alone are enough to fold a document again. */
export function evolve(state: State, event: DispatchEvent): State {
  switch (event.type) {
    case 'execution.bound':
      return bound(state, event.data)
    case 'execution.commanded':
      return state
    case 'attempt.heard':
      return state.status === 'commanded' ? { ...state, ...event.data } : state
    case 'result.accepted':
      return settled(state, event.data)
    case 'exception.opened': {
      const ticket = event.data.object
      const course = courseOf(state)
      if (!isOrder(state) || course === undefined) return state
      if (state.status !== 'commanded') return withCourse(state, withTicket(course, ticket))
      const { due_at: _over, ...rest } = state
      const { exception_id } = ticket
      return { ...rest, status: 'stalled', exception_id, course: withTicket(course, ticket) }
    }
    case 'exception.resolved': {
      const course = courseOf(state)
      if (!isOrder(state) || course === undefined) return state
      return withCourse(state, withoutTicket(course, event.data.exception_id))
    }
    case 'recovery.accepted':
      return asked(state, event.data)
    case 'recovery.refused': {
      const course = courseOf(state)
      if (!isOrder(state) || course === undefined) return state
      return withCourse(state, { ...course, refused: course.refused + 1 })
    }
    case 'replay.ended':
      return ended(state)
    case 'tool.known':
      return { status: 'tool', ...event.data }
    case 'agent.known':
      return { status: 'agent', ...event.data }
  }
}

/** When the current attempt counts as silent, or the time of a replay that does not run is over. */
export function due(state: State): string | undefined {
  switch (state.status) {
    case 'commanded':
      return state.due_at
    case 'waiting':
      return state.replay.terms.ends_at
    case 'stalled':
      return state.replay?.terms.ends_at
    case 'absent':
    case 'settled':
    case 'tool':
    case 'agent':
      return undefined
  }
}

function bound(state: State, { binding, accepted_at, pins, hold, order, command }: Bound): State {
  const { work_order_id, task_token } = binding
  const settlement_id = binding.ids.settlement_receipt
  const { tool_command_id, attempt, issued_at: commanded_at } = command.object
  const before = runOf(state)
  const now: Attempt = { attempt, tool_command_id, command_digest: command.digest, commanded_at }
  return {
    ...underWay(state),
    status: 'commanded',
    // What credits.held said, as far as later attempts need it; rebuilt from this event alone.
    accepted: { work_order_id, task_token, order, pins, accepted_at },
    hold,
    ...(settlement_id === undefined ? {} : { settlement_id }),
    attempts: [...(before?.attempts ?? []), now],
    sequence: 0,
    due_at: unheardUntil(commanded_at, pins.limits),
  }
}

/** What goes on through attempts of one run. */
function underWay(state: State): {
  course?: Course
  replay?: Replay
  settled?: Extract<State, { status: 'settled' }>
} {
  if (state.status === 'waiting') {
    const { course, replay, settled: before } = state
    return { course, replay, settled: before }
  }
  if (state.status !== 'commanded' && state.status !== 'stalled') return {}
  const { course, replay, settled: before } = state
  return {
    ...(course ? { course } : {}),
    ...(replay ? { replay } : {}),
    ...(before ? { settled: before } : {}),
  }
}

function settled(state: State, accepted: ResultAccepted): State {
  const { attempt, result_contract } = accepted
  const { result_status } = result_contract.object
  const newest = { attempt, result_digest: result_contract.digest, result_status }
  const run = runOf(state)
  const course = courseOf(state)
  if (run === undefined || course === undefined) return { status: 'settled', ...newest }
  const charged =
    state.status === 'commanded' || state.status === 'stalled'
      ? (state.replay?.terms.credits ?? run.hold.credits_held)
      : 0
  return {
    ...{ status: 'settled', ...newest, course: afterResult(course, accepted, charged) },
    // nothing of a ready result is replayed
    ...(result_status === 'ready' ? {} : { run }),
  }
}

/** An accepted act: what it adds, or the replay that it begins. */
function asked(state: State, { act, replay }: RecoveryAccepted): State {
  const known = courseOf(state)
  if (!isOrder(state) || known === undefined) return state
  const { recovery_action, idempotency_key, new_evidence_items = [] } = act.object
  const acts = { ...known.acts, [idempotency_key]: act.digest }
  const course: Course = { ...known, acts, added: [...known.added, ...new_evidence_items] }
  if (recovery_action === 'close') return withCourse(state, { ...course, closed: true })
  const run = runOf(state)
  if (replay === undefined || run === undefined || state.status !== 'settled') {
    return withCourse(state, course)
  }
  // what a replay gives the tool; a rerun gives what was given before
  const isReplay = recovery_action === 'replay_from_checkpoint'
  const given = isReplay ? [...course.given, ...course.added] : course.given
  const added = isReplay ? [] : course.added
  return {
    status: 'waiting',
    ...run,
    settled: state,
    course: { ...course, given, added, holds: replay.hold_number },
    replay: { terms: replay, request: act.ref, before: run.attempts.length },
  }
}

/** The result before a replay stands again, with all that was asked and made since. */
function ended(state: State): State {
  if (state.status !== 'waiting' && state.status !== 'stalled') return state
  const run = runOf(state)
  if (state.settled === undefined || run === undefined) return state
  const course = courseOf(state) ?? newCourse(run)
  return { ...state.settled, course, run }
}

function runOf(state: State): Run | undefined {
  switch (state.status) {
    case 'commanded':
    case 'stalled':
    case 'waiting': {
      const { accepted, hold, settlement_id, attempts } = state
      return {
        ...{ accepted, hold, attempts },
        ...(settlement_id === undefined ? {} : { settlement_id }),
      }
    }
    case 'settled':
      return state.run
    case 'absent':
    case 'tool':
    case 'agent':
      return undefined
  }
}

function isOrder(state: State): state is OrderState {
  return state.status !== 'tool' && state.status !== 'agent'
}

function withCourse(state: OrderState, course: Course): OrderState {
  return state.status === 'absent' ? state : { ...state, course }
}
