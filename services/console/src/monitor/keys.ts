import { lifecycleState } from '@prooftrail/contracts'
import { isSettled } from '../exceptions.ts'
import { placeOf } from '../queue-place.ts'
import type { RunState } from '../state.ts'

/**
 * What a run is counted under: its lifecycle state, where it stands with its tool, the alert that
 * stands for it, each type of its open tickets, and that it has no seal yet. Pure.
 */
export function keysOf(run: RunState): string[] {
  const { facts, exceptions, stuck } = run
  const lifecycle = lifecycleState(facts)
  const isOver = lifecycle === 'failed' || lifecycle === 'closed'
  const isUnsealed = facts.accepted_at !== undefined && facts.sealed_at === undefined && !isOver
  const place = placeOf(run)
  const open = exceptions.filter((one) => !isSettled(one)).map(({ ticket }) => ticket)
  const keys = [
    lifeKey(lifecycle),
    ...(place ? [queueKey(toolOf(run), place.state)] : []),
    ...(stuck ? [stuckKey(toolOf(run), stuck.state, stuck.reason)] : []),
    ...(isUnsealed ? [UNSEALED] : []),
    ...open.map(({ exception_type }) => ticketKey(exception_type)),
  ]
  return [...new Set(keys)]
}

/** Runs that were accepted, have no seal and still can get one. */
export const UNSEALED = 'unsealed'

export function lifeKey(state: string): string {
  return `life/${state}`
}

export function ticketKey(type: string): string {
  return `ticket/${type}`
}

/** What is remembered of a tool's heartbeats. */
export function beatKey(tool: string): string {
  return `beat/${tool}`
}

export function queueKey(tool: string, state: string): string {
  return `queue/${tool}/${state}`
}

export function stuckKey(tool: string, state: string, reason: string): string {
  return `stuck/${tool}/${state}/${reason}`
}

/** The tool that a run is counted with; of one whose order has not been heard of nobody knows it. */
export function toolOf({ requested_tool = '-' }: Pick<RunState, 'requested_tool'>): string {
  return requested_tool
}

/** The parts of a key: what it counts, and of what. A tool's name holds no slash. */
export function partsOf(key: string): string[] {
  return key.split('/')
}
