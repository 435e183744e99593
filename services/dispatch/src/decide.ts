import type {
  ExceptionTicket,
  ExceptionType,
  ReplayTerms,
  ResultProduced,
} from '@prooftrail/contracts'
import { type Message, Refusal, RetryLater, WAIT_SECONDS } from '@prooftrail/runtime'
import { deriveId, ticketId } from '@prooftrail/trail'
import { allocateIds, MAX_TICKETS } from '@prooftrail/trail/format'
import { isBatch } from './batches/decide-batch.ts'
import { onTick } from './batches/tick.ts'
import { command } from './command.ts'
import { courseOf, endOf, toldOf } from './course.ts'
import { due, evolve } from './evolve.ts'
import { releaseEnd } from './expiry.ts'
import { checkSize, foreignResult, judgeResult } from './judge.ts'
import { expire, openFrom } from './limits.ts'
import type { Context, DispatchEvent, DispatchInput, OrderState, State } from './state.ts'

type Held = Extract<OrderState, { status: 'commanded' | 'stalled' }>

/**
 * Dispatch judges attempts and results.
 * D1 The binding comes first: every id of the trail is allocated before the command goes out.
 * D2 One result counts: that of the current attempt, signed by the tool, following its command.
 * D3 Silence is unknown, never failed: a new attempt, and after the last one a ticket.
 */

/** Commands the first attempt; of an order that was released meanwhile it says the end. @throws RetryLater, Refusal PT-2009: the tool's topic is not deployed */
export function onCreditsHeld(
  state: State,
  { data, at, waited = 0 }: Message<'credits.held'>,
  context: Context,
): readonly DispatchEvent[] {
  const { accepted, hold, settlement_receipt, replay } = data
  if (replay) return isAwaited(state, replay) ? command(state, at, context) : []
  if (state.status === 'ended' && state.release) {
    const { course, release } = state
    const ended = { course: { ...course, told: toldOf({ accepted }) }, release }
    return releaseEnd(accepted, { ...ended, stands: 'credit_pending' }, at, context)
  }
  if (state.status !== 'absent' && state.status !== 'pending') return []
  const settlement_id = settlement_receipt?.object.settlement_id
  const { tool } = accepted.pins
  if (!context.commandable.has(tool)) {
    const detail = `the command subject of ${tool} is not deployed`
    throw waited < WAIT_SECONDS ? new RetryLater('PT-2009', detail) : new Refusal('PT-2009', detail)
  }
  const order = { accepted, hold, ...(settlement_id === undefined ? {} : { settlement_id }) }
  return command({ ...order, attempts: [] }, at, context)
}

/** Whether a run waits for these very credits: a replay that ended takes none. */
function isAwaited(
  state: State,
  { hold_number }: ReplayTerms,
): state is Extract<OrderState, { status: 'waiting' }> {
  return state.status === 'waiting' && state.replay.terms.hold_number === hold_number
}

/** Silence: the next attempt, or the ticket that there is none; what nobody handled in time ends. */
export function onDue(
  state: State,
  { at }: Pick<DispatchInput, 'at'>,
  context: Context,
): readonly DispatchEvent[] {
  const time = due(state)
  if (time === undefined || at < time) return []
  switch (state.status) {
    case 'commanded':
      return silent(state, at, context)
    case 'settled':
    case 'waiting':
    case 'stalled':
      return expire(state, at, context)
    case 'batch':
      return isBatch(state) ? onTick(state, context.batches) : []
    case 'absent':
    case 'pending':
    case 'ended':
    case 'tool':
    case 'agent':
      return []
  }
}

function silent(
  state: Extract<OrderState, { status: 'commanded' }>,
  at: string,
  context: Context,
): DispatchEvent[] {
  const made = state.attempts.length - (state.replay?.before ?? 0)
  const left = state.accepted.pins.limits.max_attempts - made
  if (left > 0 && Date.parse(at) < endOf(state)) return command(state, at, context)
  return [stalledTicket(state, at, context)]
}

/** Keeps what acts of the agent are judged by. */
export function onAgentRegistered(
  state: State,
  { data }: Message<'agent.registered'>,
): readonly DispatchEvent[] {
  const known = state.status === 'agent' ? state.revision : -1
  return data.revision > known ? [{ type: 'agent.known', data }] : []
}

/** Keeps what results of the tool are judged by. */
export function onToolRegistered(
  state: State,
  { data }: Message<'tool.registered'>,
): readonly DispatchEvent[] {
  const known = state.status === 'tool' ? state.revision : -1
  return data.revision > known ? [{ type: 'tool.known', data }] : []
}

/** Tickets that other services open on runs, and acts are judged by. */
const FOREIGN_TICKETS: readonly ExceptionType[] = ['callback_failure', 'credit_hold']

/** The run of a ticket that another service opened or ended; dispatch's own are known to it. */
export function runOfTicket({
  exception_type,
  work_order_id,
}: {
  exception_type: string
  work_order_id: string
}): string | undefined {
  return FOREIGN_TICKETS.some((type) => type === exception_type) ? work_order_id : undefined
}

/** Knows a ticket that another service opened; a run that it opens again has a time limit. */
export function onExceptionOpened(
  state: State,
  { data: { object, after }, at }: Message<'exception.opened'>,
  { limits }: Context,
): readonly DispatchEvent[] {
  const { exception_id, agent_id, task_token } = object
  // a word of the catalogue's list, which runOfTicket asked for
  const exception_type = object.exception_type as ExceptionType
  const ticket = { exception_id, exception_type }
  if (exception_type !== 'credit_hold') {
    const noted: DispatchEvent = { type: 'ticket.noted', data: ticket }
    const next = evolve(state, noted)
    if (next.status !== 'settled' || next.course?.open) return [noted]
    return [{ type: 'ticket.noted', data: { ...ticket, ...openFrom(next, at, limits) } }]
  }
  if (state.status === 'waiting') return [{ type: 'ticket.noted', data: ticket }]
  const [order] = after
  // credits that came meanwhile were held; who the agent is, earlier versions did not say
  if (state.status !== 'absent' || !order || !agent_id || !task_token) return []
  return [{ type: 'wait.noted', data: { order, agent_id, task_token, ticket } }]
}

/** Knows that such a ticket has ended. */
export function onExceptionResolved(
  state: State,
  { data: { exception_id, status } }: Message<'exception.resolved'>,
): readonly DispatchEvent[] {
  if (state.status === 'pending' && status === 'closed') return [{ type: 'wait.ended', data: {} }]
  const isOpen = courseOf(state)?.tickets.some((one) => one.exception_id === exception_id)
  return isOpen ? [{ type: 'ticket.gone', data: { exception_id } }] : []
}

/** Whether a result may be accepted at all: no signature of another is looked at. */
export function mayBeAccepted(state: State, result: ResultProduced): boolean {
  if (state.status !== 'commanded' && state.status !== 'stalled') return false
  const { accepted, attempts } = state
  const current = attempts.at(-1)
  return current !== undefined && foreignResult(result, { accepted, current }) === undefined
}

/** Accepts the result that was commanded. @throws Refusal PT-2001 to PT-2010; RetryLater PT-2006 */
export function onResultProduced(
  state: State,
  input: Message<'result.produced'>,
  context: Context,
): readonly DispatchEvent[] {
  const result = input.data
  checkSize(result)
  const { digest } = result.result_contract
  switch (state.status) {
    case 'absent':
    case 'pending':
    case 'tool':
    case 'agent':
    case 'batch':
      throw new Refusal('PT-2001', `${result.work_order_id} was never commanded`)
    case 'ended':
      throw new Refusal('PT-2004', 'the credits of the run were released')
    case 'settled':
      if (state.result_digest === digest) return []
      throw new Refusal('PT-2005', `attempt ${state.attempt} was accepted before`)
    case 'waiting':
      if (state.settled.result_digest === digest) return []
      throw new Refusal('PT-2005', `attempt ${state.settled.attempt} was accepted before`)
    case 'commanded':
    case 'stalled':
      break
  }
  const { accepted, replay } = state
  const end = endOf(state)
  if (Date.parse(input.at) > end) {
    throw new Refusal('PT-2004', `the run ended at ${new Date(end).toISOString()}`)
  }
  const current = state.attempts[state.attempts.length - 1]
  if (!current) throw new Error(`${accepted.work_order_id} is commanded without an attempt`)
  const { work_order_id, pins } = accepted
  const { settlement_id } = state
  const number = replay?.terms.result_number ?? 0
  const ids = allocateIds(work_order_id, pins.proof_trail, current.attempt, settlement_id, number)
  judgeResult(
    result,
    { accepted, ids, current },
    { tool: context.tools.get(pins.tool), verified: context.verified },
    input.at,
    input.waited ?? 0,
  )
  const { attempt, tool_command_id, result_contract, links } = result
  const said: DispatchEvent & { type: 'result.accepted' } = {
    type: 'result.accepted',
    data: {
      work_order_id,
      tool_command_id,
      attempt,
      result_contract,
      ...(links === undefined ? {} : { links }),
      ...(number === 0 ? {} : { result_number: number }),
    },
  }
  const next = evolve(state, said)
  const terms = next.status === 'settled' ? openFrom(next, input.at, context.limits) : {}
  const events: DispatchEvent[] = [
    { ...said, data: { ...said.data, ...terms } },
    ...answered(state, input.at),
  ]
  const contract = result_contract.object
  const after = [result_contract.ref]
  for (const ticket of contract.exceptions) {
    events.push({ type: 'exception.opened', data: context.sign('exception_ticket', ticket, after) })
  }
  return events
}

/** A result answers the tickets that were open for want of it. */
function answered(state: Held, resolved_at: string): DispatchEvent[] {
  const { work_order_id } = state.accepted
  const resolution =
    state.status === 'stalled' ? 'the last attempt answered' : 'one more result was accepted'
  return (state.course?.tickets ?? []).map((ticket) => ({
    type: 'exception.resolved',
    data: { work_order_id, ...ticket, status: 'resolved', resolution, resolved_at },
  }))
}

/**
 * The number of a run's pause among its tickets: each replay's own, counted down from the end, as
 * tools number theirs by attempt from 1.
 */
function pausesOf({ course }: Held): number {
  const holds = course?.holds ?? 0
  return holds === 0 ? 0 : MAX_TICKETS - holds
}

function stalledTicket(state: Held, at: string, context: Context): DispatchEvent {
  const { work_order_id, task_token, pins, order } = state.accepted
  const heard = state.sequence > 0 ? 'fell silent' : 'never answered'
  const ticket: ExceptionTicket = {
    object_type: 'agent_exception_ticket',
    exception_id: ticketId(work_order_id, 'tool_execution_pause', pausesOf(state)),
    work_order_id,
    agent_task_run_id: deriveId('run', work_order_id, 0),
    task_token,
    requested_tool: pins.tool,
    exception_type: 'tool_execution_pause',
    severity: 'high',
    status: 'open',
    summary: `${pins.tool} ${heard} in ${state.attempts.length} attempts; what became of the last one is unknown.`,
    evidence_status: 'unknown',
    safe_to_replay: false,
    next_action: `look at the executor; its result is still accepted until ${new Date(endOf(state)).toISOString()}`,
    created_at: at,
    issued_at: at,
  }
  return { type: 'exception.opened', data: context.sign('exception_ticket', ticket, [order.ref]) }
}
