/** A step bound by digest to the steps before it, and signed by whoever made it (wire format section 3). */
import { canonicalizeChecked } from './canonical.ts'
import { type Digest, digestOfBytes, sha256Hex } from './digest.ts'
import {
  type Envelope,
  makeEnvelope,
  parseEnvelope,
  signPayload,
  verifyPayload,
  verifyPayloadLater,
} from './envelope.ts'
import { TrailError } from './errors.ts'
import { isLinkName, type LinkName } from './format/kinds.ts'
import type { PublicJwk } from './jwk.ts'
import type { SigningKey } from './keys.ts'
import type { JsonObject } from './shape.ts'
import { copyRefs, parseStatement, type Ref, statementText } from './statement.ts'

export type { Ref } from './statement.ts'

/** A link as a record of JSON; `signature` is the base64 text of the DSSE signature. */
export interface WireLink<T = unknown> {
  readonly object: T
  readonly after: readonly Ref[]
  readonly key_id: string
  readonly signature: string
}

/** The bytes that a link came with, and how they are read. */
export interface LinkBytes<T = unknown> {
  /** The whole link in the form that `layout` names. */
  readonly bytes: Uint8Array
  /** Links of one layout have the same bytes for the same value. */
  readonly layout: string
  /** Reads the object out of the bytes. @throws for bytes that hold none */
  open(): T
}

/**
 * One link of a trail. It does not change, and neither does its object: digests and signatures are
 * over what it was made of.
 * L1 What is read off it (object, text, digest) is worked out at the first use, once.
 * L2 A link that came as bytes hands on the same bytes; passing it on opens nothing.
 * L3 A kind outside the list can be carried, so that a reader can refuse it by its own code; it has
 *    no statement.
 */
export class Link<K extends string = LinkName, T = unknown> implements WireLink<T> {
  /** Which step of the trail it is. */
  readonly kind: K
  /** The objects it follows from. */
  readonly after: readonly Ref[]
  /** RFC 7638 thumbprint of the signer's key. */
  readonly key_id: string
  readonly signature: string
  readonly #carried: LinkBytes<T> | undefined
  #object: T | undefined
  #text: string | undefined
  #digest: Digest | undefined
  #statementDigest: Digest | undefined

  private constructor(
    kind: K,
    { after, key_id, signature }: Omit<WireLink, 'object'>,
    known: { object?: T; text?: string; digest?: Digest },
    carried: LinkBytes<T> | undefined,
  ) {
    this.kind = kind
    this.after = after
    this.key_id = key_id
    this.signature = signature
    this.#carried = carried
    this.#object = known.object === undefined ? undefined : frozen(known.object)
    this.#text = known.text
    this.#digest = known.digest
    this.#statementDigest = undefined
    Object.freeze(this)
  }

  /**
   * Signs an object as a link of its kind. One canonicalization, one signature.
   * @throws TrailError JSON_* when the object holds what the JSON form refuses
   */
  static sign<K extends LinkName, T>(
    kind: K,
    object: T,
    after: readonly Ref[],
    key: SigningKey,
  ): Link<K, T> {
    const text = canonicalizeChecked(object)
    const hex = sha256Hex(text)
    const signature = signPayload(statementText(kind, text, hex, after), key)
    const signed = { after: copyRefs(after), key_id: key.key_id, signature }
    return new Link(kind, signed, { object, text, digest: `sha256:${hex}` }, undefined)
  }

  /** A link out of its record. Nothing is checked here. */
  static fromWire<K extends string, T>(kind: K, wire: WireLink<T>): Link<K, T> {
    const { object, after, key_id, signature } = wire
    return new Link(kind, { after: copyRefs(after), key_id, signature }, { object }, undefined)
  }

  /**
   * A link that keeps the bytes it came with.
   * @param object where its reader opened it already; else it is opened at the first use
   */
  static fromBytes<K extends string, T>(
    kind: K,
    signed: Omit<WireLink, 'object'>,
    carried: LinkBytes<T>,
    object?: T,
  ): Link<K, T> {
    return new Link(kind, signed, object === undefined ? {} : { object }, carried)
  }

  /**
   * The link inside an envelope. Strict: a closed envelope and statement, the payload exactly the
   * statement's JCS bytes, the subject's digest that of the object. The signature is not checked.
   * @throws TrailError ENVELOPE, STATEMENT, DIGEST or LINK_NAME, or JSON_* from the payload
   */
  static fromEnvelope(value: unknown): Link<LinkName, JsonObject> {
    const { envelope, payload } = parseEnvelope(value)
    const { kind, object, after, hex, objectText } = parseStatement(payload)
    if (sha256Hex(objectText) !== hex) {
      throw new TrailError('DIGEST', "the subject's digest is not the object's")
    }
    const [{ keyid: key_id, sig: signature }] = envelope.signatures
    const known = { object, text: objectText, digest: `sha256:${hex}` }
    return new Link(kind, { after, key_id, signature }, known, undefined)
  }

  /** What the link is about. @throws whatever the bytes' reader throws for bytes that hold none */
  get object(): T {
    if (this.#object !== undefined) return this.#object
    if (this.#carried === undefined) throw new Error('a link has an object or bytes')
    this.#object = frozen(this.#carried.open())
    return this.#object
  }

  /** The object's JCS text. @throws TrailError JSON_* for what the JSON form refuses */
  get text(): string {
    this.#text ??= canonicalizeChecked(this.object)
    return this.#text
  }

  /** The object's digest, `sha256:<hex>`. @throws TrailError JSON_* */
  get digest(): Digest {
    this.#digest ??= digestOfBytes(this.text)
    return this.#digest
  }

  /** By which later links follow this one, under its kind. @throws TrailError JSON_* */
  get ref(): Ref {
    return { name: this.kind, digest: this.digest }
  }

  /** The JCS text of what the signature is over. @throws TrailError LINK_NAME, JSON_* */
  get statement(): string {
    const { kind, after } = this
    if (!isLinkName(kind)) throw new TrailError('LINK_NAME', `no link is named ${kind}`)
    return statementText(kind, this.text, this.digest.slice('sha256:'.length), after)
  }

  /** What a ledger entry records beside the object's digest. @throws TrailError LINK_NAME, JSON_* */
  get statementDigest(): Digest {
    this.#statementDigest ??= digestOfBytes(this.statement)
    return this.#statementDigest
  }

  /** The DSSE envelope. @throws TrailError LINK_NAME, JSON_* */
  get envelope(): Envelope {
    return makeEnvelope(this.statement, this.key_id, this.signature)
  }

  /** Whether the signature is this key's. Never throws. */
  isSignedBy(key: PublicJwk): boolean {
    try {
      return verifyPayload(this.statement, this.signature, key)
    } catch {
      return false
    }
  }

  /** The same answer as `isSignedBy`, worked out beside the calling thread where there is one. */
  async verify(key: PublicJwk): Promise<boolean> {
    try {
      return await verifyPayloadLater(this.statement, this.signature, key)
    } catch {
      return false
    }
  }

  /** The bytes that the link came with, where they are of this layout. */
  bytesIn(layout: string): Uint8Array | undefined {
    return this.#carried?.layout === layout ? this.#carried.bytes : undefined
  }

  /** The link as a record of JSON. */
  toJSON(): WireLink<T> {
    const { after, key_id, object, signature } = this
    return { after, key_id, object, signature }
  }
}

/** Freezing an object whole costs as much as reading it: tests do, the running product trusts types. */
const frozen = isTest() ? freezeWhole : <T>(value: T): T => value

function isTest(): boolean {
  return typeof process !== 'undefined' && process.env.NODE_ENV === 'test'
}

function freezeWhole<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const member of Object.values(value)) freezeWhole(member)
  }
  return value
}
