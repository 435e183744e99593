import type { PilotReport } from '@prooftrail/console'
import type { ChainLink } from '@prooftrail/verifier'
import type { ToolView } from '../data/queries.ts'

/** One class of evidence: what is asked, what was given, what is open. */
export interface EvidenceRow {
  name: string
  description?: string
  required?: boolean
  weight?: number
  items: readonly unknown[]
  /** How many items were added since the newest result: the tool has not seen them. */
  unseen: number
  gaps: readonly { code: string; detail?: string }[]
}

type OpenItem = PilotReport['missing_items'][number]

/**
 * Classes of the manifest that the run is bound to, open ones first, with the items of the order and
 * those that acts added.
 * @param links of a trail that verifies; none while that is not known
 */
export function evidenceRows(
  tool: ToolView | undefined,
  links: readonly ChainLink[],
  open: readonly OpenItem[],
): EvidenceRow[] {
  const asked = classesOf(tool, boundVersion(links))
  const given = givenIn(links)
  const newest = links.findLastIndex(({ name }) => name.startsWith('result_contract'))
  const added = givenIn(links.slice(newest + 1).filter(({ name }) => name !== 'work_order'))
  const names = new Set([
    ...Object.keys(asked),
    ...given.keys(),
    ...open.flatMap(({ about }) => (about === undefined ? [] : [about])),
  ])
  const rows = [...names].map((name): EvidenceRow => {
    const { description, required, weight } = Object(asked[name])
    return {
      name,
      ...(typeof description === 'string' ? { description } : {}),
      ...(typeof required === 'boolean' ? { required } : {}),
      ...(typeof weight === 'number' ? { weight } : {}),
      items: given.get(name) ?? [],
      unseen: added.get(name)?.length ?? 0,
      gaps: open.filter(({ about }) => about === name),
    }
  })
  return rows.sort((a, b) => rank(a) - rank(b))
}

function rank({ gaps, required, items }: EvidenceRow): number {
  if (gaps.length > 0) return 0
  if (required) return 1
  return items.length > 0 ? 2 : 3
}

function boundVersion(links: readonly ChainLink[]): string | undefined {
  const command = links.findLast(({ name }) => name.startsWith('execution_command'))
  const { manifest_version } = Object(command?.object)
  return typeof manifest_version === 'string' ? manifest_version : undefined
}

function classesOf(
  tool: ToolView | undefined,
  version: string | undefined,
): Record<string, unknown> {
  const versions = tool?.versions ?? []
  const pinned = versions.find((one) => one.version === version) ?? versions.at(-1)
  const { evidence } = Object(pinned?.manifest)
  return typeof evidence === 'object' && evidence !== null ? evidence : {}
}

function givenIn(links: readonly ChainLink[]): Map<string, unknown[]> {
  const given = new Map<string, unknown[]>()
  const add = (name: string, one: unknown) =>
    given.set(name, [...(given.get(name) ?? []), ...[one].flat()])
  for (const { name, object } of links) {
    const { evidence, new_evidence_items: added } = Object(object)
    if (name === 'work_order') {
      for (const [evidenceClass, one] of Object.entries(Object(evidence))) add(evidenceClass, one)
    }
    for (const one of Array.isArray(added) ? added : []) {
      const { evidence_class, evidence: item } = Object(one)
      if (typeof evidence_class === 'string') add(evidence_class, item)
    }
  }
  return given
}
