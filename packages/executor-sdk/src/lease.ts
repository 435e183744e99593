import type { Limits } from '@prooftrail/contracts'
import { timePlus } from '@prooftrail/trail/format'

/** A run says that it is alive this often. */
export function beatMs(limits: Limits): number {
  return (limits.heartbeat_seconds * 1000) / 4
}

/** Two beats: a lost process is noticed here before dispatch misses the heartbeat. */
export function leaseMs(limits: Limits): number {
  return (limits.heartbeat_seconds * 1000) / 2
}

/** So many milliseconds after a time. */
export function later(at: string, ms: number): string {
  return timePlus(at, ms)
}
