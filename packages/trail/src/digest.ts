import { sha256Hex } from '#crypto'
import { canonicalize } from './canonical.ts'
import { TrailError } from './errors.ts'

export { sha256, sha256Hex } from '#crypto'

/** A digest outside in-toto: `sha256:` and 64 lower-case hex digits (wire format section 1). */
export type Digest = string

const DIGEST = /^sha256:[0-9a-f]{64}$/

/** The digest of an object: `sha256:<hex>` over its JCS bytes. */
export function digestOf(object: unknown): Digest {
  return `sha256:${sha256Hex(canonicalize(object))}`
}

/** The digest of bytes, or of a string's UTF-8 bytes: `sha256:<hex>`. */
export function digestOfBytes(bytes: Uint8Array | string): Digest {
  return `sha256:${sha256Hex(bytes)}`
}

/** Whether the value is a digest as it stands outside in-toto. */
export function isDigest(value: unknown): value is Digest {
  return typeof value === 'string' && DIGEST.test(value)
}

/**
 * The 64 hex digits of a digest, as an in-toto subject holds them.
 * @throws TrailError DIGEST when it is not `sha256:<64 lower-case hex>`
 */
export function bareHex(digest: Digest): string {
  if (!isDigest(digest)) throw new TrailError('DIGEST', 'a digest is sha256: and 64 hex digits')
  return digest.slice('sha256:'.length)
}
