import type { ConsoleEvent, ConsoleInput, State } from './state.ts'
import { cleared } from './stuck.ts'

/** Every fact is folded as it is; one that moves a run which is stuck clears its alert. */
export function onFact(state: State, input: ConsoleInput): readonly ConsoleEvent[] {
  const folded: ConsoleEvent = { type: 'fact.folded', data: { input } }
  return [folded, ...cleared(state, folded, input.at)]
}
