import {
  type Assessment,
  type EvidenceLine,
  type Execute,
  exceptionRecords,
  openRuleBook,
  type RecordDraft,
} from '@prooftrail/executor-sdk'
import { type KnownGap, readContext } from './project-context.ts'
import { type Review, reviewPacket } from './review.ts'
import { rules } from './rules.ts'

/**
 * Checks whether an interconnection packet is ready. Pure: the command alone decides.
 * Returns a checklist with one line per class, and a readiness result that explains it.
 */
export const execute: Execute = (command, context) => {
  const { assessment, assess, manifest } = context
  const book = openRuleBook(rules)
  const read = readContext(command, manifest)
  const { project, known_gaps } = read
  const review = reviewPacket(command, context, read, book)
  for (const { about, detail } of known_gaps)
    book.apply('known_gaps', { about, detail }, 'resolve_gap')
  const reviewed = assessment.lines.map((line) => withFaults(line, review))
  const checked = assess(reviewed.map((line) => withGaps(line, known_gaps)))
  const { evidence_status, evidence_score, lines } = checked
  const milestone_summary = review.summary
  const classes = new Set(lines.map((line) => line.evidence_class))
  const loose = known_gaps.filter(({ about }) => !classes.has(about))
  const exceptions = exceptionRecords(command, [
    ...lines.flatMap(lineFinding),
    ...loose.map(gapFinding),
    ...review.findings,
  ])
  const readiness_status = readinessOf(checked, exceptions.length)
  const named = (state: EvidenceLine['state']) =>
    lines.filter((line) => line.state === state).map((line) => line.evidence_class)
  const items = {
    missing_items: named('missing'),
    stale_items: named('stale'),
    unresolved_items: [...named('unresolved'), ...loose.map(({ about }) => about)],
  }
  const next_actions = exceptions.map(({ next_action, summary, missing_items }) => {
    const [about] = Array.isArray(missing_items) ? missing_items : []
    return {
      action: String(next_action),
      ...(typeof about === 'string' ? { about } : {}),
      detail: String(summary),
    }
  })
  const done = [{ action: 'review', about: 'packet', detail: 'The packet is ready for review.' }]
  const actions = next_actions.length > 0 ? next_actions : done
  const verdict = { readiness_status, evidence_status, evidence_score }
  return {
    evidence: lines,
    open_items: loose.map(({ about, detail }) => ({ code: 'unresolved', about, detail })),
    next_actions: actions,
    human_summary: summarize(readiness_status, checked, exceptions.length, actions),
    exceptions: reviewTicket(exceptions),
    links: [
      {
        name: 'evidence_checklist',
        object: {
          evidence_status,
          evidence_score,
          lines: lines.map(lineOf),
          counts: counts(lines),
        },
      },
      {
        name: 'readiness_result',
        object: {
          ...verdict,
          ...items,
          evidence_checklist_id: command.ids.evidence_checklist ?? '',
          exceptions,
          milestone_summary: { ...milestone_summary },
          project_context: project,
          next_action: actions[0]?.action ?? 'review',
          callback_state: callbackState(command),
          ledger_reference: command.ids.ledger_entry ?? '',
          attestation_reference: command.ids.attestation ?? '',
        },
      },
    ],
    result_package: {
      package_type: 'energyops_result_package',
      operating_tool: command.requested_tool,
      ...verdict,
      ...items,
      exception_count: exceptions.length,
      milestone_summary: { ...milestone_summary },
      project_context: project,
      rules: book.list(),
      next_actions: actions,
    },
  }
}

/** A class against which something speaks is unresolved, unless nothing of it is there. */
function withFaults(line: EvidenceLine, { faults, mended }: Review): EvidenceLine {
  const better = mended.get(line.evidence_class)
  const { detail: _old, ...rest } = line
  const base = better ? { ...rest, ...better } : line
  const own = faults.filter(({ about }) => about === line.evidence_class)
  if (own.length === 0 || base.state === 'missing' || base.state === 'not_required') return base
  const told = own.slice(0, 20).map(({ detail }) => detail)
  const detail = [...(base.detail ? [base.detail] : []), ...told].join('; ')
  return { ...base, state: 'unresolved', detail }
}

/** A gap that the agent names leaves a class unresolved, unless it is missing or stale anyway. */
function withGaps(line: EvidenceLine, gaps: readonly KnownGap[]): EvidenceLine {
  const own = gaps.filter(({ about }) => about === line.evidence_class)
  if (own.length === 0) return line
  const known = own.map(({ detail }) => detail).join('; ')
  const detail = line.detail ? `${line.detail}; known gap: ${known}` : `known gap: ${known}`
  const settled = line.state === 'missing' || line.state === 'stale'
  return { ...line, detail, state: settled ? line.state : 'unresolved' }
}

const FINDINGS = {
  missing: { exception_type: 'missing_item', next_action: 'add_evidence' },
  stale: { exception_type: 'stale_record', next_action: 'replace_evidence' },
  unresolved: { exception_type: 'unresolved_item', next_action: 'resolve_gap' },
} as const

function lineFinding({ state, evidence_class, detail }: EvidenceLine): RecordDraft[] {
  if (state === 'present' || state === 'not_required') return []
  const summary = detail ?? `${evidence_class} is ${state}`
  return [
    { ...FINDINGS[state], status: 'waiting_on_agent', summary, missing_items: [evidence_class] },
  ]
}

function gapFinding({ about, detail }: KnownGap): RecordDraft {
  const { unresolved } = FINDINGS
  const summary = `known gap: ${about}: ${detail}`
  return { ...unresolved, status: 'waiting_on_agent', summary, missing_items: [about] }
}

/** ready, ready_with_exceptions, incomplete, not_ready. */
function readinessOf({ evidence_status }: Assessment, exceptions: number): string {
  if (evidence_status === 'insufficient') return 'not_ready'
  if (evidence_status === 'partial') return 'incomplete'
  return exceptions > 0 ? 'ready_with_exceptions' : 'ready'
}

function lineOf({ references, detail, ...line }: EvidenceLine) {
  return { ...line, references, ...(detail ? { detail } : {}) }
}

function counts(lines: readonly EvidenceLine[]): { [state: string]: number } {
  const all = { present: 0, missing: 0, stale: 0, unresolved: 0, not_required: 0 }
  for (const { state } of lines) all[state] += 1
  return all
}

function callbackState(command: Parameters<Execute>[0]): string {
  const due = command.callback_url && command.callback_policy !== 'status_polling_only'
  return due ? 'pending' : 'ready'
}

/** One ticket for all that only a person can settle. */
function reviewTicket(records: ReturnType<typeof exceptionRecords>) {
  const own = records.filter((record) => record.exception_type === 'needs_operator_review')
  if (own.length === 0) return []
  const summary = own.map((record) => String(record.summary)).join('; ')
  return [
    {
      exception_type: 'manual_review_required' as const,
      severity: 'medium' as const,
      summary,
      next_action: 'review',
    },
  ]
}

function summarize(
  readiness: string,
  { evidence_score, lines }: Assessment,
  exceptions: number,
  actions: readonly { action: string; about?: string; detail?: string }[],
): string {
  const present = lines.filter((line) => line.state === 'present').length
  const checked = `Checked ${lines.length} classes of evidence: ${present} are usable, score ${evidence_score} of 100.`
  const details = actions.map(({ detail }) => detail).join('; ')
  const found = exceptions === 0 ? 'Nothing is open.' : `${exceptions} open: ${details}.`
  const next = actions.map(({ action, about }) => (about ? `${action} (${about})` : action))
  return `${checked} The packet is ${readiness.replaceAll('_', ' ')}. ${found} Next: ${next.join(', ')}.`
}
