import { learn, learnTool } from './learn.ts'
import type {
  ConsoleEvent,
  ConsoleInput,
  Progress,
  RunEvent,
  RunInput,
  RunState,
  State,
} from './state.ts'
import { tell } from './story.ts'

/**
 * The console decides nothing: every input is folded as it is.
 * P1 What a run shows depends on the set of its facts. Only `events` tells the order in which they
 *    arrived here, because whoever follows it must never be told less than before.
 * P2 Folding a fact again changes nothing but `events`, and a fact that changes nothing is not told.
 */

/** A run tells this many lines of progress one by one; what comes beyond still moves the facts. */
const MAX_PROGRESS_EVENTS = 400

export function decide(state: State, input: ConsoleInput): readonly ConsoleEvent[] {
  if (input.type === 'execution.progressed' && !isNews(progressOf(state), input)) return []
  return [{ type: 'fact.folded', data: { input } }]
}

export function evolve(state: State, { data: { input } }: ConsoleEvent): State {
  if (input.type === 'tool.registered') return learnTool(state, input)
  const before = state?.kind === 'run' ? state : blank(documentOf(input), input.at)
  const after = learn(before, input)
  const isNewest = input.at > before.as_of
  return {
    ...after,
    ...(isNewest ? { as_of: input.at } : {}),
    events: withLine(before, input),
  }
}

/** The document that a fact is about: its work order, or `tool/<name>`. */
export function documentOf(input: ConsoleInput): string {
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
    case 'tool.registered':
      return toolDocument(input.data.tool)
  }
}

export function toolDocument(tool: string): string {
  return `tool/${tool}`
}

function blank(work_order_id: string, at: string): RunState {
  return {
    kind: 'run',
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

type ProgressInput = Extract<RunInput, { type: 'execution.progressed' }>

function progressOf(state: State): readonly Progress[] {
  return state?.kind === 'run' ? state.progress : []
}

/** Progress carries a sequence per attempt; between the lowest and the highest nothing is new. */
function isNews(progress: readonly Progress[], { data }: ProgressInput): boolean {
  const known = progress.find(({ attempt }) => attempt === data.attempt)
  if (!known) return true
  return data.sequence < known.first.sequence || data.sequence > known.latest.sequence
}

/** Progress that comes late moves the facts, and is no news to whoever follows. */
function isTold(before: RunState, input: RunInput): boolean {
  if (input.type !== 'execution.progressed') return true
  const { attempt, sequence } = input.data
  const known = before.progress.find((one) => one.attempt === attempt)
  const told = before.events.filter(({ type }) => type === 'execution.progressed').length
  return told < MAX_PROGRESS_EVENTS && (!known || sequence > known.latest.sequence)
}

function withLine(before: RunState, input: RunInput): readonly RunEvent[] {
  if (!isTold(before, input)) return before.events
  const sequence = before.events.length + 1
  return [...before.events, { sequence, type: input.type, at: input.at, ...tell(input) }]
}
