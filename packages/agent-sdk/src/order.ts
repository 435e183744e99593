import type { WorkOrder } from '@prooftrail/contracts'
import {
  Link,
  type PrivateJwk,
  type SigningKey,
  signingKeyFromJwk,
  workOrderId,
} from '@prooftrail/trail'

/** What an agent says; the rest of a work order follows from it. */
export type OrderRequest = Omit<
  WorkOrder,
  'object_type' | 'schema_version' | 'work_order_id' | 'issued_at' | 'expires_at'
> & {
  /** RFC 3339; default one hour after `issued_at`. */
  expires_at?: string
  issued_at?: string
}

const HOUR_MS = 60 * 60 * 1000

/**
 * A complete work order: derived id, schema version, times.
 * @param now RFC 3339 with milliseconds, used where the request gives no `issued_at`
 */
export function makeWorkOrder(request: OrderRequest, now = new Date().toISOString()): WorkOrder {
  const { issued_at = now, expires_at, ...asked } = request
  return {
    ...asked,
    object_type: 'work_order',
    schema_version: 'prooftrail-work-order/v1',
    work_order_id: workOrderId(asked.agent_id, asked.idempotency_key),
    issued_at,
    expires_at: expires_at ?? new Date(Date.parse(issued_at) + HOUR_MS).toISOString(),
  }
}

/**
 * Signs a work order with the agent's private JWK, as the intake topic and the HTTP door take it.
 * @throws TrailError KEY for a key that is none; JSON_* for an order that the JSON form refuses
 */
export function signWorkOrder(order: WorkOrder, key: PrivateJwk): Link<'work_order', WorkOrder> {
  return Link.sign('work_order', order, [], signerOf(key, order.agent_id))
}

/** Reading a private key costs several times what signing with it costs. */
const signers = new WeakMap<PrivateJwk, { read: PrivateJwk; signer: SigningKey }>()

/** An object that was changed since is read again. */
function signerOf(key: PrivateJwk, party: string): SigningKey {
  const known = signers.get(key)
  if (known && known.signer.party === party && isSame(known.read, key)) return known.signer
  const signer = signingKeyFromJwk(key, { party, roles: ['agent'] })
  signers.set(key, { read: { ...key }, signer })
  return signer
}

function isSame(one: PrivateJwk, other: PrivateJwk): boolean {
  const names = Object.keys({ ...one, ...other }) as (keyof PrivateJwk)[]
  return names.every((name) => one[name] === other[name])
}
