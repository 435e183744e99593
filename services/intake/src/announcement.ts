import type { ToolAnnounced } from '@prooftrail/contracts'
import { isRecordOf } from '@prooftrail/trail/encoding'
import { CLOCK_SKEW_MS, timeOf } from '@prooftrail/trail/format'

/** Whether the announcement is signed by the very key that it names; false for what is no key. */
export function isSignedByItsKey(announced: Readonly<ToolAnnounced>): boolean {
  return isRecordOf(announced, announced.key)
}

/**
 * What is wrong with the time of an announcement; undefined when nothing is. One that lay ahead would
 * keep all that are true from counting until then.
 * @param at RFC 3339: when it reached the broker
 */
export function announcedAhead(announced_at: string, at: string): string | undefined {
  const said = timeOf(announced_at)
  if (said === undefined) return `announced_at ${announced_at} is no time`
  if (said <= Date.parse(at) + CLOCK_SKEW_MS) return undefined
  return `announced_at ${announced_at} lies ahead of its arrival, ${at}`
}
