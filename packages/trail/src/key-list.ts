/**
 * Signed key lists: how a pinned key list is renewed without trusting whoever serves it (wire format
 * section 11). Each list names its version, the digest of the one before, and the admins who may sign
 * the next one; so whoever holds one list can check every later one.
 */
import { fromBase64, sign, toBase64, verify } from '#crypto'
import { canonicalBytes, canonicalize } from './canonical.ts'
import { type Digest, digestOfBytes, isDigest } from './digest.ts'
import { preAuthEncoding } from './envelope.ts'
import { TrailError } from './errors.ts'
import type { PublicJwk } from './jwk.ts'
import { renewalFault } from './key-renewal.ts'
import {
  type KeySet,
  parseKeySet,
  parsePublicJwk,
  type SigningKey,
  type TrailKey,
  thumbprint,
} from './keys.ts'
import { isClosed, isCount, isText, timeOf } from './shape.ts'
import { parseStrict } from './strict-json.ts'

export const KEY_LIST_FORMAT = 'prooftrail-key-list/v1'
const PAYLOAD_TYPE = 'application/vnd.prooftrail.key-list+json'

/** Who signs lists, and how many of them. */
export interface Admins {
  threshold: number
  keys: readonly PublicJwk[]
}

/** What admins sign. */
export interface KeyListBody {
  format: typeof KEY_LIST_FORMAT
  /** The log whose deployment it is. */
  origin: string
  /** 1, 2, … */
  version: number
  issued_at: string
  /** Of the list before; absent in version 1. */
  previous?: Digest
  /** Who may sign the next list. */
  admins: Admins
  /** Keys of the deployment: services, operators, the log. */
  keys: readonly TrailKey[]
}

export interface KeyListSignature {
  keyid: string
  /** Base64. */
  sig: string
}

/** A list with its signatures; it is a key list of section 4 as well. */
export interface KeyList extends KeyListBody {
  signatures: readonly KeyListSignature[]
}

/** The digest by which the next list, and the log of key lists, name a list: over what is signed. */
export function keyListDigest(list: KeyListBody): Digest {
  return digestOfBytes(canonicalize(bodyOf(list)))
}

/** An admin's signature of a list (DSSE over its canonical form without the signatures). */
export function signKeyList(
  list: KeyListBody,
  key: Pick<SigningKey, 'privateKey'>,
): KeyListSignature {
  const { privateKey } = key
  return { keyid: thumbprint(privateKey), sig: toBase64(sign(privateKey, signedBytes(list))) }
}

/**
 * A list read strictly; its signatures are not checked.
 * @param json its text or bytes, or the parsed value
 * @throws TrailError KEY_LIST, KEY_SET (or JSON_* for the text)
 */
export function parseKeyList(json: unknown): KeyList {
  const value = typeof json === 'string' || json instanceof Uint8Array ? parseStrict(json) : json
  const members = ['format', 'origin', 'version', 'issued_at', 'admins', 'keys', 'signatures']
  if (!isClosed(value, members, ['previous'])) throw fault('a member is missing or unknown')
  const { format, origin, version, issued_at, previous } = value
  if (format !== KEY_LIST_FORMAT) throw fault(`the format is not ${KEY_LIST_FORMAT}`)
  if (!isText(origin) || !isCount(version) || version < 1) throw fault('origin or version')
  if (typeof issued_at !== 'string' || timeOf(issued_at) === undefined) throw fault('issued_at')
  if (version === 1 ? previous !== undefined : !isDigest(previous)) {
    throw fault('previous is the digest of the list before, and absent in version 1')
  }
  const { keys } = parseKeySet({ keys: value.keys })
  const admins = parseAdmins(value.admins)
  const kids = new Set(keys.map(({ kid }) => kid))
  if (admins.keys.some((key) => kids.has(thumbprint(key)))) {
    throw fault('an admin signs nothing but lists')
  }
  return {
    ...{ format, origin, version, issued_at, admins, keys },
    ...(isDigest(previous) && { previous }),
    signatures: parseSignatures(value.signatures),
  }
}

/** Admins read strictly. @throws TrailError KEY_LIST or KEY */
export function parseAdmins(value: unknown): Admins {
  if (!isClosed(value, ['threshold', 'keys']) || !Array.isArray(value.keys)) {
    throw fault('admins are a threshold and keys')
  }
  const keys = value.keys.map((key: unknown) => {
    if (!isClosed(key, ['kty', 'crv', 'x'])) throw fault("an admin's key has kty, crv and x")
    return parsePublicJwk(key)
  })
  const { threshold } = value
  if (!isCount(threshold) || threshold < 1 || threshold > keys.length) {
    throw fault('the threshold is at least 1, and no more than there are admins')
  }
  if (new Set(keys.map(({ x }) => x)).size !== keys.length) throw fault('an admin is given twice')
  return { threshold, keys }
}

/** The name of the log of a deployment's key lists; its leaves are their digests, in order. */
export function keyLogOrigin(origin: string): string {
  return `${origin}/keys`
}

/**
 * The keys that sign the log of key lists: those of the log, under its other name. A revoked one is
 * not among them: the size that bounds it is that of the other log.
 */
export function keyLogKeys({ keys }: KeySet): TrailKey[] {
  return keys
    .filter((key) => key.roles.includes('log') && key.revoked_at_log_size === undefined)
    .map((key) => ({ ...key, party: keyLogOrigin(key.party) }))
}

/** How many admins are missing who signed the list; each counts once, whoever else signed. */
export function missingSignatures(list: KeyList, { threshold, keys }: Admins): number {
  const bytes = signedBytes(list)
  const signers = keys.filter((key) => {
    const keyid = thumbprint(key)
    return list.signatures.some((one) => {
      const sig = one.keyid === keyid ? fromBase64(one.sig) : undefined
      return sig !== undefined && verify(key, bytes, sig)
    })
  })
  return Math.max(0, threshold - signers.length)
}

/**
 * Why a list does not follow the one before; undefined where it does. Both its own admins and those
 * of the list before have signed it, each as many as their threshold says; no key disappears, and one
 * that was there only ends earlier.
 * @param before undefined: it is the first list, which nothing but its own admins vouches for
 */
export function keyListFault(list: KeyList, before: KeyList | undefined): string | undefined {
  const own = missingSignatures(list, list.admins)
  if (own > 0) return `${own} signatures of its own admins are missing`
  if (before === undefined) return list.version === 1 ? undefined : 'the first list is version 1'
  if (list.origin !== before.origin) return `it is of ${list.origin}, not of ${before.origin}`
  if (list.version !== before.version + 1)
    return `version ${list.version} follows ${before.version}`
  if (list.previous !== keyListDigest(before)) return 'it follows another list than this one'
  if ((timeOf(list.issued_at) ?? 0) < (timeOf(before.issued_at) ?? 0)) {
    return 'it was issued before the one that it follows'
  }
  const missing = missingSignatures(list, before.admins)
  if (missing > 0) return `${missing} signatures of the admins before it are missing`
  return renewalFault(list.keys, before.keys)
}

function parseSignatures(value: unknown): KeyListSignature[] {
  if (!Array.isArray(value)) throw fault('signatures are an array')
  return value.map((one: unknown) => {
    const fits = isClosed(one, ['keyid', 'sig']) && isText(one.keyid) && typeof one.sig === 'string'
    if (!fits) throw fault('a signature has keyid and sig')
    return { keyid: String(one.keyid), sig: String(one.sig) }
  })
}

function bodyOf(list: KeyListBody): KeyListBody {
  const { format, origin, version, issued_at, previous, admins, keys } = list
  return { format, origin, version, issued_at, ...(previous && { previous }), admins, keys }
}

function signedBytes(list: KeyListBody): Uint8Array {
  return preAuthEncoding(PAYLOAD_TYPE, canonicalBytes(bodyOf(list)))
}

function fault(detail: string): TrailError {
  return new TrailError('KEY_LIST', detail)
}
