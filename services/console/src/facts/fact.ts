import type { EventTypes, Facts, TopicName } from '@prooftrail/contracts'
import type { RunState } from '../state.ts'

/**
 * What one topic tells of a run. Every merge commutes and says nothing twice: of two tellings of one
 * thing the newer counts, by the times and numbers in them.
 */
export interface Fact<T extends TopicName> {
  /** What the run's page knows with it. */
  learn(state: RunState, data: EventTypes[T]): RunState
  /** Its line of the timeline: the stage that spoke, and one sentence. */
  line(data: EventTypes[T]): { stage: string; summary: string }
}

/** The facts of some topics. */
export type FactsOf<Topics extends TopicName> = { readonly [T in Topics]: Fact<T> }

/** The run's lifecycle facts with more of them. */
export function facts(state: RunState, more: Partial<Facts>): Facts {
  return { ...state.facts, ...more }
}

/** A value of a closed list as a fact; a value that this version does not know is no fact. */
export function known<N extends string, V extends string>(
  name: N,
  value: string,
  list: readonly V[],
): { [K in N]?: V } {
  const found = list.find((one) => one === value)
  const fact: { [K in N]?: V } = {}
  if (found !== undefined) fact[name] = found
  return fact
}

export function earlier(one: string, other: string): string {
  return one < other ? one : other
}

/** So many of a thing, for a sentence. */
export function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`
}
