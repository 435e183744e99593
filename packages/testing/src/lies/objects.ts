/** Lies about single members: another value, none, another type, a time that is none. */
import type { LinkName } from '@prooftrail/trail'
import { otherValue } from '../tampering/leaves.ts'
import type { Random } from '../tampering/random.ts'
import { pathsOf, putAt, valueAt } from './paths.ts'
import type { Draft, Telling } from './telling.ts'

/** Changes a telling so that it is false; answers what it says, undefined where it cannot. */
export type Liar = (telling: Telling, random: Random) => string | undefined

/** Members that the rest of the trail, or the format, fixes: any other value is false. */
const BOUND: Partial<Record<LinkName, RegExp>> = {
  work_order:
    /^(object_type|work_order_id|agent_id|idempotency_key|requested_tool|execution_mode)$/,
  intake_decision:
    /^(object_type|work_order_id|decision_id|decision|work_order_digest|reason_codes\.\d|reasons\.\d\.code)$/,
  expiry: /^(object_type|work_order_id|work_order_digest)$/,
  recovery_request: /^(work_order_id|recovery_action)$/,
  execution_command:
    /^(object_type|work_order_id|tool_command_id|agent_task_run_id|execution_binding_id|task_token|requested_tool|requested_capability|attempt|callback_url|agent_id|execution_mode|proof_requirements\.\d+|ids\..*|hold\.(account|credits_held))$/,
  evidence_checklist:
    /^(work_order_id|evidence_checklist_id|agent_task_run_id|task_token|requested_tool|evidence_status)$/,
  readiness_result:
    /^(work_order_id|readiness_result_id|agent_task_run_id|task_token|requested_tool|evidence_status)$/,
  reconciliation_result:
    /^(work_order_id|reconciliation_result_id|agent_task_run_id|task_token|requested_tool|evidence_status)$/,
  result_contract:
    /^(object_type|work_order_id|result_contract_id|contract_version|lifecycle_state|task_token|agent_task_run_id|execution_binding_id|requested_tool|requested_capability|result_status|machine_result\.(tool|evidence_status)|machine_result\.result_package\.(operating_tool|evidence_status|evidence_score)|proof_objects\..*|receipts\..*|callback\..*|exceptions\.\d+\.(object_type|exception_id|work_order_id|agent_task_run_id|requested_tool))$/,
  settlement_receipt:
    /^(object_type|settlement_id|receipt_type|settlement_status|usage_receipt_policy|agent_account_id|provider_reference)$/,
  usage_receipt:
    /^(object_type|work_order_id|receipt_id|receipt_type|operating_tool|agent_task_run_id|task_token|requested_tool|requested_capability|result_status|settlement_reference|evidence_status|credits_(held|debited|released)|remaining_credits|credit_ledger_entry\.(ledger_entry_id|credits_debited|remaining_credits))$/,
  callback_delivery:
    /^(object_type|work_order_id|callback_event_id|agent_task_run_id|callback_status|callback_url)$/,
  ledger_entry:
    /^(object_type|ledger_entry_id|agent_task_run_id|work_order_id|requested_tool|requested_capability|evidence_status|state|verdict|revision|pilot\.(pilot_id|tool|execution_mode|proof_trail\.\d+)|objects\..*|events\.\d+\.(event_type|to_state|agent_task_run_id)|follows\.(name|digest)|credits\..*)$/,
}

/** What members have to be: a text that is not empty, a count, a time, a digest, a list, an object. */
type Form = 'text' | 'count' | 'time' | 'digest' | 'list' | 'full list' | 'object'

/** Members that must be there, whatever else an object has. */
const REQUIRED: Partial<Record<LinkName, Readonly<Record<string, Form>>>> = {
  work_order: {
    ...{ object_type: 'text', work_order_id: 'text', agent_id: 'text', idempotency_key: 'text' },
    ...{ schema_version: 'text', requested_tool: 'text', requested_capability: 'text' },
    ...{ execution_mode: 'text', evidence: 'object', issued_at: 'time', expires_at: 'time' },
  },
  intake_decision: {
    ...{ object_type: 'text', decision_id: 'text', work_order_id: 'text', decision: 'text' },
    ...{ reason_codes: 'full list', reasons: 'full list', policy_version: 'text' },
    ...{ work_order_digest: 'digest', issued_at: 'time', 'reasons.0.detail': 'text' },
  },
  execution_command: {
    ...{ object_type: 'text', tool_command_id: 'text', work_order_id: 'text', agent_id: 'text' },
    ...{ task_token: 'text', agent_task_run_id: 'text', execution_binding_id: 'text' },
    ...{ attempt: 'count', deadline: 'time', manifest_version: 'text', issued_at: 'time' },
    ...{ manifest_digest: 'digest', requested_tool: 'text', requested_capability: 'text' },
    ...{ execution_mode: 'text', proof_requirements: 'full list', ids: 'object', hold: 'object' },
    ...{ 'hold.account': 'text', 'hold.credits_held': 'count', 'hold.credit_entry': 'text' },
  },
  evidence_checklist: {
    ...{ evidence_checklist_id: 'text', work_order_id: 'text', issued_at: 'time' },
  },
  readiness_result: { readiness_result_id: 'text', work_order_id: 'text', issued_at: 'time' },
  reconciliation_result: {
    ...{ reconciliation_result_id: 'text', work_order_id: 'text', issued_at: 'time' },
  },
  result_contract: {
    ...{ object_type: 'text', contract_version: 'text', result_contract_id: 'text' },
    ...{ work_order_id: 'text', task_token: 'text', agent_task_run_id: 'text' },
    ...{ execution_binding_id: 'text', requested_tool: 'text', requested_capability: 'text' },
    ...{ lifecycle_state: 'text', result_status: 'text', human_summary: 'text' },
    ...{ machine_result: 'object', 'machine_result.tool': 'text', exceptions: 'list' },
    ...{ 'machine_result.evidence_status': 'text', 'machine_result.evidence_score': 'count' },
    ...{ 'machine_result.open_items': 'list', 'machine_result.next_actions': 'full list' },
    ...{ 'machine_result.result_package': 'object', proof_objects: 'object', receipts: 'object' },
    ...{ callback: 'object', 'callback.callback_event_id': 'text', issued_at: 'time' },
    ...{ 'callback.callback_status': 'text', 'receipts.usage_receipt': 'text' },
  },
  settlement_receipt: {
    ...{ object_type: 'text', settlement_id: 'text', receipt_type: 'text' },
    ...{ settlement_provider: 'text', settlement_status: 'text', credits_funded: 'count' },
    ...{ usage_receipt_policy: 'text', agent_account_id: 'text', provider_reference: 'text' },
    issued_at: 'time',
  },
  usage_receipt: {
    ...{ object_type: 'text', receipt_id: 'text', receipt_type: 'text', operating_tool: 'text' },
    ...{ work_order_id: 'text', agent_task_run_id: 'text', task_token: 'text' },
    ...{ requested_tool: 'text', requested_capability: 'text', credits_held: 'count' },
    ...{ credits_debited: 'count', credits_released: 'count', remaining_credits: 'count' },
    ...{ result_status: 'text', evidence_status: 'text', credit_ledger_entry: 'object' },
    ...{ 'credit_ledger_entry.agent_account_id': 'text', issued_at: 'time' },
    ...{ 'credit_ledger_entry.credits_funded': 'count' },
    ...{ 'credit_ledger_entry.credits_debited': 'count' },
    ...{ 'credit_ledger_entry.remaining_credits': 'count' },
  },
  callback_delivery: {
    ...{ object_type: 'text', callback_event_id: 'text', work_order_id: 'text' },
    ...{ agent_task_run_id: 'text', callback_status: 'text', attempt: 'count', issued_at: 'time' },
    attempts: 'list',
  },
  ledger_entry: {
    ...{ object_type: 'text', ledger_entry_id: 'text', agent_task_run_id: 'text' },
    ...{ work_order_id: 'text', requested_tool: 'text', requested_capability: 'text' },
    ...{ state: 'text', created_at: 'time', events: 'list', credits: 'object', objects: 'list' },
    ...{ 'credits.held': 'count', 'credits.debited': 'count', 'credits.released': 'count' },
    ...{ verdict: 'text', pilot: 'object', revision: 'count', issued_at: 'time' },
    ...{ 'events.0.occurred_at': 'time', 'events.0.event_type': 'text' },
    ...{ 'events.0.to_state': 'text', 'events.0.agent_task_run_id': 'text' },
  },
  expiry: {
    ...{ object_type: 'text', work_order_id: 'text', ends: 'text', state: 'text' },
    ...{ open_since: 'time', issued_at: 'time' },
  },
  recovery_request: { work_order_id: 'text', issued_at: 'time' },
  operator_decision: { work_order_id: 'text', issued_at: 'time' },
}

/** What an order may lack or have wrong where it was refused, perhaps for that. */
const OF_ACCEPTED = ['schema_version', 'requested_capability', 'evidence', 'expires_at']

/** Spellings that are no time of the format, or of no year from 1970 to 9999. */
const NO_TIMES: readonly unknown[] = [
  ...['2026-01-05T10:00:00Z', '2026-01-05T10:00:00.00Z', '2026-01-05T10:00:00.0000Z'],
  ...['2026-01-05 10:00:00.000Z', '2026-01-05T10:00:00.000', '2026-01-05T10:00:00.000+00:00'],
  ...['2026-01-05t10:00:00.000z', '2026-02-30T10:00:00.000Z', '2026-13-01T10:00:00.000Z'],
  ...['2026-01-05T24:00:00.000Z', '2026-01-05T10:60:00.000Z', '2026-12-31T23:59:60.000Z'],
  ...['1969-12-31T23:59:59.999Z', '0000-01-05T10:00:00.000Z'],
  ...['+010000-01-01T00:00:00.000Z', '', ' 2026-01-05T10:00:00.000Z', '2026-01-05T10:00:00.000Z\n'],
  ...[1767607200000, true, [], {}, '٢٠٢٦-01-05T10:00:00.000Z'],
]

const WRONG: Readonly<Record<Form, readonly unknown[]>> = {
  text: ['', 7, true, [], {}],
  count: ['1', -1, 1.5, true, [], {}],
  time: NO_TIMES,
  digest: ['', 'sha256:', `sha256:${'A'.repeat(64)}`, `sha512:${'0'.repeat(64)}`, '0'.repeat(64)],
  list: ['', 7, {}, 'x', true],
  'full list': ['', 7, {}, [], true],
  object: ['', 7, [], 'x', true],
}

/** A member that is bound to others says something else. */
export const boundMember: Liar = (telling, random) => {
  const draft = pickDraft(telling, random, ({ kind }) => BOUND[kind] !== undefined)
  const pattern = draft && BOUND[draft.kind]
  if (draft === undefined || pattern === undefined) return undefined
  const paths = pathsOf(draft.object).filter((path) => pattern.test(path))
  if (paths.length === 0) return undefined
  const path = random.pick(paths)
  const value = valueAt(draft.object, path)
  const other = typeof value === 'number' ? amountBut(value, random) : otherValue(value, random)
  return say(draft, path, other)
}

/** A member that has to be there is not. */
export const removedMember: Liar = (telling, random) => {
  const found = pickRequired(telling, random)
  return found && say(found.draft, found.path, undefined)
}

/** A member is of another type than it has to be. */
export const mistypedMember: Liar = (telling, random) => {
  const found = pickRequired(telling, random)
  return found && say(found.draft, found.path, random.pick(WRONG[found.form]))
}

/** A time is spelled in a way that is none of the format. */
export const misspelledTime: Liar = (telling, random) => {
  const found = pickRequired(telling, random, 'time')
  return found && say(found.draft, found.path, random.pick(NO_TIMES))
}

function pickRequired(
  telling: Telling,
  random: Random,
  only?: Form,
): { draft: Draft; path: string; form: Form } | undefined {
  const draft = pickDraft(telling, random, ({ kind }) => REQUIRED[kind] !== undefined)
  if (draft === undefined) return undefined
  const forms = Object.entries(REQUIRED[draft.kind] ?? {})
  const isRefused = telling.kind === 'refused' && draft.kind === 'work_order'
  const there = forms.filter(
    ([path, form]) =>
      !(isRefused && OF_ACCEPTED.includes(path)) &&
      valueAt(draft.object, path) !== undefined &&
      (only === undefined || form === only),
  )
  if (there.length === 0) return undefined
  const [path, form] = random.pick(there)
  return { draft, path, form }
}

/** One of the drafts of which something holds. */
export function pickDraft(
  { drafts }: Telling,
  random: Random,
  fits: (draft: Draft) => boolean,
): Draft | undefined {
  const fitting = drafts.filter(fits)
  return fitting.length === 0 ? undefined : random.pick(fitting)
}

/** Lets a draft say another value at a path, once all that it says is known. */
export function say(draft: Draft, path: string, value: unknown): string {
  const before = draft.say
  draft.say = (object) => {
    const said = before?.(object) ?? object
    putAt(said, path, value)
    return said
  }
  return `${draft.name}: ${path} = ${JSON.stringify(value) ?? 'nothing'}`
}

function amountBut(value: number, random: Random): number {
  const other = random.below(2_000)
  return other === value ? value + 1 : other
}
