import { isLaterProgress, keyOf } from '@prooftrail/contracts'
import { isParkedInput, learnParked, parkedOf } from './parked/decide.ts'
import { withDecided } from './parked/entry.ts'
import { learn, learnTool, lineOf } from './projection.ts'
import type { ConsoleEvent, ConsoleInput, RunEvent, RunInput, RunState, State } from './state.ts'

/**
 * What a run shows.
 * P1 It depends on the set of its facts. Only `events` tells the order in which they arrived here,
 *    because whoever follows it must never be told less than before.
 * P2 Folding a fact again changes nothing but `events`, and a fact that changes nothing is not told.
 */

/** A run tells this many lines of progress one by one; what comes beyond still moves the facts. */
const MAX_PROGRESS_EVENTS = 400

export function evolve(state: State, event: ConsoleEvent): State {
  switch (event.type) {
    case 'parked.decided':
      return withDecided(parkedOf(state), event.data)
    // forgotten once it is read back, as in every service
    case 'run.forgotten':
      return state
    case 'fact.folded':
      return folded(state, event.data.input)
    case 'task.stuck': {
      if (state.status !== 'run') return state
      const { alert_id, state: place, stuck_since: since, stuck_reason: reason } = event.data
      return { ...state, stuck: { alert_id, state: place, since, reason } }
    }
    case 'task.moved': {
      if (state.status !== 'run') return state
      const { stuck: _over, ...rest } = state
      return rest
    }
  }
}

function folded(state: State, input: ConsoleInput): State {
  if (input.type === 'due' || input.type === 'batch.changed') return state
  if (input.type === 'forget.asked') return state
  if (isParkedInput(input)) return learnParked(state, input)
  if (input.type === 'tool.registered') return learnTool(state, input)
  const before = state.status === 'run' ? state : blank(keyOf(input.type, input.data), input.at)
  const after = learn(before, input)
  const isNewest = input.at > before.as_of
  return {
    ...after,
    ...(isNewest ? { as_of: input.at } : {}),
    events: withLine(before, input),
  }
}

function blank(work_order_id: string, at: string): RunState {
  return {
    status: 'run',
    work_order_id,
    as_of: at,
    bound: [],
    progress: [],
    facts: {},
    events: [],
    exceptions: [],
    ledger: [],
    sealed: [],
  }
}

/** Progress that comes late moves the facts, and is no news to whoever follows. */
function isTold(before: RunState, input: RunInput): boolean {
  if (input.type !== 'execution.progressed') return true
  const { attempt } = input.data
  const known = before.progress.find((one) => one.attempt === attempt)
  const told = before.events.filter(({ type }) => type === 'execution.progressed').length
  return told < MAX_PROGRESS_EVENTS && isLaterProgress(input.data, known?.latest)
}

function withLine(before: RunState, input: RunInput): readonly RunEvent[] {
  if (!isTold(before, input)) return before.events
  const sequence = before.events.length + 1
  return [...before.events, { sequence, type: input.type, at: input.at, ...lineOf(input) }]
}
