/** The in-toto statement that a link's signature is over (wire format section 3). */
import { decodeUtf8 } from './bytes.ts'
import { canonicalize, canonicalizeChecked } from './canonical.ts'
import type { Digest } from './digest.ts'
import { TrailError } from './errors.ts'
import { isLinkName, type LinkName } from './format/kinds.ts'
import { isClosed, isObject, type JsonObject } from './shape.ts'

export const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1'
export const LINK_PREDICATE = 'https://prooftrail.dev/link/v1'

/** An object of the trail, by its link's name (`result_contract`, `result_contract/1`) and digest. */
export interface Ref {
  readonly name: string
  readonly digest: Digest
}

/** What a statement says, with its object's JCS text as it stands in it. */
export interface ParsedStatement {
  kind: LinkName
  object: JsonObject
  after: Ref[]
  /** Of the object's digest, as the subject has it. */
  hex: string
  objectText: string
}

/**
 * The statement's JCS text around the object's, with the members in canonical order.
 * @param hex of the object's digest
 */
export function statementText(
  kind: LinkName,
  objectText: string,
  hex: string,
  after: readonly Ref[],
): string {
  const predicate = `{"after":${refsText(after)},"object":${objectText}}`
  const subject = `[{"digest":{"sha256":"${hex}"},"name":"${kind}"}]`
  return `{"_type":"${STATEMENT_TYPE}","predicate":${predicate},"predicateType":"${LINK_PREDICATE}","subject":${subject}}`
}

/**
 * A payload read strictly: closed statement, its bytes the one canonical spelling. Whether the
 * subject's digest is the object's is not checked here.
 * @throws TrailError STATEMENT or LINK_NAME, or JSON_* from the payload
 */
export function parseStatement(payload: Uint8Array): ParsedStatement & { text: string } {
  const { statement, text } = parseCanonical(payload)
  const { kind, hex } = parseSubject(statement)
  const { object, after } = parsePredicate(statement.predicate)
  return { kind, object, after, hex, objectText: cutObject(text, kind, hex, after), text }
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

function parseSubject(statement: JsonObject): { kind: LinkName; hex: string } {
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
  return { kind: name, hex }
}

function parsePredicate(value: unknown): { object: JsonObject; after: Ref[] } {
  if (!isClosed(value, ['object', 'after']) || !isObject(value.object)) {
    throw new TrailError('STATEMENT', 'a predicate has exactly object and after')
  }
  return { object: value.object, after: parseRefs(value.after) }
}

function parseRefs(value: unknown): Ref[] {
  if (!Array.isArray(value)) throw new TrailError('STATEMENT', 'after is not an array')
  return value.map((ref: unknown) => {
    if (isClosed(ref, ['name', 'digest'])) {
      const { name, digest } = ref
      if (typeof name === 'string' && typeof digest === 'string') return { name, digest }
    }
    throw new TrailError('STATEMENT', 'a reference has exactly name and digest')
  })
}

/** The object's JCS text, cut out of the statement's: what stands around it is known. */
function cutObject(statement: string, kind: LinkName, hex: string, after: readonly Ref[]): string {
  const empty = statementText(kind, '', hex, after)
  const start = empty.indexOf(',"object":}') + ',"object":'.length
  return statement.slice(start, start + statement.length - empty.length)
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
export function copyRefs(after: readonly Ref[]): Ref[] {
  return after.map(({ name, digest }) => ({ name, digest }))
}
