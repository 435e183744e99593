/** The header of a trail: which run it is of, and which links it has (wire format section 6). */
import type { Ending } from './format/kinds.ts'
import { ENDED_TRAILS, proofTrailFaults } from './format/shape.ts'
import { isClosed, isText, isTextArray } from './shape.ts'

export interface Pilot {
  /** Absent for a standard order, and where no result came. */
  pilot_id?: string
  tool: string
  execution_mode: string
  runtime_state: string
  proof_trail: string[]
}

/** The states a run's trail can be sealed in; a first seal has the first one of its mode only. */
const RUNTIME_STATES: Readonly<Record<string, readonly string[]>> = {
  controlled_pilot: [
    'ready_for_operator_review',
    'closed',
    'replay_ready',
    'operating',
    'queued',
    'callback_pending',
    'exception_open',
  ],
  standard: [
    'closed',
    'ready_for_operator_review',
    'replay_ready',
    'operating',
    'queued',
    'callback_pending',
    'exception_open',
  ],
}

/** The value as a pilot header with exactly its members; undefined when it is none. */
export function parsePilot(value: unknown): Pilot | undefined {
  const required = ['tool', 'execution_mode', 'runtime_state', 'proof_trail']
  if (!isClosed(value, required, ['pilot_id'])) return undefined
  const { pilot_id, tool, execution_mode, runtime_state, proof_trail } = value
  if (!isText(tool) || !isText(execution_mode) || !isText(runtime_state)) return undefined
  if (!isTextArray(proof_trail)) return undefined
  const header = { tool, execution_mode, runtime_state, proof_trail }
  if (pilot_id === undefined) return header
  return isText(pilot_id) ? { pilot_id, ...header } : undefined
}

/** How the order ended, where the trail's header says that it has no result. */
export function endingOf({ runtime_state, proof_trail }: Pilot): Ending | undefined {
  if (runtime_state === 'refused' || proof_trail.includes('intake_decision')) return 'refused'
  if (runtime_state === 'released' || proof_trail.includes('recovery_request')) return 'released'
  return runtime_state === 'expired' || proof_trail.includes('expiry') ? 'expired' : undefined
}

/**
 * What is wrong with a header by itself, in words; empty when nothing is.
 * @param revision of the seal that carries it
 */
export function pilotFaults(pilot: Pilot, revision: number): string[] {
  const ending = endingOf(pilot)
  return ending === undefined ? runFaults(pilot, revision) : endedFaults(pilot, ending)
}

function endedFaults({ pilot_id, runtime_state, proof_trail }: Pilot, ending: Ending): string[] {
  const isItsTrail = same(proof_trail, ENDED_TRAILS[ending])
  return [
    ...(pilot_id === undefined ? [] : [`an order that is ${ending} has no pilot_id`]),
    ...(runtime_state === ending ? [] : [`runtime_state is not ${ending}`]),
    ...(isItsTrail ? [] : [`the proof_trail is not that of an order that is ${ending}`]),
  ]
}

function runFaults(pilot: Pilot, revision: number): string[] {
  const { pilot_id, execution_mode, runtime_state, proof_trail } = pilot
  const states = Object.hasOwn(RUNTIME_STATES, execution_mode)
    ? RUNTIME_STATES[execution_mode]
    : undefined
  if (states === undefined) return [`execution_mode ${execution_mode} is unknown`]
  const allowed = revision === 0 ? states.slice(0, 1) : states
  const isPilot = execution_mode === 'controlled_pilot'
  return [
    ...(allowed.includes(runtime_state) ? [] : [`runtime_state ${runtime_state} is not possible`]),
    ...(isPilot === (pilot_id !== undefined) ? [] : ['a controlled pilot alone has a pilot_id']),
    ...proofTrailFaults(proof_trail).map((fault) => `the proof_trail is none: ${fault}`),
  ]
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item, i) => item === b[i])
}
