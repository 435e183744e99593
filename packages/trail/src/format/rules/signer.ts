/** Whose signature counts for a link, and when (wire format section 4). */
import { type KeyFault, keyEnded, keyFault, type Role, type TrailKey } from '../../keys.ts'
import { timeOf } from '../../shape.ts'
import { kindOf, type LinkName } from '../kinds.ts'
import { CLOCK_SKEW_MS } from '../limits.ts'

/** Why a key does not count for a link. */
export type SignerFault = KeyFault | 'KEY_PARTY' | 'OBJECT_TIME'

/** A signature in its place. */
export interface Signing {
  readonly issuedAt: unknown
  /** Who orders and who executes: these two sign for themselves. Undefined: not asked. */
  readonly agent?: unknown
  readonly tool?: unknown
  /** When it arrived, by the broker's clock; undefined where nobody knows any more. */
  readonly at?: string
  /** Log index of the entry that records it; undefined where it is in no log yet. */
  readonly entryIndex?: number | undefined
}

/** In which role a key counts for a link, or why it does not. */
export type KeyCount =
  | { readonly role: Role; readonly fault?: undefined }
  | { readonly role: Role | undefined; readonly fault: SignerFault }

/**
 * Whether a key counts for a signature on a link of this kind: it has a role that may sign it and
 * belongs to the party in that role; it is valid at `issued_at`, had neither expired nor been revoked
 * when the link arrived; and `issued_at` lies no further ahead than clocks differ.
 */
export function keyCountsFor(kind: LinkName, key: TrailKey, signing: Signing): KeyCount {
  const { issuedAt, at, entryIndex } = signing
  const roles = kindOf(kind).roles.filter((role) => key.roles.includes(role))
  if (roles.length === 0) return { role: undefined, fault: 'KEY_ROLE' }
  const role = roles.find((one) => isParty(one, key.party, signing))
  if (role === undefined) return { role, fault: 'KEY_PARTY' }
  const text = String(issuedAt)
  const fault = keyFault(key, role, text, entryIndex)
  if (fault !== undefined) return { role, fault }
  if (at === undefined) return { role }
  const ended = keyEnded(key, at)
  if (ended !== undefined) return { role, fault: ended }
  const [issued, arrived] = [timeOf(text), timeOf(at)]
  const ahead = issued !== undefined && arrived !== undefined && issued > arrived + CLOCK_SKEW_MS
  return ahead ? { role, fault: 'OBJECT_TIME' } : { role }
}

/** An agent signs for itself, an executor for its tool; the services are known by their role. */
function isParty(role: Role, party: string, { agent, tool }: Signing): boolean {
  if (role === 'agent') return agent === undefined || party === agent
  if (role === 'executor') return tool === undefined || party === tool
  return true
}

/** A registered key as the verifier's key list holds it. */
export function trailKeyFrom(key: RegisteredKey, party: string, role: Role): TrailKey {
  const { kid, x, nbf, exp, revoked_at } = key
  return {
    ...{ kty: 'OKP', crv: 'Ed25519', x, use: 'sig', alg: 'EdDSA', kid, party, roles: [role] },
    ...(nbf === undefined ? {} : { nbf }),
    ...(exp === undefined ? {} : { exp }),
    ...(revoked_at === undefined ? {} : { revoked_at }),
  }
}

/** A public key as a party announced it. */
export interface RegisteredKey {
  readonly kid: string
  readonly x: string
  readonly nbf?: number
  readonly exp?: number
  readonly revoked_at?: number
}
