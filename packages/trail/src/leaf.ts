/** What the log holds of a ledger entry (wire format section 7). */
import { encodeUtf8 } from './bytes.ts'
import { bareHex, type Digest } from './digest.ts'

/**
 * The bytes of an entry's leaf: its statement digest as text. The log is public and trails are not,
 * so a leaf tells a stranger that something was sealed and nothing of it.
 * @throws TrailError DIGEST when it is not `sha256:<64 lower-case hex>`
 */
export function entryLeaf(statementDigest: Digest): Uint8Array {
  return encodeUtf8(`sha256:${bareHex(statementDigest)}`)
}
