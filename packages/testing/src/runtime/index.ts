import type { Emitted, Input, Service } from '@prooftrail/runtime'

/** What came of a list of inputs: the state, and every event said on the way. */
export interface Told<S, E> {
  state: S
  events: E[]
}

/** Given a service (and perhaps what happened before), when inputs arrive, then look at `told`. */
export function given<S, I extends Input, E extends Emitted, C>(
  service: Pick<Service<S, I, E, C>, 'initial' | 'decide' | 'evolve'>,
  context: C,
  before: readonly I[] = [],
): { when(...inputs: I[]): Told<S, E> } {
  const tell = (from: S, inputs: readonly I[]): Told<S, E> => {
    let state = from
    const events: E[] = []
    for (const input of inputs) {
      const said = service.decide(state, input, context)
      state = said.reduce((folded, event) => service.evolve(folded, event), state)
      events.push(...said)
    }
    return { state, events }
  }
  const start = tell(service.initial, before).state
  return { when: (...inputs) => tell(start, inputs) }
}

/** The code of the Refusal (or RetryLater) that a function throws; undefined when it throws none. */
export function codeOf(act: () => unknown): string | undefined {
  try {
    act()
    return undefined
  } catch (error) {
    if (error instanceof Error && 'code' in error && typeof error.code === 'string')
      return error.code
    throw error
  }
}
export { type Asked, isServed, memoryReader } from './memory-reader.ts'
