import { fileURLToPath } from 'node:url'
import { readManifest } from '@prooftrail/executor-sdk'
import { type CommandOverrides, conclude } from '@prooftrail/executor-sdk/testing'
import type { Comparison } from './book.ts'
import { execute } from './execute.ts'

/** A record as an order holds it. */
export type Given = { [member: string]: unknown }

const manifest = readManifest(fileURLToPath(new URL('..', import.meta.url)))

/** The parts of a conclusion that tests of the domain look at. */
export interface Told {
  status: string
  score: number
  /** `exception_type next_action: record ids`, in the order of the list. */
  found: string[]
  /** The sentences of the findings. */
  summaries: string[]
  /** `invoice outcome`, agreeing first. */
  outcomes: string[]
  totals: { [member: string]: string }[]
  left_over: { [member: string]: string }[]
  set_aside: string[]
  credits: unknown
  rules: string[]
}

/** Concludes over records by class, without a stack. @throws when the tool could not conclude */
export async function tell(
  given: { [evidenceClass: string]: readonly Given[] },
  scope: Given = {},
  issued_at = '2026-11-26T09:00:00.000Z',
): Promise<Told> {
  const evidence = Object.fromEntries(
    Object.entries(given).map(([name, records]) => [
      name,
      records.map((record, at) => ({ reference: `${name}/${at}`, ...record })),
    ]),
  )
  // what a test gives is JSON
  const overrides = {
    ...{ evidence, issued_at },
    workflow_context: { reconciliation_scope: scope },
  } as CommandOverrides
  const concluded = await conclude(manifest, execute, overrides)
  if (!('conclusion' in concluded)) throw new Error(concluded.fault.detail)
  const { links, evidence_score, result_package } = concluded.conclusion
  return view(Object(links.reconciliation_result), evidence_score, Object(result_package).rules)
}

interface Result {
  reconciliation_status: string
  exception_records: {
    exception_type: string
    next_action: string
    summary: string
    missing_items?: string[]
  }[]
  reconciliation_checks: { agreeing: { listed?: Comparison[] }; differing: Comparison[] }
  totals: Told['totals']
  left_over: Told['left_over']
  set_aside: { listed?: { record_id: string }[] }
  receipt_mapping: { credits_consumed: unknown }
}

function view(result: Result, score: number, rules: { rule: string }[]): Told {
  const { reconciliation_checks: checks, exception_records: records } = result
  return {
    ...{ status: result.reconciliation_status, score },
    found: records.map(
      ({ exception_type, next_action, missing_items = [] }) =>
        `${exception_type} ${next_action}: ${missing_items.join(' ')}`,
    ),
    summaries: records.map(({ summary }) => summary),
    outcomes: [...(checks.agreeing.listed ?? []), ...checks.differing].map(
      ({ invoice, outcome }) => `${invoice} ${outcome}`,
    ),
    ...{ totals: result.totals, left_over: result.left_over },
    set_aside: (result.set_aside.listed ?? []).map(({ record_id }) => record_id),
    credits: result.receipt_mapping.credits_consumed,
    rules: [...new Set(rules.map(({ rule }) => rule))],
  }
}

/** An invoice in dollars that bears its own id. */
export function invoice(record_id: string, expected_amount: string, more: Given = {}): Given {
  return { record_id, expected_amount, currency: 'USD', invoice_id: record_id, ...more }
}

/** A confirmation in dollars for an invoice. */
export function payment(
  record_id: string,
  received_amount: string,
  invoice_id?: string,
  more: Given = {},
): Given {
  const named = invoice_id === undefined ? {} : { invoice_id }
  return { record_id, received_amount, currency: 'USD', ...named, ...more }
}
