import { type Refused, type RouteTools, refuse } from '@prooftrail/runtime'
import { TrailError } from '@prooftrail/trail'
import { parseStrict } from '@prooftrail/trail/encoding'
import type { State, Tools } from '../state.ts'
import type { Gate } from './gate.ts'

/** What doors of batches answer with. */

export type BatchDoors = { store: Pick<RouteTools<State>['store'], 'find'> } & {
  access: Pick<RouteTools<State>['access'], 'caller'>
} & Pick<Tools, 'lookup' | 'reader' | 'requestBatch' | 'batchLimits' | 'now'>

/** Refusals that a dry run lists where it is asked for no number. */
export const PAGE = 100

/** How long an answer waits for the loop, and how often it looks. */
const ANSWER_MS = 10_000
const LOOK_MS = 50

/** Acts where the gate has a place; else whoever asks is told to come again. */
export async function through<T>(gate: Gate, act: () => Promise<T>): Promise<T | Refused> {
  const leave = gate.enter()
  if (leave === undefined) {
    return refuse('PT-2067', 'another batch is being read', {}, { 'retry-after': '1' })
  }
  try {
    return await act()
  } finally {
    leave()
  }
}

/** Looks until something is there; undefined where that takes too long. */
export async function until<T>(look: () => Promise<T | undefined>): Promise<T | undefined> {
  const end = Date.now() + ANSWER_MS
  for (;;) {
    const found = await look()
    if (found !== undefined || Date.now() > end) return found
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
}

/** The JSON of a body; of none, an empty object. */
export function jsonOf(bytes: Uint8Array): unknown {
  if (bytes.length === 0) return {}
  try {
    return parseStrict(bytes)
  } catch (error) {
    if (error instanceof TrailError) throw refuse('PT-2062', `${error.code}: ${error.message}`)
    throw error
  }
}
