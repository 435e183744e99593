import type { RecoveryAccepted, ResultAccepted, RunExpired } from '@prooftrail/contracts'
import type { Message } from '@prooftrail/runtime'
import type { Ref } from '@prooftrail/trail'
import { weightOf } from './acts/read-act.ts'
import { dueOfBatch } from './batches/decide-batch.ts'
import { evolveBatch } from './batches/evolve-batch.ts'
import {
  afterResult,
  courseOf,
  funded,
  isOrder,
  newCourse,
  waitingCourse,
  withForeignTicket,
  withoutTicket,
  withoutUndelivered,
  withTicket,
} from './course.ts'
import { endsAt } from './limits.ts'
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
    case 'ticket.noted': {
      const course = courseOf(state)
      if (!isOrder(state) || course === undefined) return state
      const { open: terms } = event.data
      const next = withForeignTicket(course, event.data)
      return withCourse(state, terms ? { ...next, open: terms } : next)
    }
    case 'wait.noted': {
      const { order, agent_id, task_token, ticket } = event.data
      if (state.status !== 'absent') return state
      return { status: 'pending', order, course: waitingCourse(agent_id, task_token, ticket) }
    }
    case 'wait.ended':
      return state.status === 'pending' ? endedWithout(state.order, state.course) : state
    case 'ticket.gone': {
      const course = courseOf(state)
      if (!isOrder(state) || course === undefined) return state
      return withCourse(state, withoutTicket(course, event.data.exception_id))
    }
    case 'recovery.accepted':
      return asked(state, event.data)
    case 'recovery.refused': {
      const course = courseOf(state)
      if (!isOrder(state) || course === undefined) return state
      return withCourse(state, { ...course, refused: course.refused + weightOf(event.data.act) })
    }
    case 'run.expired':
      return ended(state, event.data)
    case 'tool.known':
      return { status: 'tool', ...event.data }
    case 'agent.known':
      return { status: 'agent', ...event.data }
    case 'recovery.requested':
    case 'batch.changed':
    case 'batch.advanced':
    case 'batch.chunk-known':
    case 'batch.whole':
    case 'batch.ticked':
    case 'batch.registered':
    case 'batch-item.asked':
    case 'batch-item.accepted':
    case 'batch-item.refused':
    case 'batch-item.unanswered':
      return evolveBatch(state, event)
  }
}

/** When the current attempt counts as silent, or what nobody handles ends. */
export function due(state: State): string | undefined {
  switch (state.status) {
    case 'commanded':
      return state.due_at
    case 'settled':
    case 'waiting':
    case 'stalled':
      return endsAt(state)
    case 'batch':
      return state.part === 'batch' ? dueOfBatch(state) : undefined
    case 'absent':
    case 'pending':
    case 'ended':
    case 'tool':
    case 'agent':
      return undefined
  }
}

function bound(state: State, { binding, accepted_at, pins, hold, order, command }: Bound): State {
  const { work_order_id, task_token } = binding
  // What credits.held said, as far as later attempts need it; rebuilt from this event alone.
  const accepted = { work_order_id, task_token, order, pins, accepted_at }
  const settlement_id = binding.ids.settlement_receipt
  const { tool_command_id, attempt, issued_at: commanded_at } = command.object
  const before = runOf(state)
  const now: Attempt = { attempt, tool_command_id, command_digest: command.digest, commanded_at }
  return {
    ...underWay(state, accepted),
    status: 'commanded',
    accepted,
    hold,
    ...(settlement_id === undefined ? {} : { settlement_id }),
    attempts: [...(before?.attempts ?? []), now],
    sequence: 0,
    due_at: unheardUntil(commanded_at, pins.limits),
  }
}

/** What goes on through attempts of one run. */
function underWay(
  state: State,
  accepted: Run['accepted'],
): {
  course?: Course
  replay?: Replay
  settled?: Extract<State, { status: 'settled' }>
} {
  if (state.status === 'waiting') {
    const { course, replay, settled: before } = state
    return { course: funded(course), replay, settled: before }
  }
  if (state.status === 'pending') {
    const { acts, refused } = state.course
    const isAsked = refused > 0 || Object.keys(acts).length > 0
    return isAsked ? { course: { ...newCourse({ accepted }), acts, refused } } : {}
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
function asked(state: State, accepted: RecoveryAccepted): State {
  const { act, replay, evidence_request, open: terms } = accepted
  const before = courseOf(state)
  if (!isOrder(state) || before === undefined) return state
  const known: Course = terms ? { ...before, open: terms } : before
  const { recovery_action, idempotency_key, new_evidence_items = [] } = act.object
  const acts = { ...known.acts, [idempotency_key]: act.digest }
  const course: Course = { ...known, acts, added: [...known.added, ...new_evidence_items] }
  if (recovery_action === 'close') return withCourse(state, { ...course, closed: true })
  if (recovery_action === 'release_credit_allocation') return released(state, course, act)
  if (recovery_action === 'retry_callback') return withCourse(state, withoutUndelivered(course))
  if (evidence_request) {
    const { missing_items, until } = evidence_request
    return withCourse(state, { ...course, evidence_request: { missing_items, until } })
  }
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
    course: { ...course, given, added, holds: replay.hold_number, asked_at: accepted.accepted_at },
    replay: { terms: replay, request: act.ref, before: run.attempts.length },
  }
}

/** Nothing is held any more: a replay ends, and a run without a result with it. */
function released(state: OrderState, course: Course, release: RecoveryAccepted['act']): State {
  const next = withCourse(state, course)
  if ('settled' in state && state.settled) return replayEnded(next)
  if (state.status === 'pending') return { ...endedWithout(state.order, course), release }
  return 'accepted' in state ? endedWithout(state.accepted.order.ref, course) : next
}

function endedWithout(order: Ref, course: Course): Extract<OrderState, { status: 'ended' }> {
  return { status: 'ended', order, course: { ...course, tickets: [], closed: true } }
}

/** The run is closed; or the result before a replay stands again, with all that was made since. */
function ended(state: State, { expiry, open: terms }: RunExpired): State {
  const known = courseOf(state)
  if (!isOrder(state) || known === undefined) return state
  const { open: _over, ...rest } = known
  const course: Course = { ...rest, expiries: (known.expiries ?? 0) + 1 }
  if (expiry.object.ends === 'replay') {
    return replayEnded(withCourse(state, terms ? { ...course, open: terms } : course))
  }
  if (state.status === 'stalled') return endedWithout(state.accepted.order.ref, course)
  if (state.status === 'ended') return endedWithout(state.order, course)
  return withCourse(state, { ...course, closed: true })
}

function replayEnded(state: State): State {
  if (state.status !== 'waiting' && state.status !== 'stalled') return state
  const run = runOf(state)
  if (state.settled === undefined || run === undefined) return state
  const { asked_at: _over, ...course } = courseOf(state) ?? newCourse(run)
  return { ...state.settled, course: funded(course), run }
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
    case 'pending':
    case 'ended':
    case 'tool':
    case 'agent':
    case 'batch':
      return undefined
  }
}

function withCourse(state: OrderState, course: Course): OrderState {
  return state.status === 'absent' ? state : { ...state, course }
}
