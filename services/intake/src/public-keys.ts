import type { PublicKey } from '@prooftrail/contracts'
import { parsePublicJwk, thumbprint } from '@prooftrail/trail'

/** A key counts from five minutes before its registration (wire format section 4). */
const BEFORE_SECONDS = 300

/** What is wrong with a key as it was announced, in words; empty when nothing is. */
export function keyFaults({ kid, x, exp }: PublicKey): string[] {
  const faults: string[] = []
  if (!isEd25519(x)) faults.push('key: x is no Ed25519 public key')
  else if (kid !== thumbprint({ x })) faults.push(`key: kid is not the thumbprint of x`)
  if (exp !== undefined && exp < 0) faults.push('key: exp is before 1970')
  return faults
}

/**
 * The registered keys with one more. A key that is registered keeps its `nbf`; a later
 * announcement may set or bring forward its `exp`, never move it back.
 * @param at RFC 3339: when the announcement reached the broker
 */
export function addKey(
  keys: readonly PublicKey[],
  { kid, x, exp }: PublicKey,
  at: string,
): PublicKey[] {
  const known = keys.find((key) => key.kid === kid)
  if (known === undefined) {
    const nbf = Math.floor(Date.parse(at) / 1000) - BEFORE_SECONDS
    return [...keys, { kid, x, nbf, ...(exp === undefined ? {} : { exp }) }]
  }
  if (exp === undefined || (known.exp !== undefined && known.exp <= exp)) return [...keys]
  return keys.map((key) => (key === known ? { ...key, exp } : key))
}

function isEd25519(x: string): boolean {
  try {
    parsePublicJwk({ kty: 'OKP', crv: 'Ed25519', x })
    return true
  } catch {
    return false
  }
}
