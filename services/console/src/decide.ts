import type { ConsoleEvent, ConsoleInput, State } from './state.ts'

/** The console decides nothing: every fact is folded as it is. */
export function onFact(_state: State, input: ConsoleInput): readonly ConsoleEvent[] {
  return [{ type: 'fact.folded', data: { input } }]
}
