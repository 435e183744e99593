import type {
  Command,
  EvidenceItem,
  EvidenceLine,
  Execute,
  ToolResult,
} from '@prooftrail/executor-sdk'
import { evidenceItems, openRuleBook } from '@prooftrail/executor-sdk'
import { destinationFaults, namesDestination } from './destination.ts'
import { reviewEvidence, withFaults } from './review-evidence.ts'
import { rules } from './rules.ts'

/**
 * Reviews the evidence of a paid agent run. Pure: the command alone decides.
 * K1 What a class says is compared with what the others, the order and the account say; a
 *    difference leaves the class unresolved and names both values and where they stand.
 * K2 What only one side says, and what nobody here can see, is listed as unseen.
 */
export const execute: Execute = (command, context) => {
  const { assessment, assess, items } = context
  const book = openRuleBook(rules)
  const review = reviewEvidence(command, context, book)
  const checked = assess(assessment.lines.map((line) => withFaults(line, review)))
  const { evidence_status, evidence_score, lines } = checked
  const stateOf = new Map(lines.map((line) => [line.evidence_class, line]))
  const part = (evidenceClass: string) => describePart(command, stateOf.get(evidenceClass))
  const open_items = lines.filter(isOpen).map((line) => ({
    code: line.state,
    about: line.evidence_class,
    detail: line.detail ?? `${line.evidence_class} is ${line.state}`,
  }))
  const next_actions = nextActions(open_items)
  return {
    evidence: lines,
    open_items,
    next_actions,
    human_summary: summarize(command, evidence_score, open_items, next_actions),
    result_package: {
      package_type: 'tokenops_result_package',
      operating_tool: command.requested_tool,
      package_state: evidence_status === 'sufficient' ? 'final' : 'preliminary',
      requested_capability: command.requested_capability,
      evidence_status,
      evidence_score,
      settlement_trail: {
        settlement_reference: part('settlement_reference'),
        credit_ledger_entry: part('credit_ledger_entry'),
        held_for_this_run: {
          account: command.hold.account,
          credits_held: command.hold.credits_held,
          credit_entry: command.hold.credit_entry,
        },
      },
      payment_request: part('payment_request_artifact'),
      usage: {
        policy: 'usage_receipts_record_credits_consumed_after_work_runs',
        earlier_usage_receipt: part('usage_receipt'),
        this_run: 'recorded by the usage receipt that follows this result',
      },
      files: part('public_safe_file_manifest'),
      callback_readiness: callbackReadiness(
        command,
        stateOf.get('callback_destination'),
        items('callback_destination'),
      ),
      unseen: review.unseen,
      rules: book.list(),
      open_items,
      next_actions,
    },
  }
}

type OpenItems = { code: string; about: string; detail: string }[]
type NextActions = { action: string; about: string; detail: string }[]
type Member = ToolResult['result_package'][string]

function isOpen({ state }: EvidenceLine): boolean {
  return state === 'missing' || state === 'stale' || state === 'unresolved'
}

/** The state of one class and its references: never the items' contents. */
function describePart(command: Command, line: EvidenceLine | undefined): Member {
  if (line === undefined) return { state: 'missing', references: [] }
  const items = evidenceItems(command.evidence, line.evidence_class)
  const digests = items.flatMap(({ digest }) => digest ?? [])
  const { state, references } = line
  return { state, references, ...(digests.length > 0 ? { digests } : {}) }
}

/** ready only where what is documented is where the callback goes. */
function callbackReadiness(
  command: Command,
  line: EvidenceLine | undefined,
  documented: readonly EvidenceItem[],
): Member {
  const { callback_policy, callback_url } = command
  const due = callback_url !== undefined && callback_policy !== 'status_polling_only'
  const differs = documented.some((item) => destinationFaults(item, callback_url).length > 0)
  const state = !due
    ? 'not_due'
    : differs
      ? 'destination_differs'
      : line?.state === 'present'
        ? 'ready'
        : 'deliverable_but_undocumented'
  const compared = namesDestination(documented) ? 'compared' : 'unseen'
  return { state, callback_policy, destination_evidence: line?.state ?? 'missing', compared }
}

const HOW: Record<string, { action: string; what: string }> = {
  settlement_reference: { action: 'submit_settlement_trail', what: 'the settlement reference' },
  payment_request_artifact: { action: 'submit_payment_request', what: 'the payment request' },
  credit_ledger_entry: { action: 'submit_credit_ledger_entry', what: 'the credit ledger entry' },
  callback_destination: { action: 'submit_callback_destination', what: 'the callback destination' },
  public_safe_file_manifest: {
    action: 'submit_file_manifest',
    what: 'the public-safe file manifest',
  },
  usage_receipt: { action: 'submit_usage_receipt', what: 'the earlier usage receipt' },
  work_order_reference: { action: 'submit_work_order_reference', what: 'the work order reference' },
}

const MEND: Record<string, string> = {
  missing: 'Send',
  stale: 'Replace by a current one:',
  unresolved: 'Settle what is open about',
}

function nextActions(open: OpenItems): NextActions {
  if (open.length === 0) {
    return [
      {
        action: 'review',
        about: 'result',
        detail: 'All required evidence is usable. Review the result and close the run.',
      },
    ]
  }
  return open.map(({ code, about }) => {
    const { action, what } = HOW[about] ?? { action: 'add_evidence', what: about }
    return { action, about, detail: `${MEND[code] ?? 'Send'} ${what}.` }
  })
}

function summarize(command: Command, score: number, open: OpenItems, next: NextActions): string {
  const done = `Reviewed the evidence for ${command.requested_capability}: score ${score} of 100.`
  const findings =
    open.length === 0
      ? 'Every required class is present and usable.'
      : `Open: ${open.map(({ about, code }) => `${about} is ${code}`).join(', ')}.`
  return `${done} ${findings} Next: ${next.map(({ detail }) => detail).join(' ')}`
}
