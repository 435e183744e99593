/** Fixed keys for examples: anyone can derive them, so they prove nothing. */

import { base64urlnopad } from '@scure/base'
import { publicFromSeed } from '#crypto'
import { encodeUtf8 } from '../bytes.ts'
import { sha256 } from '../digest.ts'
import type { PrivateJwk } from '../jwk.ts'
import { type Role, type SigningKey, type TrailKey, thumbprint, trailKeyOf } from '../keys.ts'

/** The key pair whose seed is SHA-256(`prooftrail example ` ‖ label). */
export function exampleKeyPair(label: string): PrivateJwk {
  const seed = sha256(encodeUtf8(`prooftrail example ${label}`))
  const d = base64urlnopad.encode(seed)
  return { kty: 'OKP', crv: 'Ed25519', x: publicFromSeed(d), d }
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
