import type { ExceptionResolved, ExceptionTicket } from '@prooftrail/contracts'
import type { Exception, RunState } from './state.ts'

/** Tickets of a run with their present status. A resolution may come before its ticket does. */

export function withOpened(state: RunState, ticket: ExceptionTicket): RunState {
  const known = find(state, ticket.exception_id)
  return withOne(state, known ? { ...known, ticket } : { ticket, status: ticket.status })
}

export function withResolved(state: RunState, said: ExceptionResolved): RunState {
  const known = find(state, said.exception_id)
  if (known?.resolved_at !== undefined && known.resolved_at > said.resolved_at) return state
  const { status, resolution, resolved_at } = said
  return withOne(state, {
    ticket: known?.ticket ?? placeholder(said),
    status,
    resolution,
    resolved_at,
  })
}

/** True when nobody has to look at it any more. */
export function isSettled({ status }: Exception): boolean {
  return status === 'resolved' || status === 'closed'
}

function find(state: RunState, id: string): Exception | undefined {
  return state.exceptions.find(({ ticket }) => ticket.exception_id === id)
}

function withOne(state: RunState, one: Exception): RunState {
  const others = state.exceptions.filter(
    ({ ticket }) => ticket.exception_id !== one.ticket.exception_id,
  )
  const exceptions = [...others, one].sort((a, b) => (orderKey(a) < orderKey(b) ? -1 : 1))
  const openedAt = (type: string) =>
    exceptions.find(({ ticket }) => ticket.exception_type === type)?.ticket.created_at
  const credit_pending_at = openedAt('credit_hold')
  const out_of_attempts_at = openedAt('tool_execution_pause')
  return {
    ...state,
    exceptions,
    facts: {
      ...state.facts,
      open_exceptions: exceptions.filter((each) => !isSettled(each)).length,
      exception_opened_at: exceptions.map(({ ticket }) => ticket.created_at),
      ...(credit_pending_at === undefined ? {} : { credit_pending_at }),
      ...(out_of_attempts_at === undefined ? {} : { out_of_attempts_at }),
    },
  }
}

function orderKey({ ticket }: Exception): string {
  return `${ticket.created_at} ${ticket.exception_id}`
}

function placeholder(said: ExceptionResolved): ExceptionTicket {
  return {
    object_type: 'agent_exception_ticket',
    exception_id: said.exception_id,
    work_order_id: said.work_order_id,
    agent_task_run_id: '',
    requested_tool: '',
    exception_type: said.exception_type,
    severity: 'low',
    status: said.status,
    created_at: said.resolved_at,
    issued_at: said.resolved_at,
  }
}
