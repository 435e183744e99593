import type { LogReport } from './examine.ts'
import type { LogMemory } from './memory.ts'

/**
 * What is to be remembered after a look; the same object where nothing is new.
 * @param note that the report is about
 * @param now RFC 3339
 */
export function nextMemory(
  memory: LogMemory | undefined,
  { note, report, now }: { note: string; report: LogReport; now: string },
): LogMemory | undefined {
  // what nobody signed is no word of the log: it neither counts nor accuses
  if (report.unsigned !== undefined) return memory
  if (memory === undefined) return report.tiles === undefined ? { note, seen_at: now } : undefined
  if (memory.alarm !== undefined) return memory
  const { growth } = report
  if (growth === undefined) return memory
  if (growth.type === 'grown') {
    return report.size === growth.from ? memory : { note, seen_at: now }
  }
  // tiles that do not fit may be a fault on the way: both checkpoints may still go together
  if (growth.type === 'unproven') return memory
  const { type, detail } = growth
  return { ...memory, alarm: { note, at: now, type, detail } }
}
