/** What somebody does who has the file and no key. */

import type { BundleLink } from '@prooftrail/trail'
import { parseLinkName } from '@prooftrail/trail/format'
import { decodeUtf8, encodeUtf8, fromBase64, isObject, toBase64 } from '../plain.ts'
import { otherValue, pickLeaf } from './leaves.ts'
import {
  objectOf,
  pickLink,
  restated,
  type Subject,
  statementOf,
  type Tampered,
} from './subject.ts'

/** Any bit of the file. */
export function flippedBit({ example, bundle, random }: Subject): Tampered {
  const bytes = encodeUtf8(JSON.stringify(bundle))
  const at = random.below(bytes.length)
  flip(bytes, at, random.below(8))
  const part = partAt(bundle, at)
  // every link rests on the header
  const isHeader = part === 'bundle' || part === 'pilot'
  const names = isHeader ? bundle.links.map(({ name }) => name) : []
  const touched = [part, 'bundle', ...names, ...namesIn(bytes)]
  return { bundle: bytes, keys: example.keys, touched }
}

/** Names that a changed file gives and that no trail has. */
function namesIn(bytes: Uint8Array): string[] {
  try {
    const { links, pilot } = JSON.parse(decodeUtf8(bytes) ?? '')
    const names: unknown[] = [...links.map((link: BundleLink) => link.name), ...pilot.proof_trail]
    return names.map(String).filter((name) => parseLinkName(name) === undefined)
  } catch {
    return []
  }
}

/** A bit of what a link says; its digests are left as they are, or made to fit. */
export function flippedPayload(subject: Subject): Tampered | undefined {
  const picked = pickLink(subject)
  if (picked === undefined) return undefined
  const { envelope } = picked.link
  const payload = fromBase64(envelope.payload) ?? new Uint8Array()
  flip(payload, subject.random.below(payload.length), subject.random.below(8))
  envelope.payload = toBase64(payload)
  return { bundle: subject.bundle, keys: subject.example.keys, touched: [picked.link.name] }
}

/** A bit of a signature. */
export function flippedSignature(subject: Subject): Tampered | undefined {
  const picked = pickLink(subject)
  if (picked === undefined) return undefined
  const [signature] = picked.link.envelope.signatures
  const bytes = fromBase64(signature.sig) ?? new Uint8Array()
  flip(bytes, subject.random.below(bytes.length), subject.random.below(8))
  signature.sig = toBase64(bytes)
  return { bundle: subject.bundle, keys: subject.example.keys, touched: [picked.link.name] }
}

/** Any value of what a link says, with digests that fit and the old signature. */
export function editedValue(subject: Subject): Tampered | undefined {
  const picked = pickLink(subject)
  return picked && edited(subject, picked, () => true)
}

/** An amount of credits, with digests that fit and the old signature. */
export function editedAmount(subject: Subject): Tampered | undefined {
  const picked = pickLink(subject, (link) => hasAmount(objectOf(link)))
  return picked && edited(subject, picked, (path) => AMOUNT.test(path))
}

const AMOUNT = /(^|\.)(credits_[a-z]+|remaining_credits|held|debited|released)$/

function hasAmount(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(hasAmount)
  if (!isObject(value)) return false
  return Object.entries(value).some(
    ([key, member]) => (AMOUNT.test(key) && typeof member === 'number') || hasAmount(member),
  )
}

function edited(
  subject: Subject,
  { link, at }: { link: BundleLink; at: number },
  fits: (path: string) => boolean,
): Tampered | undefined {
  const statement = statementOf(link)
  const leaf = pickLeaf(statement.predicate, subject.random, fits)
  if (leaf === undefined) return undefined
  leaf.set(otherValue(leaf.value, subject.random))
  subject.bundle.links[at] = restated(link, statement)
  return { bundle: subject.bundle, keys: subject.example.keys, touched: [link.name] }
}

/** A value of the header, which every link rests on. */
export function editedHeader({ bundle, random, example }: Subject): Tampered | undefined {
  const { links, log, ...header } = bundle
  const leaf = pickLeaf(header, random, () => true)
  if (leaf === undefined) return undefined
  leaf.set(otherValue(leaf.value, random))
  const names = [...bundle.pilot.proof_trail, ...links.map(({ name }) => name)]
  const touched = ['pilot', 'bundle', ...names.map(String)]
  return { bundle: { ...header, links, log }, keys: example.keys, touched }
}

/** The name, digest, key id or type that the file gives a link. */
export function editedLabel(subject: Subject): Tampered | undefined {
  const picked = pickLink(subject)
  if (picked === undefined) return undefined
  const { link } = picked
  const { name } = link
  const isLabel = (path: string) => !/payload$|sig$/.test(path)
  const leaf = pickLeaf(link, subject.random, isLabel)
  if (leaf === undefined) return undefined
  leaf.set(otherValue(leaf.value, subject.random))
  const { bundle, example } = subject
  return { bundle, keys: example.keys, touched: [name, String(link.name)] }
}

/** A member more, or one less, where the format is closed. */
export function openedForm(subject: Subject): Tampered | undefined {
  const picked = pickLink(subject)
  if (picked === undefined) return undefined
  const { bundle, random, example } = subject
  const { link } = picked
  const { name, envelope } = link
  const [signature] = envelope.signatures
  const parts: [object, string][] = [
    ...[bundle, bundle.pilot, bundle.log].map((part): [object, string] => [part, 'bundle']),
    ...[link, envelope, signature].map((part): [object, string] => [part, name]),
  ]
  const [part, place] = random.pick(parts)
  const member = `extra_${random.below(1_000_000)}`
  const own = Object.keys(part).filter((key) => key !== 'pilot_id')
  if (random.below(2) === 0) Reflect.set(part, member, random.pick([true, 0, '', []]))
  else Reflect.deleteProperty(part, random.pick(own))
  return { bundle, keys: example.keys, touched: [place, 'bundle'] }
}

function flip(bytes: Uint8Array, at: number, bit: number): void {
  bytes[at] = (bytes[at] ?? 0) ^ (1 << bit)
}

/** Which part of the file a byte of its text lies in. */
function partAt(bundle: Subject['bundle'], at: number): string {
  const { links, log, pilot, ...rest } = bundle
  let end = encodeUtf8(JSON.stringify({ ...rest, pilot })).length
  if (at < end) return at < encodeUtf8(JSON.stringify(rest)).length ? 'bundle' : 'pilot'
  end += ',"links":['.length - 1
  for (const link of links) {
    end += encodeUtf8(JSON.stringify(link)).length + 1
    if (at < end) return link.name
  }
  return log === undefined ? 'bundle' : 'log'
}
