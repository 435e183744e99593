import { encodeUtf8 } from './bytes.ts'
import { canonicalize, canonicalizeChecked } from './canonical.ts'
import { bareHex, type Digest, digestOf, digestOfBytes, sha256Hex } from './digest.ts'
import {
  type Envelope,
  makeEnvelope,
  parseEnvelope,
  signPayload,
  verifyPayload,
} from './envelope.ts'
import { TrailError } from './errors.ts'
import type { LinkName } from './format/kinds.ts'
import type { PublicJwk } from './jwk.ts'
import type { SigningKey } from './keys.ts'
import type { JsonObject } from './shape.ts'
import {
  copyRefs,
  LINK_PREDICATE,
  parseStatement,
  type Ref,
  STATEMENT_TYPE,
  statementText as spliceStatement,
} from './statement.ts'

export { spliceStatement }

/** A link as it travels on the bus; `signature` is the base64 text of the DSSE signature. */
export interface SignedLink<T = unknown> {
  object: T
  after: Ref[]
  key_id: string
  signature: string
}

/** An in-toto Statement v1 about one object. */
export interface Statement<T = unknown> {
  _type: typeof STATEMENT_TYPE
  subject: [{ name: LinkName; digest: { sha256: string } }]
  predicateType: typeof LINK_PREDICATE
  predicate: { object: T; after: readonly Ref[] }
}

/** The reference by which later links follow this object; `name` is the link's name in the trail. */
export function refTo(name: string, object: unknown): Ref {
  return { name, digest: digestOf(object) }
}

/** What a link claims. `name` is the kind, without number. */
export function linkStatement<T>(name: LinkName, object: T, after: readonly Ref[]): Statement<T> {
  return {
    _type: STATEMENT_TYPE,
    subject: [{ name, digest: { sha256: bareHex(digestOf(object)) } }],
    predicateType: LINK_PREDICATE,
    predicate: { object, after: copyRefs(after) },
  }
}

/**
 * Signs an object as a link of its kind. One canonicalization, one signature.
 * @throws TrailError JSON_* when the object holds what the JSON form refuses
 */
export function signLink<T>(
  name: LinkName,
  object: T,
  after: readonly Ref[],
  key: SigningKey,
): SignedLink<T> {
  const jcs = canonicalizeChecked(object)
  return signText(name, object, jcs, `sha256:${sha256Hex(jcs)}`, after, key).link
}

/** Signs an object whose JCS text and digest are known; answers the link and what was signed. */
export function signText<T>(
  name: LinkName,
  object: T,
  jcs: string,
  digest: Digest,
  after: readonly Ref[],
  key: SigningKey,
): { link: SignedLink<T>; payload: string } {
  const payload = spliceStatement(name, jcs, bareHex(digest), after)
  const signature = signPayload(payload, key)
  return { link: { object, after: copyRefs(after), key_id: key.key_id, signature }, payload }
}

/** Whether the link's signature is this key's over the statement rebuilt from it. Never throws. */
export function verifyLinkSignature(
  name: LinkName,
  link: SignedLink,
  publicKey: PublicJwk,
): boolean {
  try {
    const payload = encodeUtf8(spliceObject(name, canonicalizeChecked(link.object), link.after))
    return verifyPayload(payload, link.signature, publicKey)
  } catch {
    return false
  }
}

/** `sha256:<hex>` over the statement's JCS bytes: what a ledger entry records beside the object's digest. */
export function statementDigest(name: LinkName, object: unknown, after: readonly Ref[]): Digest {
  return digestOfBytes(textOf(name, object, after))
}

/** Both digests of a link from one canonicalization: the object's and the statement's. */
export function linkDigests(
  name: LinkName,
  link: Pick<SignedLink, 'object' | 'after'>,
): { digest: Digest; statement_digest: Digest } {
  const jcs = canonicalize(link.object)
  const hex = sha256Hex(jcs)
  const statement_digest = digestOfBytes(spliceStatement(name, jcs, hex, link.after))
  return { digest: `sha256:${hex}`, statement_digest }
}

/** The DSSE envelope of a link: the statement is rebuilt, the signature is carried over. */
export function toEnvelope(name: LinkName, link: SignedLink): Envelope {
  const payload = encodeUtf8(textOf(name, link.object, link.after))
  return makeEnvelope(payload, link.key_id, link.signature)
}

/** A link as an envelope says it. */
export interface ParsedLink extends SignedLink<JsonObject> {
  name: LinkName
  digest: Digest
  statement_digest: Digest
  payload: Uint8Array
}

/**
 * The link inside an envelope. Strict: a closed envelope and statement, the payload exactly the
 * statement's JCS bytes, the subject's digest that of the object. The signature is not checked here.
 * @throws TrailError ENVELOPE, STATEMENT, DIGEST or LINK_NAME, or JSON_* from the payload
 */
export function fromEnvelope(value: unknown): ParsedLink {
  const { envelope, payload } = parseEnvelope(value)
  const { kind, object, after, hex, objectText } = parseStatement(payload)
  if (sha256Hex(objectText) !== hex) {
    throw new TrailError('DIGEST', "the subject's digest is not the object's")
  }
  const [{ keyid, sig }] = envelope.signatures
  const statement_digest = digestOfBytes(payload)
  const digest: Digest = `sha256:${hex}`
  return {
    name: kind,
    object,
    after,
    key_id: keyid,
    signature: sig,
    digest,
    statement_digest,
    payload,
  }
}

function textOf(name: LinkName, object: unknown, after: readonly Ref[]): string {
  return spliceObject(name, canonicalize(object), after)
}

function spliceObject(name: LinkName, jcs: string, after: readonly Ref[]): string {
  return spliceStatement(name, jcs, sha256Hex(jcs), after)
}
