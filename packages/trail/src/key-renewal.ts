/** How keys may change from one key list to the next (wire format section 11). */
import { canonicalize } from './canonical.ts'
import { TrailError } from './errors.ts'
import type { KeySet, TrailKey } from './keys.ts'

/** Why keys are no renewal of those before: each is there, and only ends earlier. */
export function renewalFault(
  keys: readonly TrailKey[],
  before: readonly TrailKey[],
): string | undefined {
  const byId = new Map(keys.map((key) => [key.kid, key]))
  for (const old of before) {
    const key = byId.get(old.kid)
    if (key === undefined) return `the key ${old.kid} of ${old.party} disappeared`
    if (fixed(key) !== fixed(old)) return `the key ${old.kid} of ${old.party} changed`
    if (ENDS.some((end) => isLater(key[end], old[end]))) {
      return `the key ${old.kid} of ${old.party} would count for longer`
    }
  }
  return undefined
}

/**
 * The keys of agents and tools that a served key list adds to a pinned one (verify.md, when the key
 * list grows): whoever serves it decides who may order and execute, and nothing else.
 * @param pinned keys of the deployment's list, and the parties' that were taken over before
 * @returns all of the pinned keys, and what is new
 * @throws TrailError KEY_LIST where a pinned party's key would change
 */
export function addPartyKeys(pinned: KeySet, served: KeySet): TrailKey[] {
  const others = new Set(pinned.keys.filter((key) => !isParty(key)).map(({ party }) => party))
  const known = new Map(pinned.keys.map((key) => [key.kid, key]))
  const parties = served.keys.filter((key) => isParty(key) && !others.has(key.party))
  const byId = new Map(parties.map((key) => [key.kid, key]))
  const kept = pinned.keys.map((old) => {
    const key = isParty(old) ? byId.get(old.kid) : undefined
    if (key === undefined) return old
    const why = renewalFault([key], [old])
    if (why !== undefined) throw new TrailError('KEY_LIST', why)
    return key
  })
  return [...kept, ...parties.filter(({ kid }) => !known.has(kid))]
}

const PARTIES: readonly string[] = ['agent', 'executor']

function isParty({ roles }: TrailKey): boolean {
  return roles.every((role) => PARTIES.includes(role))
}

/** What ends a key; each may come, and come earlier. */
const ENDS = ['exp', 'revoked_at', 'revoked_at_log_size'] as const

function fixed(key: TrailKey): string {
  const ends: readonly string[] = ENDS
  const rest = Object.entries(key).filter(([name]) => !ends.includes(name))
  return canonicalize(Object.fromEntries(rest))
}

function isLater(end: number | undefined, before: number | undefined): boolean {
  return (end ?? Number.POSITIVE_INFINITY) > (before ?? Number.POSITIVE_INFINITY)
}
