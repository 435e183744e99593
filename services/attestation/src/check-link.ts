import { Refusal, RetryLater, WAIT_SECONDS } from '@prooftrail/runtime'
import { type Link, type TrailKey, type VerifiedLinks, verifiedLinks } from '@prooftrail/trail'
import { keyCountsFor } from '@prooftrail/trail/format'
import type { CheckedLink } from './state.ts'

/** A public key by its id; undefined where nobody registered or deployed it. */
export type FindKey = (keyId: string) => TrailKey | undefined

/**
 * Signatures that were found good, or made here, lately: one settlement receipt is shared by many
 * trails, and an entry comes back from its topic. Kept by `prepare` and by the log, bounded.
 */
export class KnownSignatures {
  readonly #known = new Set<string>()
  readonly #limit: number

  constructor(limit = 20_000) {
    this.#limit = limit
  }

  /** Whether this very statement was met under this signature and key. False for what has none. */
  has(link: Link<string>): boolean {
    try {
      return this.#known.has(place(link))
    } catch {
      return false
    }
  }

  /** Takes a link whose signature is that of its key. The oldest goes at the limit. */
  add(link: Link<string>): void {
    for (const oldest of this.#known) {
      if (this.#known.size < this.#limit) break
      this.#known.delete(oldest)
    }
    this.#known.add(place(link))
  }
}

function place({ key_id, signature, statementDigest }: Link<string>): string {
  return `${key_id} ${signature} ${statementDigest}`
}

/** Checks ahead what nobody checked lately; answers all whose signature is that of their key. */
export async function checkAhead(
  links: readonly Link<string>[],
  findKey: FindKey,
  known: KnownSignatures,
): Promise<VerifiedLinks> {
  const met = links.filter((link) => known.has(link))
  const fresh = links.filter((link) => !met.includes(link))
  const verified = await verifiedLinks(fresh, ({ key_id }) => findKey(key_id))
  for (const link of verified) known.add(link)
  for (const link of met) verified.add(link)
  return verified
}

export interface LinkCheck {
  findKey: FindKey
  /** Whose signature is that of the key that `findKey` finds. */
  verified: VerifiedLinks
  /** Seconds that the input waited for a key, if it did. */
  waited: number | undefined
}

/**
 * A link whose signature counts: the key is known, is the party's and of the kind's role, was
 * valid at the object's issued_at, is not revoked, and the signature is over the statement rebuilt.
 * @param party whose key it must be; undefined: any that has the role (the deployment's services)
 * @throws RetryLater PT-6002 while a key may still become known; Refusal PT-6001 to PT-6003
 */
export function checkLink<L extends Link>(
  link: L,
  party: string | undefined,
  { findKey, verified, waited = 0 }: LinkCheck,
): CheckedLink<L> {
  const { kind: name, key_id } = link
  const key = findKey(key_id)
  if (key === undefined) {
    const detail = `${name}: no key ${key_id}`
    if (waited < WAIT_SECONDS) throw new RetryLater('PT-6002', detail)
    throw new Refusal('PT-6002', detail)
  }
  const signing = { issuedAt: issuedAt(link.object), agent: party, tool: party }
  const { fault } = keyCountsFor(name, key, signing)
  if (fault !== undefined) throw new Refusal('PT-6003', `${name}: key ${key_id}: ${fault}`)
  if (!verified.has(link)) {
    throw new Refusal('PT-6001', `${name}: the signature is not that of key ${key_id}`)
  }
  return { name, link }
}

/** The object's issued_at; empty where it has none, which no key counts for. */
export function issuedAt(object: unknown): string {
  const value =
    typeof object === 'object' && object !== null ? Reflect.get(object, 'issued_at') : undefined
  return typeof value === 'string' ? value : ''
}
