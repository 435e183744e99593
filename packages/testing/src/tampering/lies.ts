/** What everybody signs although it is not so: only the rules between objects can find it. */
import { ENDED_TRAILS } from '@prooftrail/trail/format'
import type { JsonObject } from '../plain.ts'
import { type ExampleKind, makeExampleTrail } from '../trail/index.ts'
import { otherValue, pickLeaf } from './leaves.ts'
import type { Random } from './random.ts'
import { objectOf, type Subject, type Tampered } from './subject.ts'

/** Members that the rest of the trail fixes, by kind of link. */
const BOUND: Readonly<Record<string, RegExp>> = {
  work_order: /^(work_order_id|agent_id|idempotency_key|requested_tool|execution_mode)$/,
  intake_decision: /^(work_order_id|decision_id|decision|work_order_digest|reason_codes\.\d)$/,
  execution_command:
    /^(work_order_id|tool_command_id|agent_task_run_id|execution_binding_id|task_token|requested_tool|requested_capability|attempt|callback_url|agent_id|execution_mode|proof_requirements\.\d+|ids\..*)$/,
  evidence_checklist: /^(work_order_id|evidence_checklist_id|agent_task_run_id|evidence_status)$/,
  readiness_result: /^(work_order_id|readiness_result_id|task_token|evidence_status)$/,
  reconciliation_result:
    /^(work_order_id|reconciliation_result_id|requested_tool|evidence_status)$/,
  result_contract:
    /^(work_order_id|result_contract_id|contract_version|lifecycle_state|task_token|execution_binding_id|requested_tool|requested_capability|result_status|machine_result\.(tool|evidence_status)|proof_objects\..*|receipts\..*|callback\..*)$/,
  settlement_receipt:
    /^(settlement_id|receipt_type|settlement_status|usage_receipt_policy|agent_account_id|provider_reference)$/,
  usage_receipt:
    /^(work_order_id|receipt_id|receipt_type|operating_tool|requested_tool|result_status|settlement_reference|evidence_status)$/,
  callback_delivery: /^(work_order_id|callback_event_id|agent_task_run_id|callback_status)$/,
  ledger_entry:
    /^(object_type|ledger_entry_id|agent_task_run_id|requested_tool|state|verdict|revision|pilot\..*|objects\..*|events\.\d+\.(event_type|to_state|agent_task_run_id)|follows\.(name|digest))$/,
}

const AMOUNTS: Readonly<Record<string, RegExp>> = {
  execution_command: /^hold\.credits_held$/,
  usage_receipt:
    /^(credits_held|credits_debited|credits_released|remaining_credits|credit_ledger_entry\.(credits_debited|remaining_credits))$/,
  ledger_entry: /^credits\.(held|debited|released)$/,
}

/** A member that is bound to others says something else. */
export function signedLie(subject: Subject): Tampered | undefined {
  return lie(subject, BOUND)
}

/** An amount of credits is another one in one place. */
export function signedAmount(subject: Subject): Tampered | undefined {
  const told = lie(subject, AMOUNTS)
  // a command's hold is held against what the receipt says was held
  return told && { ...told, touched: [...told.touched, 'usage_receipt'] }
}

function lie(
  { kind, example, random }: Subject,
  members: Readonly<Record<string, RegExp>>,
): Tampered | undefined {
  const fitting = example.bundle.links.filter(({ name }) => kindOfName(name) in members)
  if (fitting.length === 0) return undefined
  const link = random.pick(fitting)
  const wanted = members[kindOfName(link.name)]
  const leaf = wanted && pickLeaf(objectOf(link), random, (path) => wanted.test(path))
  if (leaf === undefined) return undefined
  const value =
    typeof leaf.value === 'number' ? amountBut(leaf.value, random) : otherValue(leaf.value, random)
  return retold(kind, link.name, (object) => put(object, leaf.path, value))
}

function amountBut(value: number, random: Random): number {
  const other = random.below(2_000)
  return other === value ? value + 1 : other
}

/** A trail without a result dressed as ready, or a run dressed as one: by header, verdict or both. */
export function dressed({ kind, example, others, random }: Subject): Tampered | undefined {
  const endings = Object.keys(ENDED_TRAILS)
  const isEnded = endings.includes(kind)
  const models = others.filter(
    ({ bundle }) => endings.includes(bundle.pilot.runtime_state) !== isEnded,
  )
  if (models.length === 0) return undefined
  const model = random.pick(models).bundle
  const verdict = random.pick(isEnded ? ['ready', 'partial', 'failed'] : endings)
  const note = random.below(1_000_000)
  const entries = example.bundle.links.filter(({ name }) => /^ledger_entry/.test(name))
  const { name } = random.pick(entries)
  const changes = {
    ...(random.below(2) === 0 ? {} : { pilot: model.pilot }),
    verdict,
    note,
  }
  const { bundle, keys } = makeExampleTrail({
    kind,
    edit: (at, object) => (at === name ? { ...object, ...changes } : object),
  })
  if (random.below(2) === 0) bundle.pilot = model.pilot
  return {
    bundle,
    keys,
    touched: ['pilot', name, ...proofNames(model), ...proofNames(example.bundle)],
  }
}

function proofNames({ pilot }: { pilot: { proof_trail: readonly string[] } }): string[] {
  return [...pilot.proof_trail]
}

function kindOfName(name: string): string {
  return name.replace(/\/.*$/, '')
}

/** The trail as everybody signs it when one object says something else. */
function retold(
  kind: ExampleKind,
  name: string,
  change: (object: JsonObject) => JsonObject,
): Tampered {
  const { bundle, keys } = makeExampleTrail({
    kind,
    edit: (at, object) => (at === name ? change(object) : object),
  })
  return { bundle, keys, touched: [name] }
}

/** A copy with the value at the path replaced. */
function put(object: JsonObject, path: string, value: unknown): JsonObject {
  const copy = structuredClone(object)
  const steps = path.split('.')
  const last = steps.pop() ?? ''
  let at: unknown = copy
  for (const step of steps) at = Reflect.get(Object(at), step)
  Reflect.set(Object(at), last, value)
  return copy
}
