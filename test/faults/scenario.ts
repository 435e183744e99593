import type { Deployment } from './deployment.ts'

/** One thing that goes wrong, and what holds all the same. */
export interface Scenario {
  /** Name of its test. */
  promise: string
  /** What it takes beyond the time of any scenario. */
  extraMs?: number
  run(d: Deployment): Promise<void>
}

/** Mulberry32: the same numbers for the same seed. */
export function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
