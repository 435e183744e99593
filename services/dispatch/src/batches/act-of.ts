import { ACTS, actObjectType, type BatchTerms, type RecoveryAct } from '@prooftrail/contracts'
import type { Ref } from '@prooftrail/trail'
import type { ActLinkKind } from '../state.ts'
import { keyOfItem } from './names.ts'
import type { ChunkItem } from './state.ts'

/** What an act of a batch says of every run. */
export type SharedAct = Omit<RecoveryAct, OwnMember> & { reason: string }

/** What each run has for itself, and what follows from the batch. */
type OwnMember =
  | 'object_type'
  | 'work_order_id'
  | 'requested_by'
  | 'idempotency_key'
  | 'exception_id'
  | 'issued_at'
  | 'reason'

/** An act before it is signed. */
export interface UnsignedAct {
  kind: ActLinkKind
  object: RecoveryAct
  after: readonly Ref[]
}

/**
 * The act of a batch on one of its runs, the same whenever it is asked for: it names who made the
 * batch, follows what the run's newest result was when the batch was made, and is issued at that
 * time. A run that went on since is refused by the rule for older results.
 */
export function actOf(
  batchId: string,
  terms: BatchTerms,
  item: Pick<ChunkItem, 'work_order_id' | 'follows' | 'exception_id'>,
  index: number,
): UnsignedAct {
  const shared = sharedAct(terms)
  const { link } = ACTS[shared.recovery_action]
  const { work_order_id, exception_id, follows } = item
  const object: RecoveryAct = {
    ...shared,
    ...{ object_type: actObjectType(link), work_order_id, requested_by: terms.requested_by },
    ...{ idempotency_key: keyOfItem(batchId, index), issued_at: terms.created_at },
    ...(exception_id === undefined ? {} : { exception_id }),
  }
  return { kind: link, object, after: follows ? [follows] : [] }
}

/** What every act of a batch says; its form was asked for at the door. */
export function sharedAct({ act }: Pick<BatchTerms, 'act'>): SharedAct {
  // the door wrote it after checking its form
  return act as unknown as SharedAct
}
