/** Fixed keys for examples: anyone can derive them, so they prove nothing. */

import { createPrivateKey, createPublicKey } from 'node:crypto'
import {
  type PrivateJwk,
  type Role,
  type SigningKey,
  type TrailKey,
  thumbprint,
  trailKeyOf,
} from '@prooftrail/trail'
import { sha256 } from '@prooftrail/trail/encoding'
import { encodeUtf8 } from '../plain.ts'

/** The key pair whose seed is SHA-256(`prooftrail example ` ‖ label). */
export function exampleKeyPair(label: string): PrivateJwk {
  const seed = sha256(encodeUtf8(`prooftrail example ${label}`))
  const d = Buffer.from(seed).toString('base64url')
  return { kty: 'OKP', crv: 'Ed25519', x: publicOf(seed), d }
}

/** What stands before an Ed25519 seed in its PKCS #8 form (RFC 8410). */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex')

function publicOf(seed: Uint8Array): string {
  const key = createPrivateKey({
    key: Buffer.concat([PKCS8, seed]),
    format: 'der',
    type: 'pkcs8',
  })
  return createPublicKey(key).export({ format: 'jwk' }).x ?? ''
}

/** A fixed signing key of a party. */
export function exampleKey(party: string, roles: readonly Role[], label = party): SigningKey {
  const privateKey = exampleKeyPair(label)
  return { key_id: thumbprint(privateKey), party, roles, privateKey }
}

/** The keys.json entry of a signing key. */
export function exampleTrailKey(
  key: SigningKey,
  validity?: { nbf?: number; exp?: number; revoked_at_log_size?: number },
): TrailKey {
  return trailKeyOf({ ...key, publicKey: key.privateKey }, validity)
}
