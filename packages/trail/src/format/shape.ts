/** Which links a trail has, and in which order: derived from the kinds (wire format section 6). */
import {
  type Ending,
  isLinkName,
  type Kind,
  kindOf,
  kindsWhere,
  LINK_NAMES,
  type LinkName,
  TOOL_LINKS,
} from './kinds.ts'

/** The links of the trail of an order that ended without a result. */
export const ENDED_TRAILS: Readonly<Record<Ending, readonly LinkName[]>> = {
  refused: trailOf('refused'),
  expired: trailOf('expired'),
  released: trailOf('released'),
}

function trailOf(ending: Ending): LinkName[] {
  return kindsWhere(({ endings }) => endings?.includes(ending) === true)
}

/** The links that every run has. */
const ALWAYS = kindsWhere(({ place }) => place === 'run')

/**
 * What keeps a list of names from being the proof trail of a run, in words; empty when nothing
 * does. A run has the order, the command, the tool's own links, the contract, perhaps a settlement
 * receipt, then the four that end every trail.
 */
export function proofTrailFaults(trail: readonly string[]): string[] {
  const kinds = trail.filter(isLinkName)
  const strangers = trail.filter((name) => !isLinkName(name))
  const twice = kinds.filter((name, i) => kinds.indexOf(name) !== i)
  const misplaced = trail.filter((name) => !isLinkName(name) || !inRuns(kindOf(name)))
  const missing = ALWAYS.filter((name) => !kinds.includes(name))
  const faults = [
    ...strangers.map((name) => `${name} names no link`),
    ...twice.map((name) => `${name} stands there twice`),
    ...misplaced.map((name) => `${name} stands in no run's trail`),
    ...missing.map((name) => `it has no ${name}`),
  ]
  if (faults.length > 0) return faults
  const expected = inOrder(kinds)
  const at = kinds.findIndex((name, i) => name !== expected[i])
  return at === -1 ? [] : [`${kinds[at]} stands where ${expected[at]} should`]
}

function inRuns({ place }: Kind): boolean {
  return place === 'run' || place === 'named'
}

/** The kinds in the order of a trail; a tool's own keep theirs among each other. */
function inOrder(kinds: readonly LinkName[]): LinkName[] {
  const own = kinds.filter((name) => TOOL_LINKS.includes(name))
  const [firstOwn] = TOOL_LINKS
  return LINK_NAMES.flatMap((name) => {
    if (name === firstOwn) return own
    return kinds.includes(name) && !own.includes(name) ? [name] : []
  })
}

/** The links of a proof trail that the tool itself makes, in the manifest's order. */
export function ownLinks(trail: readonly string[]): LinkName[] {
  return trail.filter(isLinkName).filter((name) => TOOL_LINKS.includes(name))
}
