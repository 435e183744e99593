/** The ids of a trail, known before the work begins (wire format section 2). */
import { idOfKind } from '../ids.ts'
import { isLinkName, kindOf } from './kinds.ts'

/**
 * Every id of a first result's trail: link name to id. A link without an id is left out, so is a
 * settlement receipt where none is known.
 * @param attempt from 1; each attempt is its own command
 * @param settlementId of the account's receipt, whose id is not derived from the order
 */
export function allocateIds(
  workOrderId: string,
  proofTrail: readonly string[],
  attempt: number,
  settlementId: string | undefined,
): Record<string, string> {
  const ids: Record<string, string> = {}
  for (const name of proofTrail) {
    const id = allocated(name, workOrderId, attempt, settlementId)
    if (id !== undefined) ids[name] = id
  }
  return ids
}

function allocated(
  name: string,
  workOrderId: string,
  attempt: number,
  settlementId: string | undefined,
): string | undefined {
  if (name === 'work_order') return workOrderId
  if (name === 'settlement_receipt') return settlementId
  if (!isLinkName(name)) return undefined
  return idOfKind(name, workOrderId, kindOf(name).counts === 'attempt' ? attempt - 1 : 0)
}
