import type { Limits } from '@prooftrail/contracts'
import { timePlus } from '@prooftrail/trail/format'

/**
 * When an attempt counts as silent (design: a missed heartbeat raises a new attempt).
 * Before the first sign of life nothing is known about the executor: it may be away for a while,
 * and its orders wait. After it, three missed heartbeats are silence, and the run's own limit holds.
 */
const UNHEARD_SECONDS = 60 * 60
const MISSED_HEARTBEATS = 3
/** What a result may need from the executor's outbox to this service. */
const TRAVEL_SECONDS = 10

export function unheardUntil(commandedAt: string, limits: Limits): string {
  return later(commandedAt, Math.max(UNHEARD_SECONDS, 2 * limits.deadline_seconds))
}

/** @param firstHeardAt when the run first said that it goes on: its own limit counts from there */
export function heardUntil(firstHeardAt: string, heardAt: string, limits: Limits): string {
  const silent = later(heardAt, MISSED_HEARTBEATS * limits.heartbeat_seconds + TRAVEL_SECONDS)
  const over = later(firstHeardAt, limits.deadline_seconds + TRAVEL_SECONDS)
  return silent < over ? silent : over
}

function later(time: string, seconds: number): string {
  return timePlus(time, seconds * 1000)
}
