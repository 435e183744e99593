/**
 * The platform's primitives on Node. Synchronous; key objects are made once per key.
 * The browser's twin is crypto-web.ts: same names, same results.
 */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  hash,
  type KeyObject,
  sign as signWith,
  verify as verifyWith,
} from 'node:crypto'
import type { PrivateJwk, PublicJwk } from './jwk.ts'

/**
 * Keys as the platform holds them. Importing one costs more than using it. Private ones go with
 * their JWK; public ones, which anybody can name, are bounded. Nothing else is remembered here.
 */
const MAX_PUBLIC_KEYS = 10_000
const privateKeys = new WeakMap<PrivateJwk, KeyObject>()
const publicKeys = new Map<string, KeyObject>()

/** SHA-256 of `bytes`, 32 bytes. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return plain(hash('sha256', bytes, 'buffer'))
}

/** SHA-256 of `bytes` (a string stands for its UTF-8 bytes) as 64 lower-case hex digits. */
export function sha256Hex(bytes: Uint8Array | string): string {
  return hash('sha256', bytes, 'hex')
}

/** The Ed25519 signature of `bytes` (RFC 8032), 64 bytes. */
export function sign(privateKey: PrivateJwk, bytes: Uint8Array): Uint8Array {
  return plain(signWith(null, bytes, privateKeyObject(privateKey)))
}

/** Whether `signature` is the key's Ed25519 signature of `bytes`; false for a key that is none. */
export function verify(publicKey: PublicJwk, bytes: Uint8Array, signature: Uint8Array): boolean {
  try {
    return signature.length === 64 && verifyWith(null, bytes, publicKeyObject(publicKey), signature)
  } catch {
    return false
  }
}

/** The same answer as `verify`, worked out beside this thread. */
export function verifyLater(
  publicKey: PublicJwk,
  bytes: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  return new Promise((resolve) => {
    if (signature.length !== 64) return resolve(false)
    try {
      verifyWith(null, bytes, publicKeyObject(publicKey), signature, (error, isGood) =>
        resolve(error === null && isGood),
      )
    } catch {
      resolve(false)
    }
  })
}

/** A fresh Ed25519 key pair. */
export function generate(): PrivateJwk {
  const { x, d } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })
  if (x === undefined || d === undefined) throw new Error('the platform made no Ed25519 key')
  return { kty: 'OKP', crv: 'Ed25519', x, d }
}

/** The public member `x` (base64url) that belongs to the secret seed `d` (base64url). */
export function publicFromSeed(d: string): string {
  // PKCS #8 (RFC 8410): a fixed header before the 32 bytes of the seed
  const der = Buffer.concat([
    Buffer.from('302e020100300506032b657004220420', 'hex'),
    Buffer.from(d, 'base64url'),
  ])
  const secret = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  const { x } = createPublicKey(secret).export({ format: 'jwk' })
  if (x === undefined) throw new Error('the platform made no Ed25519 key')
  return x
}

/** How many bytes a well-formed text takes in UTF-8. */
export function utf8Length(text: string): number {
  return Buffer.byteLength(text)
}

/** Standard base64 with padding (RFC 4648, section 4). */
export function toBase64(bytes: Uint8Array): string {
  return view(bytes).toString('base64')
}

/** The bytes of standard padded base64; undefined unless the text is the one encoding of its bytes. */
export function fromBase64(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? plain(bytes) : undefined
}

/** The same memory without Buffer's methods, so that both platforms answer the same type. */
function plain(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength)
}

function view(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function privateKeyObject(jwk: PrivateJwk): KeyObject {
  const known = privateKeys.get(jwk)
  if (known !== undefined) return known
  const { kty, crv, x, d } = jwk
  const made = createPrivateKey({ key: { kty, crv, x, d }, format: 'jwk' })
  privateKeys.set(jwk, made)
  return made
}

function publicKeyObject({ kty, crv, x }: PublicJwk): KeyObject {
  const known = publicKeys.get(x)
  if (known !== undefined) return known
  const made = createPublicKey({ key: { kty, crv, x }, format: 'jwk' })
  if (publicKeys.size >= MAX_PUBLIC_KEYS) publicKeys.clear()
  publicKeys.set(x, made)
  return made
}
