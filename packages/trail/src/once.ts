/**
 * What is worked out of an object or a link, kept beside it by identity: for programs that never
 * change an object once it was read or signed. A canonical text is a walk over the whole object and
 * a signature is dearer still; services ask for the same ones at several places.
 * O1 Answers are those of the functions without `Once`, for an object that nobody changes.
 * O2 Nothing is kept alive: what is remembered goes with its object.
 */
import { encodeUtf8 } from './bytes.ts'
import { canonicalizeChecked } from './canonical.ts'
import { type Digest, digestOfBytes, sha256Hex } from './digest.ts'
import { type Envelope, makeEnvelope, verifyPayload, verifyPayloadLater } from './envelope.ts'
import type { LinkName } from './format/kinds.ts'
import type { PublicJwk } from './jwk.ts'
import type { SigningKey } from './keys.ts'
import { type SignedLink, signText, spliceStatement } from './old-link.ts'
import type { Ref } from './statement.ts'

/** A link with what its signature is over. */
export interface OpenedLink {
  name: LinkName
  /** Of the object. */
  digest: Digest
  statement_digest: Digest
  /** The statement's JCS text. */
  payload: string
}

interface Opened extends OpenedLink {
  /** The public key whose signature this was found to be. */
  good?: string
}

interface Known {
  text: string
  digest?: Digest
}

const objects = new WeakMap<object, Known>()
const links = new WeakMap<object, Opened>()

/**
 * The JCS text of an object, walked once.
 * @throws TrailError JSON_* for what the JSON form refuses
 */
export function canonicalOnce(object: unknown): string {
  return knownOf(object).text
}

/** Says what the JCS text of an object is, where it was just compared. */
export function rememberCanonical(object: unknown, text: string): void {
  if (typeof object === 'object' && object !== null) objects.set(object, { text })
}

/** The digest of an object, `sha256:<hex>`, computed once. @throws TrailError JSON_* */
export function digestOnce(object: unknown): Digest {
  const known = knownOf(object)
  known.digest ??= `sha256:${sha256Hex(known.text)}`
  return known.digest
}

/** The reference by which later links follow this object. @throws TrailError JSON_* */
export function refOnce(name: string, object: unknown): Ref {
  return { name, digest: digestOnce(object) }
}

/** Both digests and the payload of a link, from one walk. @throws TrailError JSON_* */
export function openLink(name: LinkName, link: SignedLink): OpenedLink {
  return opened(name, link)
}

function opened(name: LinkName, link: SignedLink): Opened {
  const known = links.get(link)
  if (known?.name === name) return known
  const digest = digestOnce(link.object)
  const hex = digest.slice('sha256:'.length)
  const payload = spliceStatement(name, canonicalOnce(link.object), hex, link.after)
  const made: Opened = { name, digest, statement_digest: digestOfBytes(payload), payload }
  links.set(link, made)
  return made
}

/** Signs an object as a link of its kind; what was worked out on the way is remembered. */
export function signOnce<T>(
  name: LinkName,
  object: T,
  after: readonly Ref[],
  key: SigningKey,
): SignedLink<T> {
  const digest = digestOnce(object)
  const { link, payload } = signText(name, object, canonicalOnce(object), digest, after, key)
  const statement_digest = digestOfBytes(payload)
  links.set(link, { name, digest, statement_digest, payload, good: key.privateKey.x })
  return link
}

/** The DSSE envelope of a link. @throws TrailError JSON_* */
export function envelopeOnce(name: LinkName, link: SignedLink): Envelope {
  return makeEnvelope(encodeUtf8(openLink(name, link).payload), link.key_id, link.signature)
}

/** Whether the link's signature is this key's; a yes is remembered. Never throws. */
export function signatureHolds(name: LinkName, link: SignedLink, publicKey: PublicJwk): boolean {
  try {
    const found = opened(name, link)
    if (found.good === publicKey.x) return true
    if (!verifyPayload(found.payload, link.signature, publicKey)) return false
    found.good = publicKey.x
    return true
  } catch {
    return false
  }
}

/** A signature that is to be checked. */
export interface Claim {
  name: LinkName
  link: SignedLink
  publicKey: PublicJwk
}

/**
 * Checks signatures beside the calling thread where the platform can, so that `signatureHolds`
 * answers at once for those that are good. A bad one is left for it to tell. Never rejects.
 */
export async function checkAhead(claims: readonly Claim[]): Promise<void> {
  await Promise.all(
    claims.map(async ({ name, link, publicKey }) => {
      try {
        const found = opened(name, link)
        if (found.good === publicKey.x) return
        if (await verifyPayloadLater(found.payload, link.signature, publicKey)) {
          found.good = publicKey.x
        }
      } catch {
        // What cannot be opened is told by whoever needs it.
      }
    }),
  )
}

function knownOf(value: unknown): Known {
  if (typeof value !== 'object' || value === null) return { text: canonicalizeChecked(value) }
  const known = objects.get(value)
  if (known !== undefined) return known
  const made: Known = { text: canonicalizeChecked(value) }
  objects.set(value, made)
  return made
}
