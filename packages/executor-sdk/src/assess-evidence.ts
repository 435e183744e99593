import {
  DEFAULT_EVIDENCE_FLOOR,
  type EvidenceClass,
  type EvidenceState,
  type EvidenceStatus,
  type ExecutionCommand,
  evidenceClasses,
  type Manifest,
} from '@prooftrail/contracts'
import { judgeItem } from './judge-item.ts'
import { readStanding } from './status-words.ts'
import type { Assessment, EvidenceLine } from './tool.ts'

/**
 * What a command's evidence is worth, by one rule for every tool.
 * E1 Only required classes count: score = 100 × weight of the usable ÷ weight of all, rounded down.
 * E2 100 is sufficient and nothing else is; below the manifest's floor it is insufficient.
 * E3 Times are compared with the command's own, as instants, so a second run finds the same.
 * E4 A class is as good as its worst item that counts (`judgeItem` says how good one is). A later item with the same reference, or one
 *    that names it in `replaces`, takes an item's place; so evidence can be mended by adding, but
 *    not by adding what is superseded itself.
 */

/** One item of evidence: a reference and what else the agent says about it. */
export interface EvidenceItem {
  reference: string
  issued_at?: string
  digest?: string
  unresolved?: unknown
  status?: unknown
  replaces?: string | string[]
  note?: string
  [member: string]: unknown
}

/** States that leave something to do. */
export const GAPS: ReadonlySet<EvidenceState> = new Set(['missing', 'stale', 'unresolved'])

/**
 * The items of one class as they were given, without those that a later one replaces.
 * @param evidence the order's `evidence` member, checked by intake against the manifest
 */
export function givenItems(
  evidence: ExecutionCommand['evidence'],
  evidenceClass: string,
): EvidenceItem[] {
  const given: unknown = isRecord(evidence) ? evidence[evidenceClass] : undefined
  const list: unknown[] = Array.isArray(given) ? given : [given]
  const replaced = new Set<string>()
  const standing = list
    .filter(isItem)
    .reverse()
    .filter((item) => {
      const stands = !replaced.has(item.reference)
      if (!isSuperseded(item)) {
        for (const reference of [item.replaces ?? []].flat()) replaced.add(reference)
      }
      return stands
    })
  return standing.reverse()
}

/** The items that count: of those with one reference the last that is not itself superseded. */
export function evidenceItems(
  evidence: ExecutionCommand['evidence'],
  evidenceClass: string,
): EvidenceItem[] {
  const items = givenItems(evidence, evidenceClass)
  const last = new Map<string, EvidenceItem>()
  for (const item of items) {
    if (!last.has(item.reference) || !isSuperseded(item)) last.set(item.reference, item)
  }
  return items.filter((item) => last.get(item.reference) === item)
}

/** What the manifest says of one class. @throws Error for a class that it does not have */
export function evidenceClassOf(manifest: Manifest, name: string): EvidenceClass {
  const found = manifest.evidence[name]
  if (found === undefined) throw new Error(`${manifest.tool} has no evidence class ${name}`)
  return found
}

/** One line per class of the manifest, and what they are worth together. Pure. */
export function assessEvidence(
  manifest: Manifest,
  command: Pick<ExecutionCommand, 'evidence' | 'issued_at'>,
): Assessment {
  const lines = evidenceClasses(manifest).map((evidenceClass): EvidenceLine => {
    const { name, required } = evidenceClass
    const items = evidenceItems(command.evidence, name)
    const references = items.map((item) => item.reference)
    const line = { evidence_class: name, required, references }
    if (items.length === 0) {
      return required
        ? { ...line, state: 'missing', detail: `no item of ${name} was given` }
        : { ...line, state: 'not_required' }
    }
    return { ...line, ...judgeItems(items, evidenceClass, command.issued_at) }
  })
  return scoreEvidence(manifest, lines)
}

/**
 * The score and status of given lines.
 * @throws Error unless there is exactly one line for each class of the manifest, as required as there
 */
export function scoreEvidence(manifest: Manifest, lines: readonly EvidenceLine[]): Assessment {
  const byClass = new Map(lines.map((line) => [line.evidence_class, line]))
  const classes = evidenceClasses(manifest)
  if (byClass.size !== lines.length || lines.length !== classes.length) {
    throw new Error('evidence has one line per class of the manifest')
  }
  let all = 0
  let usable = 0
  const ordered = classes.map(({ name, required, weight }) => {
    const line = byClass.get(name)
    if (line === undefined) throw new Error(`evidence has no line for ${name}`)
    if (line.required !== required) throw new Error(`${name} is required in the manifest or not`)
    if (required && line.state === 'not_required') throw new Error(`${name} is required`)
    if (required) all += weight
    if (required && line.state === 'present') usable += weight
    return line
  })
  const isComplete = ordered.every(({ required, state }) => !required || state === 'present')
  // a required class without weight still keeps the score below 100
  const evidence_score = isComplete ? 100 : Math.min(99, Math.floor((100 * usable) / all))
  const floor = manifest.evidence_floor ?? DEFAULT_EVIDENCE_FLOOR
  return { evidence_status: statusOf(evidence_score, floor), evidence_score, lines: ordered }
}

function statusOf(score: number, floor: number): EvidenceStatus {
  if (score === 100) return 'sufficient'
  return score >= floor ? 'partial' : 'insufficient'
}

/**
 * What items of a class are worth together: as good as the worst that counts; unresolved before stale
 * before present; what is superseded counts only where nothing else is.
 * @param issued_at the command's time
 */
export function judgeItems(
  items: readonly EvidenceItem[],
  evidenceClass: EvidenceClass,
  issued_at: string,
): Pick<EvidenceLine, 'state' | 'detail'> {
  const told = { unresolved: [] as string[], stale: [] as string[], superseded: [] as string[] }
  for (const item of items) {
    const judged = judgeItem(item, evidenceClass, issued_at)
    if (judged.state === 'present') continue
    const note = item.note ? ` (${item.note})` : ''
    told[judged.state].push(`${item.reference} ${judged.detail}${note}`)
  }
  const { unresolved, stale, superseded } = told
  if (unresolved.length > 0) return { state: 'unresolved', detail: listed(unresolved) }
  if (stale.length > 0) return { state: 'stale', detail: listed(stale) }
  if (superseded.length === items.length) return { state: 'unresolved', detail: listed(superseded) }
  return { state: 'present' }
}

/** How many items one line names. */
const MAX_TOLD = 20

function listed(told: readonly string[]): string {
  const beyond = told.length - MAX_TOLD
  return [...told.slice(0, MAX_TOLD), ...(beyond > 0 ? [`${beyond} more`] : [])].join('; ')
}

function isSuperseded(item: EvidenceItem): boolean {
  return readStanding(item).meaning === 'superseded'
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isItem(value: unknown): value is EvidenceItem {
  return isRecord(value) && typeof value.reference === 'string'
}
