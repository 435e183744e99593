import type { ToolAnnounced } from '@prooftrail/contracts'
import { isRecordOf } from '@prooftrail/trail/encoding'

/** Whether the announcement is signed by the very key that it names; false for what is no key. */
export function isSignedByItsKey(announced: Readonly<ToolAnnounced>): boolean {
  return isRecordOf(announced, announced.key)
}
