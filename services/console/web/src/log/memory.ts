/**
 * The checkpoint of the log that this browser saw last.
 * M1 It is replaced only by one that provably begins with it: what was seen is never given up for
 *    what is shown.
 * M2 Two checkpoints that do not go together are kept both, until somebody takes them away: they are
 *    the evidence.
 */
import { storedIn } from '../ui/stored.ts'

export interface LogMemory {
  /** The signed checkpoint. */
  note: string
  /** RFC 3339: when this browser first saw it. */
  seen_at: string
  /** What did not go with it, and why. */
  alarm?: { note: string; at: string; type: string; detail: string }
}

const stored = storedIn('prooftrail.log', (value): LogMemory | undefined => {
  const { note, seen_at, alarm } = Object(value)
  if (typeof note !== 'string' || typeof seen_at !== 'string') return undefined
  return { note, seen_at, ...(typeof alarm?.note === 'string' ? { alarm } : {}) }
})

/** Another tab may have looked at the log too. @param memory undefined forgets */
export const remember = stored.set
export const useLogMemory = stored.use
