/** Who signed each link, and whether the key counts (wire format section 4). */
import { verifyPayload } from '../envelope.ts'
import { kindOf } from '../format/kinds.ts'
import { type KeySet, keyFault, type Role, type TrailKey } from '../keys.ts'
import { isCount } from '../shape.ts'
import { type Link, revisionOf, type Trail } from './trail.ts'
import type { Report } from './verdict.ts'

export interface Signer {
  party: string
  role: Role
}

/**
 * Names every link whose signature does not hold, whatever else is wrong: where links do not fit
 * together, those that nobody signed are the ones that were changed.
 */
export function checkGenuine(links: readonly Link[], keys: KeySet, report: Report): void {
  const byId = new Map(keys.keys.map((key) => [key.kid, key]))
  for (const { key_id, payload, signature, name } of links) {
    const key = byId.get(key_id)
    const genuine = key === undefined || verifyPayload(payload, signature, key)
    report.check(genuine, 'LINK_SIGNATURE', 'the signature does not hold', name)
    if (key === undefined) report.fail('KEY_UNKNOWN', `no key ${key_id} in the key set`, name)
  }
}

/** Checks every signature; answers who signed, by link name. */
export function checkSignatures(trail: Trail, keys: KeySet, report: Report): Map<string, Signer> {
  const byId = new Map(keys.keys.map((key) => [key.kid, key]))
  const indexes = entryIndexes(trail)
  const signers = new Map<string, Signer>()
  for (const link of trail.links) {
    const key = byId.get(link.key_id)
    if (key === undefined) {
      report.fail('KEY_UNKNOWN', `no key ${link.key_id} in the key set`, link.name)
      continue
    }
    const role = roleOf(link, key, trail, report)
    const genuine = verifyPayload(link.payload, link.signature, key)
    report.check(genuine, 'LINK_SIGNATURE', 'the signature does not hold', link.name)
    if (role === undefined) continue
    signers.set(link.name, { party: key.party, role })
    const issuedAt = String(link.object.issued_at)
    const fault = keyFault(key, role, issuedAt, indexes[revisionOf(trail, link)])
    if (fault !== undefined) report.fail(fault, `the key of ${key.party} does not count`, link.name)
  }
  return signers
}

function roleOf(link: Link, key: TrailKey, trail: Trail, report: Report): Role | undefined {
  const roles = kindOf(link.kind).roles.filter((role) => key.roles.includes(role))
  if (!report.check(roles.length > 0, 'KEY_ROLE', `${key.party} may not sign it`, link.name)) {
    return undefined
  }
  const role = roles.find((one) => isParty(one, key.party, trail))
  report.check(role !== undefined, 'KEY_PARTY', `it is not for ${key.party} to sign`, link.name)
  return role
}

/** An agent signs for itself, an executor for its tool; the services are known by their role. */
function isParty(role: Role, party: string, { order, bundle }: Trail): boolean {
  if (role === 'agent') return party === order.object.agent_id
  if (role === 'executor') return party === bundle.pilot.tool
  return true
}

/** The log index of each revision's entry: the newest from the proof, the others from `follows`. */
function entryIndexes({ revisions, bundle }: Trail): (number | undefined)[] {
  return revisions.map((_, i) => {
    const next = revisions[i + 1]
    if (next === undefined) return bundle.log.index
    const { follows } = next.entry.object
    const index =
      typeof follows === 'object' && follows !== null ? Reflect.get(follows, 'index') : undefined
    return isCount(index) ? index : undefined
  })
}
