/** Who signed each link, and whether the key counts (wire format section 4). */
import { verifyPayload } from '../envelope.ts'
import { keyCountsFor } from '../format/rules/signer.ts'
import type { KeySet, Role } from '../keys.ts'
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
    const { role, fault } = keyCountsFor(link.kind, key, {
      issuedAt: link.object.issued_at,
      agent: trail.order.object.agent_id,
      tool: trail.bundle.pilot.tool,
      entryIndex: indexes[revisionOf(trail, link)],
    })
    if (role === undefined) report.fail(fault, `it is not for ${key.party} to sign`, link.name)
    else if (endsTheRun(trail, link) && !key.roles.includes('operator')) {
      report.fail('KEY_ROLE', 'an operator alone releases what is held', link.name)
    }
    const genuine = verifyPayload(link.payload, link.signature, key)
    report.check(genuine, 'LINK_SIGNATURE', 'the signature does not hold', link.name)
    if (role === undefined) continue
    signers.set(link.name, { party: key.party, role })
    if (fault !== undefined) report.fail(fault, `the key of ${key.party} does not count`, link.name)
  }
  return signers
}

/** Whether it is the act that a trail without a result ended by. */
function endsTheRun({ ending }: Trail, { kind }: Link): boolean {
  return ending === 'released' && kind === 'recovery_request'
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
