import { type Handles, type Reads, type Sampled, sample } from '@prooftrail/runtime'
import type { KeySet } from '@prooftrail/trail'
import type { Asked, LogReader } from './log/index.ts'
import type { metrics } from './metric-table.ts'

type Table = typeof metrics

/** How often the stored head is looked at. */
const EVERY_MS = 2_000

interface Standing {
  size: number
  /** Since when this process knows the checkpoint (monotonic milliseconds). */
  since: number
  /** The oldest cosignature of the newest cosigned checkpoint, whole seconds; absent: none. */
  cosignedAt: number | undefined
}

/** Looks at the log's head over and over, whoever folds it. */
export function watchHead(
  reader: Pick<LogReader, 'head' | 'cosigned'>,
  isWitnessed: boolean,
): Sampled<Standing> {
  let known: Pick<Standing, 'size' | 'since'> | undefined
  return sample(EVERY_MS, async () => {
    const [{ size }, cosigned] = await Promise.all([
      reader.head(),
      isWitnessed ? reader.cosigned() : undefined,
    ])
    if (known?.size !== size) known = { size, since: performance.now() }
    return { ...known, cosignedAt: cosigned?.time }
  })
}

/** @param isStopped whether the log must not be served */
export function readsOf(
  standing: () => Standing | undefined,
  isStopped: () => boolean,
  keys: KeySet,
): Reads<Table> {
  return {
    log_size_entries: () => standing()?.size,
    log_checkpoint_age_seconds() {
      const known = standing()
      return known && (performance.now() - known.since) / 1000
    },
    log_stopped: () => (isStopped() ? 1 : 0),
    log_cosigned_age_seconds() {
      const at = standing()?.cosignedAt
      return at === undefined ? undefined : Date.now() / 1000 - at
    },
    key_expires_timestamp_seconds: () =>
      [...lastEnds(keys)].map(([role, value]) => ({ labels: { role }, value })),
  }
}

/** When the last key of each role ends (seconds since 1970), for roles that no key is for ever. */
export function lastEnds({ keys }: KeySet): Map<string, number> {
  const ends = new Map<string, number>()
  for (const { roles, exp, revoked_at, revoked_at_log_size } of keys) {
    if (revoked_at !== undefined || revoked_at_log_size !== undefined) continue
    for (const role of roles) ends.set(role, Math.max(ends.get(role) ?? 0, exp ?? Infinity))
  }
  return new Map([...ends].filter(([, end]) => Number.isFinite(end)))
}

/** Counts what witnesses answer. */
export function countAnswers({ log_witness_answers_total: answers }: Handles<Table>) {
  return (asked: Asked): void => {
    const isFork = asked.type === 'refused' && asked.isFork
    answers.inc({ outcome: isFork ? 'forked' : asked.type })
  }
}

/** Times entries from when the broker had them to now. */
export function timeEntries({ log_integration_seconds: seconds }: Handles<Table>) {
  return (appended: readonly string[]): void => {
    const now = Date.now()
    for (const at of appended) seconds.observe(Math.max(0, now - Date.parse(at)) / 1000)
  }
}
