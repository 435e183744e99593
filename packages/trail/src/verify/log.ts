/** The newest ledger entry is a leaf of the log (wire format sections 6 and 7). */
import { fromBase64 } from '#crypto'
import { type Checkpoint, openCheckpoint } from '../checkpoint.ts'
import { TrailError } from '../errors.ts'
import type { KeySet } from '../keys.ts'
import { entryLeaf } from '../leaf.ts'
import { leafHash, verifyInclusion } from '../merkle.ts'
import { applyPolicy, type Policy, type PolicyAnswer } from '../policy.ts'
import { timeOf } from '../shape.ts'
import type { Trail } from './trail.ts'
import type { Report } from './verdict.ts'

/** Checks the proof; answers the checkpoint where its signature holds. */
export function checkLog(trail: Trail, keys: KeySet, report: Report): Checkpoint | undefined {
  const { log } = trail.bundle
  const newest = trail.revisions.at(-1)?.entry
  if (newest === undefined) return undefined
  const checkpoint = openOwn(log, newest.object.issued_at, keys, report)
  if (checkpoint === undefined) return undefined
  const proof = log.proof.map((hash) => fromBase64(hash) ?? new Uint8Array())
  const leaf = leafHash(entryLeaf(newest.statement_digest))
  const included = verifyInclusion(leaf, log.index, checkpoint.size, proof, checkpoint.root)
  report.check(included, 'LOG_INCLUSION', `${newest.name} is not leaf ${log.index} of the log`)
  return checkpoint
}

/** Whether those signed the checkpoint whom the policy asks for (wire format section 10). */
export function checkPolicy(trail: Trail, policy: Policy, report: Report): PolicyAnswer {
  const { origin, checkpoint } = trail.bundle.log
  const issuedAt = timeOf(trail.revisions.at(-1)?.entry.object.issued_at) ?? Number.NaN
  const answer = applyPolicy(checkpoint, origin, issuedAt, policy)
  const { cosigned, missing, at_least } = answer
  report.check(answer.log_key, 'POLICY_LOG_KEY', 'no log key of the policy signed it in its time')
  const who = cosigned.map(({ name }) => name).join(', ') || 'none counts'
  const detail = `${missing} missing of ${at_least} cosignatures of ${policy.witnesses.length} witnesses: ${who}`
  report.check(missing === 0, 'POLICY_COSIGNATURES', detail)
  return answer
}

function openOwn(
  { origin, checkpoint: note }: { origin: string; checkpoint: string },
  loggedAfter: unknown,
  keys: KeySet,
  report: Report,
): Checkpoint | undefined {
  try {
    // a checkpoint has no time, but it is younger than any entry below it
    return openCheckpoint(note, origin, keys, timeOf(loggedAfter) ?? Number.NaN)
  } catch (error) {
    if (!(error instanceof TrailError)) throw error
    report.fail('LOG_CHECKPOINT', error.message)
    return undefined
  }
}
