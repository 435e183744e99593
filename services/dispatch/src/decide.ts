import type { ExceptionTicket, ReplayTerms } from '@prooftrail/contracts'
import { type Message, Refusal, RetryLater, WAIT_SECONDS } from '@prooftrail/runtime'
import { deriveId, ticketId } from '@prooftrail/trail'
import { allocateIds, MAX_TICKETS } from '@prooftrail/trail/format'
import { command } from './command.ts'
import { endOf } from './course.ts'
import { due } from './evolve.ts'
import { checkSize, judgeResult } from './judge.ts'
import type { Context, DispatchEvent, DispatchInput, OrderState, State } from './state.ts'

type Held = Extract<OrderState, { status: 'commanded' | 'stalled' }>

/**
 * Dispatch judges attempts and results.
 * D1 The binding comes first: every id of the trail is allocated before the command goes out.
 * D2 One result counts: that of the current attempt, signed by the tool, following its command.
 * D3 Silence is unknown, never failed: a new attempt, and after the last one a ticket.
 */

/** Commands the first attempt. @throws RetryLater, Refusal PT-2009: the tool's topic is not deployed */
export function onCreditsHeld(
  state: State,
  { data, at, waited = 0 }: Message<'credits.held'>,
  context: Context,
): readonly DispatchEvent[] {
  const { accepted, hold, settlement_receipt, replay } = data
  if (replay) return isAwaited(state, replay) ? command(state, at, context) : []
  if (state.status !== 'absent') return []
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

/** Silence: the next attempt, or the ticket that there is none; a replay whose time is over. */
export function onDue(
  state: State,
  { at }: Pick<DispatchInput, 'at'>,
  context: Context,
): readonly DispatchEvent[] {
  const time = due(state)
  if (time === undefined || at < time) return []
  if (state.status !== 'commanded') return [{ type: 'replay.ended', data: { at } }]
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
    case 'tool':
    case 'agent':
      throw new Refusal('PT-2001', `${result.work_order_id} was never commanded`)
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
  const events: DispatchEvent[] = [
    {
      type: 'result.accepted',
      data: {
        work_order_id,
        tool_command_id,
        attempt,
        result_contract,
        ...(links === undefined ? {} : { links }),
        ...(number === 0 ? {} : { result_number: number }),
      },
    },
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
