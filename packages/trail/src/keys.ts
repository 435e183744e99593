/** Who may sign what, and when a key counts (wire format section 4). */

import { base64urlnopad } from '@scure/base'
import { generate, publicFromSeed } from '#crypto'
import { encodeUtf8 } from './bytes.ts'
import { sha256 } from './digest.ts'
import { TrailError } from './errors.ts'
import type { PrivateJwk, PublicJwk } from './jwk.ts'
import { isClosed, isCount, isObject, isText, timeOf } from './shape.ts'
import { parseStrict } from './strict-json.ts'

export const ROLES = [
  'agent',
  'intake',
  'dispatch',
  'executor',
  'receipt',
  'callback',
  'attestation',
  'operator',
  'log',
  'webhook',
] as const

export type Role = (typeof ROLES)[number]

/** A private key and what its owner may sign with it. */
export interface SigningKey {
  /** The RFC 7638 thumbprint; the DSSE keyid. */
  key_id: string
  /** Agent id, tool, service name, or the log's origin. */
  party: string
  roles: readonly Role[]
  privateKey: PrivateJwk
}

/** A public key as keys.json holds it. */
export interface TrailKey extends PublicJwk {
  use: 'sig'
  alg: 'EdDSA'
  kid: string
  /** Whole seconds; the key counts from here on. */
  nbf?: number
  /** Whole seconds; the key no longer counts from here on. */
  exp?: number
  /** Whole seconds; revoked: nothing that is issued, or arrives, from here on counts. */
  revoked_at?: number
  /** The key counts only for log entries below this size. */
  revoked_at_log_size?: number
  party: string
  roles: readonly Role[]
}

/** A JWKS (RFC 7517): everything a verifier has to trust. */
export interface KeySet {
  keys: readonly TrailKey[]
}

/** Why a key does not count for a signature. */
export type KeyFault = 'KEY_ROLE' | 'KEY_NOT_YET_VALID' | 'KEY_EXPIRED' | 'KEY_REVOKED'

const X = /^[A-Za-z0-9_-]{43}$/

/** A fresh Ed25519 key pair. */
export function generateKeyPair(): { publicKey: PublicJwk; privateKey: PrivateJwk } {
  const privateKey = generate()
  return { publicKey: publicJwk(privateKey), privateKey }
}

/** The public half of a JWK, without any other member. */
export function publicJwk({ kty, crv, x }: PublicJwk): PublicJwk {
  return { kty, crv, x }
}

/** The RFC 7638 thumbprint of an Ed25519 JWK: base64url of SHA-256 over its three public members. */
export function thumbprint({ x }: Pick<PublicJwk, 'x'>): string {
  const json = `{"crv":"Ed25519","kty":"OKP","x":${JSON.stringify(x)}}`
  return base64urlnopad.encode(sha256(encodeUtf8(json)))
}

/**
 * An Ed25519 public JWK out of any JWK; other members are ignored.
 * @throws TrailError KEY unless kty, crv and x are an Ed25519 key that is not of small order
 */
export function parsePublicJwk(value: unknown): PublicJwk {
  if (isObject(value) && value.kty === 'OKP' && value.crv === 'Ed25519' && isKeyText(value.x)) {
    return { kty: 'OKP', crv: 'Ed25519', x: value.x }
  }
  throw new TrailError('KEY', 'not an Ed25519 public key as JWK (kty OKP, crv Ed25519, x)')
}

/**
 * A signing key out of a private JWK with `party` and `roles`, or with those given as `owner`.
 * `kid`, where present, must be the thumbprint.
 * @throws TrailError KEY
 */
export function signingKeyFromJwk(
  jwk: unknown,
  owner?: { party: string; roles: readonly Role[] },
): SigningKey {
  const { x } = parsePublicJwk(jwk)
  const members = isObject(jwk) ? jwk : {}
  const { d, kid } = members
  const party = owner?.party ?? members.party
  const roles = owner?.roles ?? members.roles
  const key_id = thumbprint({ x })
  if (typeof d !== 'string' || !X.test(d)) throw new TrailError('KEY', 'the JWK has no private d')
  if (publicFromSeed(d) !== x) throw new TrailError('KEY', 'x is not the public half of d')
  if (kid !== undefined && kid !== key_id) throw new TrailError('KEY', 'kid is not the thumbprint')
  if (!isText(party)) throw new TrailError('KEY', 'a signing key has a party')
  if (!areRoles(roles)) throw new TrailError('KEY', 'a signing key has roles of the closed list')
  return { key_id, party, roles, privateKey: { kty: 'OKP', crv: 'Ed25519', x, d } }
}

/** The entry of keys.json for a key pair: `nbf` and `exp` in whole seconds. */
export function trailKeyOf(
  key: { party: string; roles: readonly Role[]; publicKey: PublicJwk },
  validity: Pick<TrailKey, 'nbf' | 'exp' | 'revoked_at' | 'revoked_at_log_size'> = {},
): TrailKey {
  const jwk = publicJwk(key.publicKey)
  const { party, roles } = key
  return { ...jwk, use: 'sig', alg: 'EdDSA', kid: thumbprint(jwk), ...validity, party, roles }
}

/** A key set that was read strictly; only `parseKeySet` makes one. */
class ParsedKeySet implements KeySet {
  readonly keys: readonly TrailKey[]

  constructor(keys: readonly TrailKey[]) {
    this.keys = Object.freeze(keys)
    Object.freeze(this)
  }
}

/**
 * keys.json read strictly: closed keys, Ed25519 only, kid = thumbprint, no key twice.
 * The answer is frozen, and given back as it is when it is parsed again: parse once, verify often.
 * @param json the text or bytes, or the parsed value
 * @throws TrailError KEY_SET (or JSON_* for the text)
 */
export function parseKeySet(json: unknown): KeySet {
  if (json instanceof ParsedKeySet) return json
  const value = typeof json === 'string' || json instanceof Uint8Array ? parseStrict(json) : json
  if (!isObject(value) || !Array.isArray(value.keys)) {
    throw new TrailError('KEY_SET', 'a key set is an object with an array of keys')
  }
  const keys = value.keys.map(parseTrailKey)
  if (new Set(keys.map(({ kid }) => kid)).size !== keys.length) {
    throw new TrailError('KEY_SET', 'a key is given twice')
  }
  return new ParsedKeySet(keys)
}

/**
 * Why the key does not count for a signature in this role at this time, undefined when it does.
 * @param issuedAt the signed object's issued_at: nbf ≤ issued_at < exp, and before a revocation
 * @param entryIndex log index of the ledger entry that records the signature; a revoked key counts
 *   only below the log size recorded at its revocation, and not at all where no index is known
 */
export function keyFault(
  key: TrailKey,
  role: Role,
  issuedAt: string,
  entryIndex?: number,
): KeyFault | undefined {
  const at = timeOf(issuedAt)
  if (!key.roles.includes(role)) return 'KEY_ROLE'
  if (at === undefined || (key.nbf !== undefined && at < key.nbf * 1000)) return 'KEY_NOT_YET_VALID'
  return keyEndedAt(key, at) ?? (isRevoked(key, entryIndex) ? 'KEY_REVOKED' : undefined)
}

/**
 * Why a key counts no more for what arrives at this time, whatever that says of itself; undefined
 * while it does.
 */
export function keyEnded(
  key: Pick<TrailKey, 'exp' | 'revoked_at'>,
  arrivedAt: string,
): 'KEY_EXPIRED' | 'KEY_REVOKED' | undefined {
  const at = timeOf(arrivedAt)
  return at === undefined ? undefined : keyEndedAt(key, at)
}

/** The same of a time in milliseconds since 1970. */
export function keyEndedAt(
  { exp, revoked_at }: Pick<TrailKey, 'exp' | 'revoked_at'>,
  at: number,
): 'KEY_EXPIRED' | 'KEY_REVOKED' | undefined {
  if (exp !== undefined && at >= exp * 1000) return 'KEY_EXPIRED'
  return revoked_at !== undefined && at >= revoked_at * 1000 ? 'KEY_REVOKED' : undefined
}

/** Whether the key counts for a signature in this role at this time; see `keyFault`. */
export function keyCounts(
  key: TrailKey,
  role: Role,
  issuedAt: string,
  entryIndex?: number,
): boolean {
  return keyFault(key, role, issuedAt, entryIndex) === undefined
}

function isRevoked({ revoked_at_log_size: size }: TrailKey, entryIndex = Infinity): boolean {
  return size !== undefined && entryIndex >= size
}

function parseTrailKey(value: unknown, i: number): TrailKey {
  const fault = (detail: string) => new TrailError('KEY_SET', `key ${i}: ${detail}`)
  const required = ['kty', 'crv', 'x', 'use', 'alg', 'kid', 'party', 'roles']
  const optional = ['nbf', 'exp', 'revoked_at', 'revoked_at_log_size']
  if (!isClosed(value, required, optional)) throw fault('a member is missing or unknown')
  const { kty, crv, x, use, alg, kid, party, roles } = value
  const { nbf, exp, revoked_at, revoked_at_log_size } = value
  if (kty !== 'OKP' || crv !== 'Ed25519' || use !== 'sig' || alg !== 'EdDSA' || !isKeyText(x)) {
    throw fault('not an Ed25519 signature key')
  }
  if (typeof kid !== 'string' || kid !== thumbprint({ x })) throw fault('kid is not the thumbprint')
  if (!isText(party) || !areRoles(roles)) throw fault('party or roles are not of the format')
  return Object.freeze({
    ...{ kty, crv, x, use, alg, kid, party, roles: Object.freeze([...roles]) },
    ...countMember('nbf', nbf, fault),
    ...countMember('exp', exp, fault),
    ...countMember('revoked_at', revoked_at, fault),
    ...countMember('revoked_at_log_size', revoked_at_log_size, fault),
  })
}

function countMember<K extends string>(
  name: K,
  value: unknown,
  fault: (detail: string) => TrailError,
): { [name in K]?: number } {
  if (value === undefined) return {}
  if (!isCount(value)) throw fault(`${name} is not a whole number from 0`)
  // a computed key of type K widens to string
  return { [name]: value } as { [name in K]?: number }
}

function areRoles(value: unknown): value is Role[] {
  const known: readonly unknown[] = ROLES
  return Array.isArray(value) && value.length > 0 && value.every((role) => known.includes(role))
}

/**
 * 32 bytes as base64url that are no point of small order: such a key, which anyone can name,
 * has signatures that fit many messages (RFC 8032 section 5.1.7 leaves this to the verifier).
 */
function isKeyText(x: unknown): x is string {
  if (typeof x !== 'string' || !X.test(x)) return false
  try {
    const bytes = base64urlnopad.decode(x)
    const hex = Array.from(bytes, (byte, i) =>
      (i === 31 ? byte & 0x7f : byte).toString(16).padStart(2, '0'),
    )
    return !SMALL_ORDER.has(hex.join(''))
  } catch {
    return false
  }
}

/** The y coordinates of the points of order 1, 2, 4 and 8, the non-canonical spellings included. */
const SMALL_ORDER = new Set([
  `00${'00'.repeat(31)}`,
  `01${'00'.repeat(31)}`,
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  `ec${'ff'.repeat(30)}7f`,
  `ed${'ff'.repeat(30)}7f`,
  `ee${'ff'.repeat(30)}7f`,
])
