import { type CallbackPolicy, checkCallbackUrl, type WorkOrder } from '@prooftrail/contracts'
import type { Fault } from './codes.ts'
import { describeFaults } from './describe-faults.ts'
import type { Policy } from './policy.ts'

/** The order's own policy; a callback is owed unless it says otherwise (wire format section 5). */
export function callbackPolicyOf({ callback_policy }: WorkOrder): CallbackPolicy {
  return callback_policy ?? 'callback_required'
}

/**
 * What is wrong with where the callback goes. Names are not resolved here: the callback service
 * looks at the resolved address at each attempt.
 */
export function callbackFaults(order: WorkOrder, policy: Policy): Fault[] {
  const { callback_url } = order
  const asked = callbackPolicyOf(order)
  const faults: Fault[] = []
  if (callback_url === undefined && asked !== 'status_polling_only') {
    faults.push({ code: 'PT-1030', detail: `${asked} needs callback_url` })
  }
  if (callback_url !== undefined && asked === 'status_polling_only') {
    faults.push({ code: 'PT-1030', detail: 'status_polling_only takes no callback_url' })
  }
  if (callback_url === undefined) return faults
  const target = checkCallbackUrl(callback_url, policy)
  if (target.length > 0)
    faults.push({ code: 'PT-1029', detail: describeFaults(target, 'callback_url') })
  return faults
}
