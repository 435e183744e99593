/** A step bound by digest to the steps before it, and signed by whoever made it (wire format section 3). */
import { decodeUtf8, encodeUtf8 } from './bytes.ts'
import { canonicalize, canonicalizeChecked } from './canonical.ts'
import { bareHex, type Digest, digestOf, digestOfBytes, sha256Hex } from './digest.ts'
import {
  type Envelope,
  makeEnvelope,
  parseEnvelope,
  signPayloadText,
  verifyPayload,
} from './envelope.ts'
import { TrailError } from './errors.ts'
import type { PublicJwk } from './jwk.ts'
import type { SigningKey } from './keys.ts'
import { isLinkName, type LinkName } from './link-names.ts'
import { isClosed, isObject, type JsonObject } from './shape.ts'

export const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1'
export const LINK_PREDICATE = 'https://prooftrail.dev/link/v1'

/** An object of the trail, by its link's name (`result_contract`, `result_contract/1`) and digest. */
export interface Ref {
  name: string
  digest: Digest
}

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
  predicate: { object: T; after: Ref[] }
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
  const signature = signPayloadText(payload, key)
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
  return digestOfBytes(statementText(name, object, after))
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
  const payload = encodeUtf8(statementText(name, link.object, link.after))
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
  const { statement, text } = parseCanonical(payload)
  const { name, hex } = parseStatement(statement)
  const { object, after } = parsePredicate(statement.predicate)
  const jcs = objectText(text, name, hex, after)
  if (sha256Hex(jcs) !== hex) {
    throw new TrailError('DIGEST', "the subject's digest is not the object's")
  }
  const [{ keyid, sig }] = envelope.signatures
  const statement_digest = digestOfBytes(payload)
  const digest: Digest = `sha256:${hex}`
  return { name, object, after, key_id: keyid, signature: sig, digest, statement_digest, payload }
}

/**
 * The JSON object of a payload whose bytes are its one canonical spelling.
 * @throws TrailError STATEMENT, or JSON_*
 */
export function parseCanonical(payload: Uint8Array): { statement: JsonObject; text: string } {
  const text = decodeUtf8(payload)
  const value = text === undefined ? undefined : parsePlain(text)
  if (text === undefined || !isObject(value))
    throw new TrailError('STATEMENT', 'the payload is not a JSON object')
  if (canonicalizeChecked(value) !== text) {
    throw new TrailError('STATEMENT', 'the payload is not in canonical form (RFC 8785)')
  }
  return { statement: value, text }
}

/** A key given twice needs no look here: it cannot survive the comparison with the canonical text. */
function parsePlain(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new TrailError('JSON_SYNTAX', 'the payload is not JSON', { cause })
  }
}

function parseStatement(statement: JsonObject): { name: LinkName; hex: string } {
  const fault = (detail: string) => new TrailError('STATEMENT', detail)
  if (!isClosed(statement, ['_type', 'subject', 'predicateType', 'predicate'])) {
    throw fault('a statement has exactly _type, subject, predicateType and predicate')
  }
  if (statement._type !== STATEMENT_TYPE) throw fault(`_type is not ${STATEMENT_TYPE}`)
  if (statement.predicateType !== LINK_PREDICATE) {
    throw fault(`predicateType is not ${LINK_PREDICATE}`)
  }
  const { subject } = statement
  const only: unknown = Array.isArray(subject) && subject.length === 1 ? subject[0] : undefined
  if (!isClosed(only, ['name', 'digest']) || !isClosed(only.digest, ['sha256'])) {
    throw fault('a link has one subject of name and sha256')
  }
  const { name } = only
  const hex = only.digest.sha256
  if (!isLinkName(name)) throw new TrailError('LINK_NAME', 'the subject is no kind of link')
  if (typeof hex !== 'string') throw fault('a subject has a digest')
  return { name, hex }
}

function parsePredicate(value: unknown): { object: JsonObject; after: Ref[] } {
  if (!isClosed(value, ['object', 'after']) || !isObject(value.object)) {
    throw new TrailError('STATEMENT', 'a predicate has exactly object and after')
  }
  return { object: value.object, after: parseRefs(value.after) }
}

/** References read strictly. @throws TrailError STATEMENT */
export function parseRefs(value: unknown): Ref[] {
  if (!Array.isArray(value)) throw new TrailError('STATEMENT', 'after is not an array')
  return value.map((ref: unknown) => {
    if (isClosed(ref, ['name', 'digest'])) {
      const { name, digest } = ref
      if (typeof name === 'string' && typeof digest === 'string') return { name, digest }
    }
    throw new TrailError('STATEMENT', 'a reference has exactly name and digest')
  })
}

function statementText(name: LinkName, object: unknown, after: readonly Ref[]): string {
  return spliceObject(name, canonicalize(object), after)
}

function spliceObject(name: LinkName, jcs: string, after: readonly Ref[]): string {
  return spliceStatement(name, jcs, sha256Hex(jcs), after)
}

/** The object's JCS text, cut out of the statement's: what stands around it is known. */
function objectText(statement: string, name: LinkName, hex: string, after: readonly Ref[]): string {
  const empty = spliceStatement(name, '', hex, after)
  const start = empty.indexOf(',"object":}') + ',"object":'.length
  return statement.slice(start, start + statement.length - empty.length)
}

/**
 * The statement's JCS text around the object's, with the members in canonical order.
 * @param hex of the object's digest
 */
export function spliceStatement(
  name: LinkName,
  objectJcs: string,
  hex: string,
  after: readonly Ref[],
): string {
  const predicate = `{"after":${refsText(after)},"object":${objectJcs}}`
  const subject = `[{"digest":{"sha256":"${hex}"},"name":"${name}"}]`
  return `{"_type":"${STATEMENT_TYPE}","predicate":${predicate},"predicateType":"${LINK_PREDICATE}","subject":${subject}}`
}

/** What names and digests consist of: their JCS form is themselves in quotes. */
const PLAIN = /^[\w:/.-]*$/

/** The JCS text of references. */
function refsText(after: readonly Ref[]): string {
  const isPlain = after.every(({ name, digest }) => isPlainText(name) && isPlainText(digest))
  if (!isPlain) return canonicalize(copyRefs(after))
  return `[${after.map(({ name, digest }) => `{"digest":"${digest}","name":"${name}"}`).join()}]`
}

function isPlainText(value: unknown): boolean {
  return typeof value === 'string' && PLAIN.test(value)
}

/** Only name and digest: whatever else a reference carries is no part of the statement. */
function copyRefs(after: readonly Ref[]): Ref[] {
  return after.map(({ name, digest }) => ({ name, digest }))
}
