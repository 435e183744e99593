import {
  CALLBACK_STATUS,
  EXECUTION_MODES,
  type ExecutionProgressed,
  type Facts,
  RESULT_STATUS,
} from '@prooftrail/contracts'
import type { ConsoleEvent, ConsoleInput, RunState, State } from './state.ts'
import { tell } from './story.ts'

/** A run remembers this many events one by one; progress beyond it only moves the facts. */
const MAX_EVENTS = 500

/**
 * The console decides nothing: every input is folded as it is. Facts arrive from many topics in
 * any order; what a run shows depends on the set of them, not on the order.
 */
export function decide(state: State, input: ConsoleInput): readonly ConsoleEvent[] {
  if (input.type === 'execution.progressed' && !isNews(state, input.data)) return []
  return [{ type: 'fact.folded', data: { input } }]
}

/** Progress carries a sequence per attempt; what is not above the highest was told before. */
function isNews(state: State, { attempt, sequence }: ExecutionProgressed): boolean {
  const known = state?.progress
  return (
    !known || attempt > known.attempt || (attempt === known.attempt && sequence > known.sequence)
  )
}

export function evolve(state: State, { data: { input } }: ConsoleEvent): State {
  const before = state ?? blank(workOrderOf(input))
  return withEvent(learn(before, input), input)
}

function blank(work_order_id: string): RunState {
  return {
    work_order_id,
    facts: {},
    events: [],
    exceptions: [],
    ledger: [],
    sealed: [],
  }
}

/** The work order that a fact is about: its document. */
export function workOrderOf(input: ConsoleInput): string {
  switch (input.type) {
    case 'work-order.accepted':
      return input.data.accepted.work_order_id
    case 'credits.held':
      return input.data.accepted.work_order_id
    case 'execution.bound':
      return input.data.binding.work_order_id
    case 'callback.attempted':
    case 'exception.opened':
    case 'ledger.appended':
      return input.data.object.work_order_id
    case 'work-order.rejected':
    case 'execution.progressed':
    case 'result.accepted':
    case 'usage-receipt.issued':
    case 'exception.resolved':
    case 'trail.attested':
      return input.data.work_order_id
  }
}

function learn(state: RunState, input: ConsoleInput): RunState {
  const facts = (more: Partial<Facts>): Facts => ({ ...state.facts, ...more })
  switch (input.type) {
    case 'work-order.accepted': {
      const { order, task_token, pins, accepted_at } = input.data.accepted
      const { agent_id, requested_tool, requested_capability, execution_mode } = order.object
      return {
        ...state,
        task_token,
        agent_id,
        requested_tool,
        requested_capability,
        execution_mode,
        ...(pins.pilot_id === undefined ? {} : { pilot_id: pins.pilot_id }),
        facts: facts({ accepted_at, ...modeOf(execution_mode) }),
      }
    }
    case 'work-order.rejected': {
      const { order, decision, task_token } = input.data
      const { agent_id, requested_tool, execution_mode } = order.object
      return {
        ...state,
        task_token,
        agent_id,
        requested_tool,
        execution_mode,
        reasons: decision.object.reasons,
        facts: facts({ rejected_at: decision.object.issued_at, ...modeOf(execution_mode) }),
      }
    }
    case 'credits.held': {
      const { hold, settlement_receipt } = input.data
      return {
        ...state,
        ...(settlement_receipt === undefined
          ? {}
          : { settlement_receipt: settlement_receipt.object }),
        facts: facts({
          held_at: hold.held_at,
          ...(settlement_receipt === undefined ? {} : { settlement_linked: true }),
        }),
      }
    }
    case 'execution.bound': {
      const { binding } = input.data
      if ((state.attempt ?? 0) > binding.attempt) return state
      const bound_at = [...(state.facts.bound_at ?? []), binding.bound_at]
      return { ...state, attempt: binding.attempt, ids: binding.ids, facts: facts({ bound_at }) }
    }
    case 'execution.progressed': {
      const { attempt, sequence, at } = input.data
      const started_at = state.facts.started_at ?? at
      return { ...state, progress: { attempt, sequence }, facts: facts({ started_at }) }
    }
    case 'result.accepted': {
      const { object } = input.data.result_contract
      return {
        ...state,
        result_contract: object,
        facts: facts({
          result_issued_at: object.issued_at,
          ...known('result_status', object.result_status, RESULT_STATUS),
        }),
      }
    }
    case 'usage-receipt.issued': {
      const { usage_receipt } = input.data
      const usage_receipt_at = usage_receipt.object.issued_at
      return { ...state, usage_receipt: usage_receipt.object, facts: facts({ usage_receipt_at }) }
    }
    case 'callback.attempted':
      return learnCallback(state, input, facts)
    case 'exception.opened': {
      const ticket = input.data.object
      const known = state.exceptions.find((one) => one.ticket.exception_id === ticket.exception_id)
      const settled = known ? { ...known, ticket } : { ticket, status: ticket.status }
      return withExceptions(state, settled)
    }
    case 'exception.resolved': {
      const { exception_id, status, resolution, resolved_at } = input.data
      const known = state.exceptions.find((one) => one.ticket.exception_id === exception_id)
      const ticket = known?.ticket ?? placeholder(input.data)
      return withExceptions(state, { ticket, status, resolution, resolved_at })
    }
    case 'ledger.appended': {
      const others = state.ledger.filter(
        (one) => one.object.revision !== input.data.object.revision,
      )
      const ledger = [...others, input.data].sort((a, b) => a.object.revision - b.object.revision)
      return { ...state, ledger }
    }
    case 'trail.attested': {
      const others = state.sealed.filter((one) => one.revision !== input.data.revision)
      const { work_order_id: _id, task_token: _token, ...seal } = input.data
      const sealed = [...others, seal].sort((a, b) => a.revision - b.revision)
      const sealed_at = state.facts.sealed_at ?? input.at
      return { ...state, sealed, facts: facts({ sealed_at }) }
    }
  }
}

function learnCallback(
  state: RunState,
  input: Extract<ConsoleInput, { type: 'callback.attempted' }>,
  facts: (more: Partial<Facts>) => Facts,
): RunState {
  const callback = input.data.object
  if (state.callback && state.callback.attempt > callback.attempt) return state
  const { callback_status, issued_at } = callback
  const first = state.facts.callback_first_attempt_at ?? issued_at
  return {
    ...state,
    callback,
    facts: facts({
      ...known('callback_status', callback_status, CALLBACK_STATUS),
      ...(callback_status === 'ready' ? {} : { callback_first_attempt_at: first }),
      ...(callback_status === 'delivered' ? { callback_delivered_at: issued_at } : {}),
      ...(callback_status === 'parked' ? { callback_parked_at: issued_at } : {}),
    }),
  }
}

function modeOf(mode: string): Pick<Facts, 'execution_mode'> {
  return known('execution_mode', mode, EXECUTION_MODES)
}

/** A value of a closed list as a fact; a value that this version does not know is no fact. */
function known<N extends string, V extends string>(
  name: N,
  value: string,
  list: readonly V[],
): { [K in N]?: V } {
  const found = list.find((one) => one === value)
  const fact: { [K in N]?: V } = {}
  if (found !== undefined) fact[name] = found
  return fact
}

/** A resolution may come before its ticket does. */
function placeholder(data: {
  exception_id: string
  exception_type: string
  work_order_id: string
  resolved_at: string
}): RunState['exceptions'][number]['ticket'] {
  return {
    object_type: 'agent_exception_ticket',
    exception_id: data.exception_id,
    work_order_id: data.work_order_id,
    agent_task_run_id: '',
    requested_tool: '',
    exception_type: data.exception_type,
    severity: 'low',
    status: 'resolved',
    created_at: data.resolved_at,
    issued_at: data.resolved_at,
  }
}

const SETTLED: readonly string[] = ['resolved', 'closed']

function withExceptions(state: RunState, one: RunState['exceptions'][number]): RunState {
  const others = state.exceptions.filter(
    ({ ticket }) => ticket.exception_id !== one.ticket.exception_id,
  )
  const exceptions = [...others, one]
  const open = exceptions.filter(({ status }) => !SETTLED.includes(status))
  const short = exceptions.find(({ ticket }) => ticket.exception_type === 'credit_hold')
  const stalled = exceptions.find(
    ({ ticket }) => ticket.exception_type === 'tool_execution_pause' && !state.result_contract,
  )
  return {
    ...state,
    exceptions,
    facts: {
      ...state.facts,
      open_exceptions: open.length,
      exception_opened_at: exceptions.map(({ ticket }) => ticket.created_at),
      ...(stalled ? { out_of_attempts_at: stalled.ticket.created_at } : {}),
      ...(short ? { credit_pending_at: short.ticket.created_at } : {}),
    },
  }
}

function withEvent(state: RunState, input: ConsoleInput): RunState {
  if (state.events.length >= MAX_EVENTS) return state
  const sequence = state.events.length + 1
  const event = { sequence, type: input.type, at: input.at, ...tell(input) }
  return { ...state, events: [...state.events, event] }
}
