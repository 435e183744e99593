import type { Json, Manifest, ToolAnnounced } from '@prooftrail/contracts'
import type { SigningKey } from '@prooftrail/trail'
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
  const members = {
    tool: manifest.tool,
    version: manifest.version,
    // a manifest is read from JSON and checked; its type says so member by member
    manifest: manifest as unknown as Json,
    key: { kid: key.key_id, x: key.privateKey.x },
    ...options,
  }
  return signRecord(members, key.privateKey)
}
