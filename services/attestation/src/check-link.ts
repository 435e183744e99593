import { Refusal, RetryLater, WAIT_SECONDS } from '@prooftrail/runtime'
import {
  keyFault,
  kindOf,
  type LinkName,
  openLink,
  type SignedLink,
  signatureHolds,
  type TrailKey,
} from '@prooftrail/trail'
import type { CheckedLink } from './state.ts'

/** A public key by its id; undefined where nobody registered or deployed it. */
export type FindKey = (keyId: string) => TrailKey | undefined

/**
 * Signatures that were found good, or made here, lately: one settlement receipt is shared by many
 * trails, and an entry comes back from its topic. The digest given covers all that was signed.
 */
export class KnownSignatures {
  readonly #known = new Set<string>()
  readonly #signatures = new Set<string>()
  readonly #limit: number

  constructor(limit = 20_000) {
    this.#limit = limit
  }

  has(link: Pick<SignedLink, 'key_id' | 'signature'>, digest: string): boolean {
    return this.#known.has(place(link, digest))
  }

  /** Whether a good signature with these bytes was met lately, whatever it was found on. */
  hasSigned({ signature }: Pick<SignedLink, 'signature'>): boolean {
    return this.#signatures.has(signature)
  }

  /** The oldest half is forgotten at the limit. */
  add(link: Pick<SignedLink, 'key_id' | 'signature'>, digest: string): void {
    if (this.#known.size >= this.#limit) {
      for (const one of [...this.#known].slice(0, this.#limit / 2)) this.#known.delete(one)
      for (const one of [...this.#signatures].slice(0, this.#limit / 2)) {
        this.#signatures.delete(one)
      }
    }
    this.#known.add(place(link, digest))
    this.#signatures.add(link.signature)
  }
}

function place({ key_id, signature }: { key_id: string; signature: string }, digest: string) {
  return `${key_id} ${signature} ${digest}`
}

export interface LinkCheck {
  findKey: FindKey
  known: KnownSignatures
  /** Seconds that the input waited for a key, if it did. */
  waited: number | undefined
}

/**
 * A link whose signature counts: the key is known, is the party's and of the kind's role, was
 * valid at the object's issued_at, is not revoked, and the signature is over the statement rebuilt.
 * @param party whose key it must be; undefined: any that has the role (the deployment's services)
 * @throws RetryLater PT-6002 while a key may still become known; Refusal PT-6001 to PT-6003
 */
export function checkLink<T>(
  name: LinkName,
  link: SignedLink<T>,
  party: string | undefined,
  { findKey, known, waited = 0 }: LinkCheck,
): CheckedLink<T> {
  const key = findKey(link.key_id)
  if (key === undefined) {
    const detail = `${name}: no key ${link.key_id}`
    if (waited < WAIT_SECONDS) throw new RetryLater('PT-6002', detail)
    throw new Refusal('PT-6002', detail)
  }
  const role = kindOf(name).roles.find((one) => key.roles.includes(one))
  const fault = role && keyFault(key, role, issuedAt(link.object))
  if (role === undefined || fault !== undefined || (party !== undefined && key.party !== party)) {
    throw new Refusal('PT-6003', `${name}: key ${link.key_id}: ${fault ?? 'KEY_ROLE or party'}`)
  }
  const { digest, statement_digest } = openLink(name, link)
  if (!known.has(link, statement_digest)) {
    if (!signatureHolds(name, link, key)) {
      throw new Refusal('PT-6001', `${name}: the signature is not that of key ${link.key_id}`)
    }
    known.add(link, statement_digest)
  }
  return { name, link, digest, statement_digest }
}

/** The object's issued_at; empty where it has none, which no key counts for. */
export function issuedAt(object: unknown): string {
  const value =
    typeof object === 'object' && object !== null ? Reflect.get(object, 'issued_at') : undefined
  return typeof value === 'string' ? value : ''
}
