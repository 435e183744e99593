import { FairTurns } from '@prooftrail/runtime'
import { makeOrderAdmission, type OrderAdmission } from './admission-control.ts'
import type { LoadLimits } from './judge-load.ts'
import type { QuotaLimits } from './quotas.ts'

/** Quotas that nobody reaches. */
export const GENEROUS: QuotaLimits = {
  ordersPerMinute: 1e9,
  bytesPerMinute: 1e12,
  waitingOrders: 1e9,
  waitingBytes: 1e12,
}

/** Admission control by a clock of the test's own; what waits is what the test puts into `turns`. */
export function anAdmissionAt(
  now: () => number,
  limits: LoadLimits,
  quotas: QuotaLimits = GENEROUS,
  turns: FairTurns<unknown> = new FairTurns(),
): OrderAdmission {
  const signatures = { sendersOf: async () => [] }
  const admission = makeOrderAdmission({ topic: 'orders', limits, quotas, signatures, now })
  admission.watch(turns)
  return admission
}
