import {
  type Command,
  type Context,
  type EvidenceLine,
  type Execute,
  exceptionRecords,
  type RecordDraft,
} from '@prooftrail/executor-sdk'
import { isMatch } from './book.ts'
import { countBy, nextActions, reviewTicket, statusOf, summarize } from './conclude.ts'
import { type Reconciled, reconcile } from './reconcile.ts'
import { type Normalized, normalize, SOURCES, showRecord } from './records.ts'
import { readScope, type Scope } from './scope.ts'
import { shorten } from './shorten.ts'
import { findStale } from './stale.ts'

/**
 * Reconciles what was expected with what was confirmed. Pure: the command alone decides.
 * What agrees is counted and digested, what differs is listed; so ten thousand records fit.
 */
export const execute: Execute = (command, context) => {
  const scope = readScope(command)
  const given = normalize(command)
  const reconciled = reconcile(given, scope)
  const { book } = reconciled
  const evidence = linesOf(context, reconciled)
  const { evidence_status, evidence_score } = context.assess(evidence)
  const stale = findStale(given.records, scope.stale_after_days, command.issued_at)
  for (const { summary } of stale) book.rules.apply('F-25', {}, summary)
  const drafts = inOrder(book.findings, stale)
  if (!scope.identify_exceptions) book.rules.apply('F-26', { found: drafts.length }, 'not listed')
  const status = statusOf(evidence_status, drafts.length, book.comparisons)
  const records_given = given.records.length + given.set_aside.length
  const summary = {
    reconciliation_status: status,
    ...{ evidence_status, evidence_score },
    exceptions_by_type: countBy(drafts.map(({ exception_type }) => exception_type)),
    exception_count: drafts.length,
    comparisons_by_outcome: countBy(book.comparisons.map(({ outcome }) => outcome)),
    totals: book.totals(),
    left_over: book.left(),
  }
  const next_actions = nextActions(drafts, status)
  const rules = book.rules.list()
  return {
    ...{ evidence, next_actions },
    human_summary: summarize(records_given, book.comparisons, drafts, status, next_actions),
    exceptions: reviewTicket(drafts),
    links: [
      {
        name: 'reconciliation_result',
        object: {
          ...summary,
          ...checks(given, reconciled),
          intake_context: intakeContext(command, scope, records_given),
          exception_records: exceptionRecords(
            command,
            scope.identify_exceptions ? listed(drafts) : [],
          ),
          result_package: {
            package_type: 'financeops_result_package',
            reconciliation_status: status,
            rules,
          },
          callback_state:
            command.callback_url && command.callback_policy !== 'status_polling_only'
              ? 'pending'
              : 'ready',
          task_ledger: { ledger_reference: command.ids.ledger_entry ?? '' },
          attestation: { attestation_reference: command.ids.attestation ?? '' },
        },
      },
    ],
    result_package: {
      package_type: 'financeops_result_package',
      operating_tool: command.requested_tool,
      ...summary,
      ...{ records_given, next_actions, rules },
    },
  }
}

/** Findings and differing comparisons that one result lists; what goes beyond is counted. */
const MAX_LISTED = 1_000

/** What was compared, set aside, mapped, and how it was found. */
function checks({ records }: Normalized, { book, set_aside, ...mapped }: Reconciled) {
  return {
    normalized_records: {
      by_type: countBy(records.map(({ record_type }) => record_type)),
      ...shorten(records.map(showRecord)),
    },
    set_aside: shorten(set_aside.map((one) => ({ ...one }))),
    reconciliation_checks: {
      found_by: book.steps(),
      agreeing: shorten(book.comparisons.filter(isMatch).map((one) => ({ ...one }))),
      differing: book.comparisons
        .filter((one) => !isMatch(one))
        .slice(0, MAX_LISTED)
        .map((one) => ({ ...one })),
    },
    receipt_mapping: {
      credits_consumed: mapped.credits_consumed,
      ...shorten(mapped.mappings.map((one) => ({ ...one }))),
    },
  }
}

/**
 * The evidence, class by class, as its records stand: a class of which none can be relied on is
 * unresolved, and one record that differs does not make a class so.
 */
function linesOf({ assessment }: Context, { standing, set_aside }: Reconciled): EvidenceLine[] {
  const stands = new Set(standing.map(({ record_type }) => record_type))
  const types = new Map(SOURCES.map(({ evidence_class, type }) => [evidence_class, type]))
  return assessment.lines.map((line): EvidenceLine => {
    const type = types.get(line.evidence_class)
    if (type === undefined || line.references.length === 0) return line
    const { detail: _, ...head } = line
    if (stands.has(type)) return { ...head, state: 'present' }
    const own = set_aside.filter(({ record_type }) => record_type === type).slice(0, 5)
    const reasons = own.map(({ record_id, reason }) => `${record_id}: ${reason}`).join('; ')
    return {
      ...head,
      state: 'unresolved',
      detail: `no record stands: ${reasons || 'none is there'}`,
    }
  })
}

/** What differs first, then what is old, then what was set aside; each in the order of the records. */
function inOrder(findings: readonly RecordDraft[], stale: readonly RecordDraft[]): RecordDraft[] {
  const isAside = ({ next_action }: RecordDraft) => next_action === 'correct_record'
  return [...findings.filter((draft) => !isAside(draft)), ...stale, ...findings.filter(isAside)]
}

function listed(drafts: readonly RecordDraft[]): RecordDraft[] {
  if (drafts.length <= MAX_LISTED) return [...drafts]
  const beyond = drafts.length - MAX_LISTED
  const rest: RecordDraft = {
    exception_type: 'needs_operator_review',
    status: 'waiting_on_operator',
    summary: `${beyond} further findings are counted in exceptions_by_type and not listed; split the order`,
    next_action: 'split_order',
  }
  return [...drafts.slice(0, MAX_LISTED), rest]
}

function intakeContext(command: Command, scope: Scope, records_given: number) {
  const { tolerance, ...flags } = scope
  return {
    requested_capability: command.requested_capability,
    records_given,
    reconciliation_scope: { ...flags, tolerance: tolerance.toFixed() },
    matching_keys: ['invoice_id', 'record_id', 'provider_reference'],
  }
}
