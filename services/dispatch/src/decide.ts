import type { AcceptedOrder, ExceptionTicket } from '@prooftrail/contracts'
import { type Message, Refusal, RetryLater, WAIT_SECONDS } from '@prooftrail/runtime'
import { deriveId, ticketId } from '@prooftrail/trail'
import { allocateIds, RESULT_GRACE_MS } from '@prooftrail/trail/format'

import { bindAttempt } from './command.ts'

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
  if (state.status !== 'absent') return []
  const { accepted, hold, settlement_receipt } = data
  const settlement_id = settlement_receipt?.object.settlement_id
  const { tool } = accepted.pins
  if (!context.commandable.has(tool)) {
    const detail = `the command subject of ${tool} is not deployed`
    throw waited < WAIT_SECONDS ? new RetryLater('PT-2009', detail) : new Refusal('PT-2009', detail)
  }
  const order = { accepted, hold, ...(settlement_id === undefined ? {} : { settlement_id }) }
  return command(order, 1, at, context)
}

/** Silence: the next attempt, or the ticket that there is none. */
export function onDue(
  state: State,
  { at }: Pick<DispatchInput, 'at'>,
  context: Context,
): readonly DispatchEvent[] {
  if (state.status !== 'commanded' || at < state.due_at) return []
  const left = state.accepted.pins.limits.max_attempts - state.attempts.length
  if (left > 0 && Date.parse(at) < endOf(state.accepted)) {
    return command(state, state.attempts.length + 1, at, context)
  }
  return [stalledTicket(state, at, context)]
}

/** Keeps what results of the tool are judged by. */
export function onToolRegistered(
  state: State,
  { data }: Message<'tool.registered'>,
): readonly DispatchEvent[] {
  const known = state.status === 'tool' ? state.revision : -1
  return data.revision > known ? [{ type: 'tool.known', data }] : []
}

/** Past this (epoch ms) no result counts, so none is asked for. */
function endOf(accepted: AcceptedOrder): number {
  return Date.parse(accepted.order.object.expires_at) + RESULT_GRACE_MS
}

function command(
  order: Parameters<typeof bindAttempt>[0],
  attempt: number,
  at: string,
  context: Context,
): DispatchEvent[] {
  const bound = bindAttempt(order, attempt, at, context.sign)
  const tool = order.accepted.pins.tool
  return [
    { type: 'execution.bound', data: bound },
    { type: 'execution.commanded', tool, data: bound.command },
  ]
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
      throw new Refusal('PT-2001', `${result.work_order_id} was never commanded`)
    case 'settled':
      if (state.result_digest === digest) return []
      throw new Refusal('PT-2005', `attempt ${state.attempt} was accepted before`)
    case 'commanded':
    case 'stalled':
      break
  }
  const { accepted } = state
  const end = endOf(accepted)
  if (Date.parse(input.at) > end) {
    throw new Refusal('PT-2004', `the order ended at ${new Date(end).toISOString()}`)
  }
  const current = state.attempts[state.attempts.length - 1]
  if (!current) throw new Error(`${accepted.work_order_id} is commanded without an attempt`)
  const { work_order_id, pins } = accepted
  const ids = allocateIds(work_order_id, pins.proof_trail, current.attempt, state.settlement_id)
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
      },
    },
  ]
  const contract = result_contract.object
  const after = [result_contract.ref]
  for (const ticket of contract.exceptions) {
    events.push({ type: 'exception.opened', data: context.sign('exception_ticket', ticket, after) })
  }
  if (state.status === 'stalled') events.push(resolved(state, input.at))
  return events
}

/** The last attempt did answer, late but within the order's end: the ticket has its answer. */
function resolved(state: Extract<OrderState, { status: 'stalled' }>, at: string): DispatchEvent {
  return {
    type: 'exception.resolved',
    data: {
      work_order_id: state.accepted.work_order_id,
      exception_id: state.exception_id,
      exception_type: 'tool_execution_pause',
      status: 'resolved',
      resolution: 'the last attempt answered',
      resolved_at: at,
    },
  }
}

function stalledTicket(state: Held, at: string, context: Context): DispatchEvent {
  const { work_order_id, task_token, pins, order } = state.accepted
  const heard = state.sequence > 0 ? 'fell silent' : 'never answered'
  const ticket: ExceptionTicket = {
    object_type: 'agent_exception_ticket',
    exception_id: ticketId(work_order_id, 'tool_execution_pause', 0),
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
    next_action:
      'look at the executor; its result is still accepted until an hour after the order expires',
    created_at: at,
    issued_at: at,
  }
  return { type: 'exception.opened', data: context.sign('exception_ticket', ticket, [order.ref]) }
}
