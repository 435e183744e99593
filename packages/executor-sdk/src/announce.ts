import type { Json, Manifest, PublicKey, ToolAnnounced } from '@prooftrail/contracts'
import { type PrivateJwk, type SigningKey, thumbprint } from '@prooftrail/trail'
import { signRecord } from '@prooftrail/trail/encoding'

/** What an announcement says beside the manifest. */
export interface AnnounceOptions {
  /** RFC 3339 with milliseconds. */
  announced_at: string
  /** The version leaves; its orders in flight go on. */
  withdraw?: boolean
  /** True: new orders take this version, not the newest; false: the newest again. */
  pin?: boolean
  /** Passed its conformance suite. */
  checked?: boolean
  /** Announced without having passed. */
  forced?: boolean
  /** Counts beside the key from here on; it signs the announcement too. */
  next_key?: PrivateJwk
}

/**
 * The announcement of a tool version, signed by the tool's key: plain Ed25519 over the JCS bytes of
 * all other members, padded base64. Deterministic: the same options give the same bytes.
 */
export function makeAnnouncement(
  manifest: Manifest,
  key: SigningKey,
  options: AnnounceOptions,
): ToolAnnounced {
  const { next_key, ...said } = options
  const members = {
    tool: manifest.tool,
    version: manifest.version,
    // a manifest is read from JSON and checked; its type says so member by member
    manifest: manifest as unknown as Json,
    key: { kid: key.key_id, x: key.privateKey.x },
    ...said,
    ...(next_key === undefined ? {} : { next_key: publicKeyOf(next_key) }),
  }
  if (next_key === undefined) return signRecord(members, key.privateKey)
  const { signature: next_signature } = signRecord(members, next_key)
  return signRecord({ ...members, next_signature }, key.privateKey)
}

function publicKeyOf(key: PrivateJwk): PublicKey {
  return { kid: thumbprint(key), x: key.x }
}
