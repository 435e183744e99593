import type { Message } from '@prooftrail/runtime'
import type { ConsoleEvent, ConsoleInput, Progress, State } from './state.ts'

/** The console decides nothing: every fact is folded as it is. */
export function onFact(_state: State, input: ConsoleInput): readonly ConsoleEvent[] {
  return [{ type: 'fact.folded', data: { input } }]
}

/** Progress is folded where it is news. */
export function onExecutionProgressed(
  state: State,
  input: Message<'execution.progressed'>,
): readonly ConsoleEvent[] {
  return isNews(progressOf(state), input) ? onFact(state, input) : []
}

function progressOf(state: State): readonly Progress[] {
  return state.status === 'run' ? state.progress : []
}

/** Progress carries a sequence per attempt; between the lowest and the highest nothing is new. */
function isNews(progress: readonly Progress[], { data }: Message<'execution.progressed'>): boolean {
  const known = progress.find(({ attempt }) => attempt === data.attempt)
  if (!known) return true
  return data.sequence < known.first.sequence || data.sequence > known.latest.sequence
}
