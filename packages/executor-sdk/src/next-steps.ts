import type { EvidenceStatus, NextAction, OpenItem } from '@prooftrail/contracts'
import { GAPS } from './assess-evidence.ts'
import type { EvidenceLine, ToolResult } from './tool.ts'

/** The classes that leave something to do, in the manifest's order. */
export function gapsOf(lines: readonly EvidenceLine[]): EvidenceLine[] {
  return lines.filter((line) => GAPS.has(line.state))
}

/** Every gap named (code = its state, about = its class), then what the tool found beside. */
export function openItems(
  lines: readonly EvidenceLine[],
  own: ToolResult['open_items'],
): OpenItem[] {
  const gaps = gapsOf(lines)
  const said = own ?? []
  const named = new Map(said.map((item) => [`${item.code}\n${item.about}`, item]))
  const first = gaps.map(({ state, evidence_class, detail }): OpenItem => {
    const key = `${state}\n${evidence_class}`
    const better = named.get(key)
    named.delete(key)
    return better ?? { code: state, about: evidence_class, ...(detail ? { detail } : {}) }
  })
  return [...first, ...named.values()]
}

/** The tool's own, then one per gap that they leave unanswered; never empty. */
export function nextActions(
  lines: readonly EvidenceLine[],
  own: ToolResult['next_actions'],
  status: EvidenceStatus,
): NextAction[] {
  const said = own ?? []
  const answered = new Set(said.map((action) => action.about))
  const mend = gapsOf(lines)
    .filter((line) => !answered.has(line.evidence_class))
    .map(
      (line): NextAction => ({
        action: 'add_evidence',
        about: line.evidence_class,
        detail: howToMend(line),
      }),
    )
  const all = [...said, ...mend]
  if (all.length > 0) return all
  const detail = 'Nothing is open: review the result and close the run.'
  return [{ action: status === 'sufficient' ? 'review' : 'request_evidence', detail }]
}

function howToMend({ state, evidence_class, references }: EvidenceLine): string {
  if (state === 'missing') return `Send an item of ${evidence_class}.`
  const old = references.join(', ')
  const how = state === 'stale' ? 'a current item' : 'an item that settles the question'
  return `Send ${how} of ${evidence_class} that names what it replaces (now: ${old}).`
}
