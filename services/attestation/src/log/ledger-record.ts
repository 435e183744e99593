import type { EventTypes } from '@prooftrail/contracts'
import { deriveId, type KeySet, type TrailKey } from '@prooftrail/trail'
import { keyCounts } from '@prooftrail/trail/format'
import { entryLeaf, leafHash } from '@prooftrail/trail/log'
import type { LedgerRecord } from './fold.ts'

/**
 * Reads one value of the ledger topic by F4's rule (see fold.ts).
 * @param made entries that this process signed
 */
export function makeRecordReader(
  keys: KeySet,
  made: { has(link: EventTypes['ledger.appended']): boolean },
): (link: EventTypes['ledger.appended']) => LedgerRecord['entry'] {
  const signers = new Map(
    keys.keys.filter(({ roles }) => roles.includes('attestation')).map((key) => [key.kid, key]),
  )
  return (link) => {
    const { object } = link
    const { work_order_id, revision, ledger_entry_id } = object
    const key = signers.get(link.key_id)
    if (key === undefined || !countsOnce(key, object.issued_at)) return undefined
    if (!Number.isSafeInteger(revision) || revision < 0) return undefined
    if (ledger_entry_id !== deriveId('le', work_order_id, revision)) return undefined
    if (!made.has(link) && !link.isSignedBy(key)) return undefined
    const data = entryLeaf(link.statementDigest)
    return {
      entry_id: ledger_entry_id,
      work_order_id,
      revision,
      hash: leafHash(data),
      data,
      revokedAt: key.revoked_at_log_size,
    }
  }
}

/** Whether the key counts at this time, but for a revocation, which the index decides. */
function countsOnce({ revoked_at_log_size: _, ...key }: TrailKey, issuedAt: string): boolean {
  return keyCounts(key, 'attestation', issuedAt)
}
