import { deriveId, type IdPrefix } from '@prooftrail/trail'

/** The id prefix of every object that dispatch allocates for a trail. */
const PREFIXES: Readonly<Record<string, IdPrefix>> = {
  evidence_checklist: 'ec',
  readiness_result: 'rr',
  reconciliation_result: 'recon',
  result_contract: 'rc',
  usage_receipt: 'usage',
  callback_delivery: 'cb',
  ledger_entry: 'le',
  attestation: 'att',
}

/**
 * Every id of a trail, allocated before the work: link name to id. The settlement receipt's is the
 * account's own. @param attempt from 1; each attempt is its own command
 */
export function allocateIds(
  workOrderId: string,
  proofTrail: readonly string[],
  attempt: number,
  settlementId: string | undefined,
): Record<string, string> {
  const ids: Record<string, string> = {}
  for (const name of proofTrail) {
    const prefix = PREFIXES[name]
    if (name === 'work_order') ids[name] = workOrderId
    else if (name === 'execution_command') ids[name] = deriveId('cmd', workOrderId, attempt - 1)
    else if (name === 'settlement_receipt' && settlementId !== undefined) ids[name] = settlementId
    else if (prefix) ids[name] = deriveId(prefix, workOrderId, 0)
  }
  return ids
}
