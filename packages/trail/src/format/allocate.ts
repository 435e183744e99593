/** The ids of a trail, known before the work begins (wire format section 2). */
import { idOfKind } from '../ids.ts'
import { isLinkName, kindOf } from './kinds.ts'
import { MAX_ATTEMPTS } from './limits.ts'

/**
 * Every id of a result's trail: link name to id. A link without an id is left out, so is a
 * settlement receipt where none is known. What seals a replay is not known yet, and need not be:
 * the ids of its entry and seal are those of a revision that it has at least (wire format 5.3).
 * @param attempt from 1; each attempt is its own command
 * @param settlementId of the account's receipt, whose id is not derived from the order
 * @param result its number: 0 for the first, 1 for the first replay's, …
 */
export function allocateIds(
  workOrderId: string,
  proofTrail: readonly string[],
  attempt: number,
  settlementId: string | undefined,
  result = 0,
): Record<string, string> {
  const ids: Record<string, string> = {}
  for (const name of proofTrail) {
    const id = allocated(name, workOrderId, attempt, settlementId, result)
    if (id !== undefined) ids[name] = id
  }
  return ids
}

function allocated(
  name: string,
  workOrderId: string,
  attempt: number,
  settlementId: string | undefined,
  result: number,
): string | undefined {
  if (name === 'work_order') return workOrderId
  if (name === 'settlement_receipt') return settlementId
  if (!isLinkName(name)) return undefined
  return idOfKind(name, workOrderId, kindOf(name).counts === 'attempt' ? attempt - 1 : result)
}

/** Which result of its run a trail's ids are allocated for: 0 for the first; undefined for none. */
export function resultNumberOf(
  { result_contract }: Readonly<Record<string, string>>,
  workOrderId: string,
): number | undefined {
  for (let n = 0; n < MAX_ATTEMPTS; n++) {
    if (result_contract === idOfKind('result_contract', workOrderId, n)) return n
  }
  return undefined
}
