/**
 * Records that their writer signs whole (wire format section 3): what a party says beside the links
 * of a trail. The signature is plain Ed25519 (RFC 8032) over the canonical bytes of all other
 * members, as padded base64. Those bytes begin with `{`, so they are never a link's (`DSSEv1 …`).
 */
import { fromBase64, sign, toBase64, verify, verifyLater } from '#crypto'
import { canonicalBytes } from './canonical.ts'
import type { PrivateJwk, PublicJwk } from './jwk.ts'

/** A record with the signature that it claims to have. */
export interface SignedRecord {
  readonly signature?: string | undefined
}

/**
 * The bytes that a record's signature is over: the JCS of all members but the signature.
 * @throws TrailError for what has no canonical form
 */
export function recordBytes(record: object): Uint8Array {
  const { signature: _, ...rest }: { signature?: unknown } = { ...record }
  return canonicalBytes(rest)
}

/** The record with its signature. @throws TrailError for what has no canonical form */
export function signRecord<T extends object>(
  record: T,
  key: PrivateJwk,
): T & { signature: string } {
  return { ...record, signature: toBase64(sign(key, recordBytes(record))) }
}

/** Whether the record's signature is this key's. False for one without, and for a key that is none. */
export function isRecordOf(record: SignedRecord, { x }: Pick<PublicJwk, 'x'>): boolean {
  const parts = partsOf(record)
  return parts !== undefined && verify(publicOf(x), parts.bytes, parts.signature)
}

/** The same answer, worked out beside the calling thread where the platform can. */
export async function isRecordOfLater(
  record: SignedRecord,
  { x }: Pick<PublicJwk, 'x'>,
): Promise<boolean> {
  const parts = partsOf(record)
  return parts !== undefined && (await verifyLater(publicOf(x), parts.bytes, parts.signature))
}

function partsOf(record: SignedRecord) {
  const signature = fromBase64(record.signature ?? '')
  if (signature?.length !== 64) return undefined
  try {
    return { signature, bytes: recordBytes(record) }
  } catch {
    return undefined
  }
}

function publicOf(x: string): PublicJwk {
  return { kty: 'OKP', crv: 'Ed25519', x }
}
