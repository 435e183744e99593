/** What the tool concluded, and that the contract binds the whole trail (wire format section 5). */
import { isCount, isObject, isText, type JsonObject, timeOf } from '../../shape.ts'
import { HOLD_GRACE_MS } from '../limits.ts'
import { Faults, type RuleFault } from './faults.ts'
import { objectAt, same } from './objects.ts'
import { packageFaults } from './package.ts'
import { ticketFaults } from './tickets.ts'

/** What a result contract must agree with; all of it is known before the work begins. */
export interface ContractTerms {
  readonly order: JsonObject
  readonly command: JsonObject
  readonly proof_trail: readonly string[]
  /** Whether the id is the one of this result's trail for a name of it. */
  isAllocated(name: string, id: unknown): boolean
  readonly settlement_id: unknown
  readonly receipt_id: unknown
}

/** An evidence status allows one result status; the score 100 is sufficient and nothing else is. */
const STATUS_OF: Readonly<Record<string, string>> = {
  sufficient: 'ready',
  partial: 'partial',
  insufficient: 'failed',
}

/** All faults of a result contract against its order and command. */
export function contractFaults(contract: JsonObject, terms: ContractTerms): RuleFault[] {
  const faults = new Faults()
  const { order, command } = terms
  faults.form(contract.object_type === 'agent_result_contract', '/object_type')
  faults.form(contract.contract_version === '2.0', '/contract_version')
  faults.form(contract.lifecycle_state === 'result_ready', '/lifecycle_state')
  faults.form(isText(contract.human_summary), '/human_summary')
  for (const member of ['requested_tool', 'task_token', 'requested_capability']) {
    const detail = `its ${member} is not what the rest of the trail says`
    const fits = same(contract[member], command[member])
    faults.check(fits, 'OBJECT_MISMATCH', `/${member}`, detail)
  }
  for (const member of ['agent_task_run_id', 'execution_binding_id']) {
    faults.form(isText(contract[member]), `/${member}`)
  }
  const tool = String(command.requested_tool)
  const concluded = conclusionFaults(contract, String(order.work_order_id), tool)
  return [...faults.all, ...concluded, ...bindingFaults(contract, terms)]
}

function conclusionFaults(contract: JsonObject, workOrder: string, tool: string): RuleFault[] {
  const faults = new Faults()
  const machine = objectAt(contract, 'machine_result')
  const { evidence_status: evidence, evidence_score: score, open_items, next_actions } = machine
  const path = '/machine_result'
  const other = 'its machine_result is another tool’s'
  faults.check(machine.tool === tool, 'OBJECT_MISMATCH', `${path}/tool`, other)
  faults.form(Array.isArray(open_items), `${path}/open_items`)
  faults.form(Array.isArray(next_actions) && next_actions.length > 0, `${path}/next_actions`)
  faults.form(isObject(machine.result_package), `${path}/result_package`)
  const isScore = isCount(score) && score <= 100
  if (!faults.form(isScore, `${path}/evidence_score`)) return faults.all
  const status =
    isText(evidence) && Object.hasOwn(STATUS_OF, evidence) ? STATUS_OF[evidence] : undefined
  if (!faults.form(status !== undefined, `${path}/evidence_status`)) return faults.all
  const gives = `${String(evidence)} evidence gives ${status}`
  faults.check(status === contract.result_status, 'EVIDENCE', '/result_status', gives)
  const complete = (score === 100) === (evidence === 'sufficient')
  const whole = 'a score of 100 is sufficient evidence and nothing else is'
  faults.check(complete, 'EVIDENCE', `${path}/evidence_score`, whole)
  return [...faults.all, ...ticketFaults(contract, workOrder, tool), ...packageFaults(machine)]
}

function bindingFaults(contract: JsonObject, terms: ContractTerms): RuleFault[] {
  const faults = new Faults()
  const names = terms.proof_trail.filter((name) => name !== 'result_contract')
  const proof = objectAt(contract, 'proof_objects')
  const complete = same(Object.keys(proof).sort(), [...names].sort())
  const whole = 'its proof_objects are not the names of the proof trail'
  faults.check(complete, 'OBJECT_FORM', '/proof_objects', whole)
  for (const name of names) {
    const fits = terms.isAllocated(name, proof[name])
    const detail = `its proof_objects.${name} is not in this trail`
    faults.check(fits, 'OBJECT_ID', `/proof_objects/${name}`, detail)
  }
  const { settlement_id, receipt_id } = terms
  const settled = settlement_id !== undefined && { settlement_receipt: settlement_id }
  const receipts = same(contract.receipts, { ...settled, usage_receipt: receipt_id })
  const others = 'its receipts is not what the rest of the trail says'
  faults.check(receipts, 'OBJECT_MISMATCH', '/receipts', others)
  return [...faults.all, ...callbackFaults(contract, terms)]
}

function callbackFaults(contract: JsonObject, { order, isAllocated }: ContractTerms): RuleFault[] {
  const faults = new Faults()
  const { callback_event_id, callback_url, callback_status } = objectAt(contract, 'callback')
  const isEvent = isAllocated('callback_delivery', callback_event_id)
  const path = '/callback'
  const event = 'its callback has another id'
  faults.check(isEvent, 'OBJECT_ID', `${path}/callback_event_id`, event)
  const there = same(callback_url, order.callback_url)
  const elsewhere = 'its callback goes elsewhere than the order says'
  faults.check(there, 'OBJECT_MISMATCH', `${path}/callback_url`, elsewhere)
  const expected = order.callback_url === undefined ? 'ready' : 'pending'
  const due = 'its callback_status is pending where one is due, else ready'
  faults.check(callback_status === expected, 'OBJECT_MISMATCH', `${path}/callback_status`, due)
  return faults.all
}

/** A first attempt's result stands within the hold; recoveries have holds of their own. */
export function holdFaults(contract: JsonObject, order: JsonObject): RuleFault[] {
  const faults = new Faults()
  const [expires, issued] = [timeOf(order.expires_at), timeOf(contract.issued_at)]
  const inTime = expires !== undefined && issued !== undefined && issued <= expires + HOLD_GRACE_MS
  const late = "it was issued after the order's hold ended"
  faults.check(inTime, 'OBJECT_TIME', '/issued_at', late)
  return faults.all
}

/** Where another link of the run repeats what the contract concluded, it says the same. */
export function repeatedFaults(object: JsonObject, contract: JsonObject): RuleFault[] {
  const faults = new Faults()
  const { evidence_status, evidence_score } = objectAt(contract, 'machine_result')
  const said = { result_status: contract.result_status, evidence_status, evidence_score }
  for (const [member, value] of Object.entries(said)) {
    const found = object[member]
    const fits = found === undefined || same(found, value)
    const detail = `its ${member} is not the result contract's`
    faults.check(fits, 'OBJECT_MISMATCH', `/${member}`, detail)
  }
  return faults.all
}
