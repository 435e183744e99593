/** What follows what, and when (wire format sections 3 and 6). */

import { timeOf } from '../../shape.ts'
import type { Ref } from '../../statement.ts'
import { kindOf, type LinkName } from '../kinds.ts'
import { CLOCK_SKEW_MS } from '../limits.ts'
import { Faults, type RuleFault } from './faults.ts'

/** A link in its place in a trail. */
export interface PlacedLink {
  readonly name: string
  readonly kind: LinkName
  readonly digest: string
  readonly after: readonly Ref[]
  readonly object: object
}

/** A link with the earlier links that it follows at once, and what is wrong about that. */
export interface Followed<L> {
  readonly link: L
  readonly parents: readonly L[]
  readonly faults: readonly RuleFault[]
}

/**
 * What each link follows. `after` names earlier links by name, or by kind, and by digest; never the
 * same one twice. Roots follow nothing, a ledger entry follows all before it, every other link
 * follows one at least; nothing was issued before what it follows, give or take the clocks.
 * @param earlier links that stand before these and are not judged again
 */
export function followsOf<L extends PlacedLink>(
  links: readonly L[],
  earlier: readonly L[] = [],
): Followed<L>[] {
  const before = [...earlier]
  const byDigest = new Map<string, L[]>()
  const remember = (link: L) =>
    byDigest.set(link.digest, [...(byDigest.get(link.digest) ?? []), link])
  for (const link of earlier) remember(link)
  return links.map((link) => {
    const faults = new Faults()
    const parents = parentsOf(link, byDigest, faults)
    checkFollowing(link, before, parents, faults)
    checkTimes(link, parents, faults)
    remember(link)
    before.push(link)
    return { link, parents, faults: faults.all }
  })
}

function parentsOf<L extends PlacedLink>(
  link: L,
  byDigest: ReadonlyMap<string, readonly L[]>,
  faults: Faults,
): L[] {
  const parents = link.after.flatMap(({ name, digest }) => {
    const alike = byDigest.get(digest) ?? []
    const parent = alike.find((one) => one.name === name || one.kind === name)
    const known = parent !== undefined
    faults.check(known, 'LINK_AFTER', '/after', `no earlier ${name} has this digest`)
    return parent ?? []
  })
  const distinct = new Set(parents).size === parents.length
  faults.check(distinct, 'LINK_AFTER', '/after', 'it follows the same link twice')
  return parents
}

function checkFollowing(
  { kind, after }: PlacedLink,
  before: readonly PlacedLink[],
  parents: readonly PlacedLink[],
  faults: Faults,
): void {
  // a seal has its own statement, whose subjects are all links before it
  if (kind === 'attestation') return
  const { root, repeats } = kindOf(kind)
  if (root === true) {
    faults.check(after.length === 0, 'LINK_AFTER', '/after', 'it follows nothing')
  } else {
    const some = after.length > 0
    faults.check(some, 'LINK_AFTER', '/after', 'it follows at least one earlier link')
  }
  if (repeats !== 'revision') return
  const complete =
    parents.length === before.length &&
    before.every((one, i) => one === parents[i] && one.name === after[i]?.name)
  faults.check(complete, 'LINK_AFTER', '/after', 'it follows all links before it, in order')
}

function checkTimes(link: PlacedLink, parents: readonly PlacedLink[], faults: Faults): void {
  const at = issuedAt(link)
  const path = '/issued_at'
  faults.check(at !== undefined, 'OBJECT_TIME', path, 'issued_at is no time of the format')
  if (at === undefined) return
  for (const parent of parents) {
    const before = issuedAt(parent)
    const inOrder = before === undefined || at + CLOCK_SKEW_MS >= before
    faults.check(inOrder, 'OBJECT_TIME', path, `it was issued before ${parent.name}`)
  }
}

function issuedAt({ object }: PlacedLink): number | undefined {
  return timeOf(Reflect.get(object, 'issued_at'))
}
