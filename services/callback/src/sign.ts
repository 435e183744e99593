import { createHmac, createPrivateKey, type KeyObject, sign as signBytes } from 'node:crypto'
import type { PrivateJwk, SigningKey } from '@prooftrail/trail'
import { canonicalize } from '@prooftrail/trail/encoding'

/**
 * Headers of a callback as Standard Webhooks 1.0 has them (wire format section 8).
 * W1 The signed text is `<webhook-id>.<webhook-timestamp>.<body>`.
 * W2 During a rotation every secret that is still good signs; a receiver needs one match.
 */

/** A callback master secret, and those before it that receivers may still use. */
export interface Secrets {
  current: Uint8Array
  previous?: Uint8Array
  /** Secret version of an agent whose secret was rotated; every other agent is at 1. */
  versions: ReadonlyMap<string, number>
}

/** The version of an agent's secret that is handed out now. */
export function secretVersion(secrets: Secrets, agentId: string): number {
  return secrets.versions.get(agentId) ?? 1
}

/**
 * An agent's secret: `whsec_` and the base64 of HMAC-SHA-256(master, JCS([agent_id, version])).
 * Derived, so nothing has to store it.
 */
export function agentSecret(master: Uint8Array, agentId: string, version: number): string {
  const message = canonicalize([agentId, version])
  return `whsec_${createHmac('sha256', master).update(message).digest('base64')}`
}

/** Every secret that signs for the agent: the current one first. */
export function signingSecrets(secrets: Secrets, agentId: string): string[] {
  const version = secretVersion(secrets, agentId)
  const versions = version > 1 ? [version, version - 1] : [version]
  const masters = secrets.previous ? [secrets.current, secrets.previous] : [secrets.current]
  return masters.flatMap((master) => versions.map((one) => agentSecret(master, agentId, one)))
}

/** The webhook key as a receiver configures it: `whpk_` and the base64 of its 32 public bytes. */
export function webhookPublicKey(key: SigningKey): string {
  return `whpk_${Buffer.from(key.privateKey.x, 'base64url').toString('base64')}`
}

/** What is signed for one attempt. */
export interface Payload {
  /** webhook-id: the callback_event_id. */
  id: string
  body: string
  event_type: string
  /** `sha256:<hex>` of the body. */
  hash: string
}

/**
 * The request headers of one attempt.
 * @param timestamp whole seconds since the epoch, of this attempt
 * @param secrets `whsec_…`, at least one; each gives a `v1` signature
 * @param key the webhook key; gives the `v1a` signature
 */
export function callbackHeaders(
  payload: Payload,
  timestamp: number,
  secrets: readonly string[],
  key: SigningKey,
): Record<string, string> {
  const text = Buffer.from(`${payload.id}.${timestamp}.${payload.body}`)
  const symmetric = secrets.map((secret) => `v1,${hmac(secret, text)}`)
  const asymmetric = `v1a,${signBytes(null, text, keyObject(key)).toString('base64')}`
  return {
    'content-type': 'application/json',
    'user-agent': 'prooftrail-callback',
    'webhook-id': payload.id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': [...symmetric, asymmetric].join(' '),
    'prooftrail-callback-event': payload.event_type,
    'prooftrail-callback-hash': payload.hash,
  }
}

function hmac(secret: string, text: Buffer): string {
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64')
  return createHmac('sha256', key).update(text).digest('base64')
}

const keyObjects = new WeakMap<PrivateJwk, KeyObject>()

function keyObject({ privateKey }: SigningKey): KeyObject {
  const known = keyObjects.get(privateKey)
  if (known) return known
  const { kty, crv, x, d } = privateKey
  const made = createPrivateKey({ key: { kty, crv, x, d }, format: 'jwk' })
  keyObjects.set(privateKey, made)
  return made
}
