import { randomUUID } from 'node:crypto'
import {
  ACTS,
  type ActLink,
  actObjectType,
  type RecoveryAct,
  type RecoveryAction,
  type RecoveryRequested,
} from '@prooftrail/contracts'
import { Link, type PrivateJwk, type Ref, signingKeyFromJwk } from '@prooftrail/trail'

/** What an agent says of an act; the rest of it follows. */
export interface ActDraft {
  work_order_id: string
  agent_id: string
  recovery_action: RecoveryAction
  /** An act said twice under one key is one act; default: drawn. */
  idempotency_key?: string
  reason?: string
  exception_id?: string
  /** With `add_evidence`: evidence class → item or list of items, as in an order. */
  evidence?: { readonly [evidenceClass: string]: RecoveryEvidence }
  /** RFC 3339; default: now. */
  issued_at?: string
}

type RecoveryEvidence = NonNullable<RecoveryAct['new_evidence_items']>[number]['evidence']

/**
 * An act on a run, signed by the agent whose order it is, as `recovery.requested` and the HTTP door
 * take it.
 * @param follows the run's newest result contract, or its order where it has none: what the callback
 *   brought, or `follows` of `GET /v1/tasks/:id/acts`
 * @throws TrailError KEY for a key that is none; JSON_* for evidence that the JSON form refuses
 */
export function signAct(draft: ActDraft, follows: Ref, key: PrivateJwk): RecoveryRequested {
  const { work_order_id, agent_id, recovery_action, evidence, reason, exception_id } = draft
  const { link } = ACTS[recovery_action]
  const added = Object.entries(evidence ?? {})
  const act: RecoveryAct = {
    object_type: actObjectType(link),
    ...{ work_order_id, recovery_action, requested_by: agent_id },
    idempotency_key: draft.idempotency_key ?? randomUUID(),
    ...(reason === undefined ? {} : { reason }),
    ...(exception_id === undefined ? {} : { exception_id }),
    ...(added.length === 0
      ? {}
      : {
          new_evidence_items: added.map(([evidence_class, items]) => ({
            evidence_class,
            evidence: items,
          })),
        }),
    issued_at: draft.issued_at ?? new Date().toISOString(),
  }
  const signer = signingKeyFromJwk(key, { party: agent_id, roles: ['agent'] })
  return { work_order_id, act: Link.sign(link, act, [follows], signer) }
}

/** A signed act as JSON, the body of `POST /v1/tasks/:id/acts`. */
export function actBody({ act }: RecoveryRequested): { act: unknown } {
  return { act: wireAct(act) }
}

function wireAct({ kind: name, object, after, key_id, signature }: ActLink) {
  return { name, object, after, key_id, signature }
}
