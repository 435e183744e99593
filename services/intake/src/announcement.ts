import { createPublicKey, verify } from 'node:crypto'
import type { ToolAnnounced } from '@prooftrail/contracts'
import { canonicalBytes } from '@prooftrail/trail/encoding'

/** The bytes that an announcement's signature is over: the JCS of all its other members. */
export function announcementBytes({ signature: _, ...rest }: Readonly<ToolAnnounced>): Uint8Array {
  return canonicalBytes(rest)
}

/**
 * Whether `signature` (padded standard base64) is the Ed25519 signature (RFC 8032) of the
 * announcement's own key over its bytes. False for anything that is no key or no signature.
 */
export function isSignedByItsKey(announced: Readonly<ToolAnnounced>): boolean {
  const signature = Buffer.from(announced.signature, 'base64')
  if (signature.length !== 64 || signature.toString('base64') !== announced.signature) return false
  try {
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: announced.key.x }
    const key = createPublicKey({ key: jwk, format: 'jwk' })
    return verify(null, announcementBytes(announced), key, signature)
  } catch {
    return false
  }
}
