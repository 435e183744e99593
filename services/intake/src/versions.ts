import type { ManifestVersion } from '@prooftrail/contracts'

/**
 * Orders two versions by Semantic Versioning 2.0.0, section 11: negative when `a` is the older.
 * Build metadata does not count. Texts that are no version come before all versions.
 */
export function compareVersions(a: string, b: string): number {
  const left = parseVersion(a)
  const right = parseVersion(b)
  if (!left || !right) return Number(left !== undefined) - Number(right !== undefined)
  for (const i of [0, 1, 2] as const) {
    const difference = left.core[i] - right.core[i]
    if (difference !== 0) return difference
  }
  return comparePrerelease(left.prerelease, right.prerelease)
}

/** The newest version that is not withdrawn, undefined when all are. */
export function newestInService(versions: readonly ManifestVersion[]): ManifestVersion | undefined {
  return versions
    .filter((one) => one.withdrawn_at === undefined)
    .reduce<ManifestVersion | undefined>(
      (newest, one) => (newest && compareVersions(newest.version, one.version) >= 0 ? newest : one),
      undefined,
    )
}

/** The version that new orders take: the one that was named while it is in service, else the newest. */
export function versionForOrders(
  tool: { versions: readonly ManifestVersion[]; pinned?: string } | undefined,
): ManifestVersion | undefined {
  const named = tool?.versions.find(({ version }) => version === tool.pinned)
  if (named && named.withdrawn_at === undefined) return named
  return newestInService(tool?.versions ?? [])
}

interface Version {
  core: [number, number, number]
  prerelease: string[]
}

const VERSION = /^(\d{1,9})\.(\d{1,9})\.(\d{1,9})(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$/

function parseVersion(text: string): Version | undefined {
  const [matched, major, minor, patch, prerelease] = VERSION.exec(text) ?? []
  if (matched === undefined) return undefined
  return {
    core: [Number(major), Number(minor), Number(patch)],
    prerelease: prerelease?.split('.') ?? [],
  }
}

/** A release comes after its prereleases; a longer list after its own beginning. */
function comparePrerelease(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return Number(a.length === 0) - Number(b.length === 0)
  for (const [i, one] of a.entries()) {
    const other = b[i]
    if (other === undefined) return 1
    const difference = compareIdentifiers(one, other)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

/** Numbers by value and before words; words by their bytes. */
function compareIdentifiers(a: string, b: string): number {
  const [isNumber, otherIsNumber] = [/^\d+$/.test(a), /^\d+$/.test(b)]
  if (isNumber && otherIsNumber) return Number(a) - Number(b)
  if (isNumber !== otherIsNumber) return isNumber ? -1 : 1
  return a < b ? -1 : a > b ? 1 : 0
}
