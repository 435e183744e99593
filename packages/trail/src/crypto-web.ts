/**
 * The platform's primitives where there is no node:crypto. Synchronous, pure JavaScript.
 * Node's twin is crypto-node.ts: same names, same results.
 */
import { ed25519 } from '@noble/curves/ed25519.js'
import { sha256 as hash } from '@noble/hashes/sha2.js'
import { base64, base64urlnopad, hex, utf8 } from '@scure/base'
import type { PrivateJwk, PublicJwk } from './jwk.ts'

/** SHA-256 of `bytes`, 32 bytes. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return hash(bytes)
}

/** SHA-256 of `bytes` (a string stands for its UTF-8 bytes) as 64 lower-case hex digits. */
export function sha256Hex(bytes: Uint8Array | string): string {
  return hex.encode(hash(typeof bytes === 'string' ? utf8.decode(bytes) : bytes))
}

/** The Ed25519 signature of `bytes` (RFC 8032), 64 bytes. */
export function sign(privateKey: PrivateJwk, bytes: Uint8Array): Uint8Array {
  return ed25519.sign(bytes, base64urlnopad.decode(privateKey.d))
}

/** Whether `signature` is the key's Ed25519 signature of `bytes`; false for a key that is none. */
export function verify(publicKey: PublicJwk, bytes: Uint8Array, signature: Uint8Array): boolean {
  try {
    return ed25519.verify(signature, bytes, base64urlnopad.decode(publicKey.x), { zip215: false })
  } catch {
    return false
  }
}

/** The same answer as `verify`. */
export async function verifyLater(
  publicKey: PublicJwk,
  bytes: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  return verify(publicKey, bytes, signature)
}

/** A fresh Ed25519 key pair. */
export function generate(): PrivateJwk {
  const { secretKey, publicKey } = ed25519.keygen()
  return {
    kty: 'OKP',
    crv: 'Ed25519',
    x: base64urlnopad.encode(publicKey),
    d: base64urlnopad.encode(secretKey),
  }
}

/** The public member `x` (base64url) that belongs to the secret seed `d` (base64url). */
export function publicFromSeed(d: string): string {
  return base64urlnopad.encode(ed25519.getPublicKey(base64urlnopad.decode(d)))
}

/** How many bytes a well-formed text takes in UTF-8. */
export function utf8Length(text: string): number {
  return utf8.decode(text).length
}

/** Standard base64 with padding (RFC 4648, section 4). */
export function toBase64(bytes: Uint8Array): string {
  return base64.encode(bytes)
}

/** The bytes of standard padded base64; undefined unless the text is the one encoding of its bytes. */
export function fromBase64(text: string): Uint8Array | undefined {
  try {
    const bytes = base64.decode(text)
    return base64.encode(bytes) === text ? bytes : undefined
  } catch {
    return undefined
  }
}
