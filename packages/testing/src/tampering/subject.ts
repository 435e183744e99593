/** What is tampered with: a valid trail, a copy of its file, and what a forger has at hand. */
import type { Bundle, BundleLink, KeySet, SigningKey } from '@prooftrail/trail'
import {
  canonicalize,
  digestOf,
  digestOfBytes,
  makeEnvelope,
  parseEnvelope,
  signPayload,
} from '@prooftrail/trail/encoding'
import { parseLinkName } from '@prooftrail/trail/format'
import { decodeUtf8, encodeUtf8, isObject, type JsonObject } from '../plain.ts'
import type { ExampleKind, ExampleTrail } from '../trail/index.ts'
import type { Random } from './random.ts'

/** A link by its name, or another part of what is verified. */
export type Place = string

export interface Subject {
  kind: ExampleKind
  example: ExampleTrail
  /** A copy that may be changed. */
  bundle: Bundle
  /** Valid trails of the same run that went another way, and trails of other tools. */
  others: readonly ExampleTrail[]
  random: Random
}

/** A changed trail, and what was changed. */
export interface Tampered {
  /** The file, as value or as bytes. */
  bundle: unknown
  keys: KeySet
  touched: readonly Place[]
}

/** The statement of a link, taken apart. */
export interface Statement extends JsonObject {
  predicate: JsonObject
}

export function statementOf(link: BundleLink): Statement {
  const { payload } = parseEnvelope(link.envelope)
  const statement: unknown = JSON.parse(decodeUtf8(payload) ?? '')
  // the examples' payloads are statements
  return statement as Statement
}

/** The object of a link; of a seal, its predicate. */
export function objectOf(link: BundleLink): JsonObject {
  const { predicate } = statementOf(link)
  return isObject(predicate.object) ? predicate.object : predicate
}

export function isSeal({ name }: BundleLink): boolean {
  return parseLinkName(name)?.kind === 'attestation'
}

/** The link with another statement whose digests fit; signed by `key`, or with the old signature. */
export function restated(link: BundleLink, statement: Statement, key?: SigningKey): BundleLink {
  const { name, envelope } = link
  const { object } = statement.predicate
  const fitting = isSeal(link) ? statement : withSubject(statement, object)
  const payload = encodeUtf8(canonicalize(fitting))
  const digest = isSeal(link) ? digestOfBytes(payload) : digestOf(object)
  const [old] = envelope.signatures
  const made = key
    ? makeEnvelope(payload, key.key_id, signPayload(payload, key))
    : makeEnvelope(payload, old.keyid, old.sig)
  return { name, digest, envelope: made }
}

function withSubject(statement: Statement, object: unknown): Statement {
  const [hex] = digestOf(object).split(':').slice(-1)
  const [subject] = Array.isArray(statement.subject) ? statement.subject : []
  return { ...statement, subject: [{ ...Object(subject), digest: { sha256: hex } }] }
}

/** Who signed a link of an example. */
export function signerOf({ example: { signers } }: Subject, link: BundleLink): SigningKey {
  const [{ keyid }] = link.envelope.signatures
  const found = Object.values(signers).find(({ key_id }) => key_id === keyid)
  if (found === undefined) throw new Error(`nobody signed ${link.name}`)
  return found
}

/** The copy of a link, and a way to put another one in its place. */
export function pickLink(
  { bundle, random }: Subject,
  fits: (link: BundleLink) => boolean = () => true,
): { link: BundleLink; at: number } | undefined {
  const places = bundle.links.flatMap((link, at) => (fits(link) ? [{ link, at }] : []))
  return places.length === 0 ? undefined : random.pick(places)
}

/** The subject's copy with one link replaced, under the keys of the example. */
export function replaced(subject: Subject, at: number, link: BundleLink): Tampered {
  const { bundle, example } = subject
  bundle.links[at] = link
  return { bundle, keys: example.keys, touched: [link.name] }
}
