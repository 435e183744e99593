/** What the tool concluded, and that the contract binds the whole trail (wire format section 5). */
import { packageFaults } from '../format/rules/package.ts'
import { isCount, isObject, isText, type JsonObject, timeOf } from '../shape.ts'
import { checkRepeated, isAllocated } from './command.ts'
import { idOfRun, isTicket } from './ids.ts'
import { askAbout, objectAt, same } from './objects.ts'
import type { Result, Trail } from './trail.ts'
import type { Report } from './verdict.ts'

/** An evidence status allows one result status; the score 100 is sufficient and nothing else is. */
const STATUS_OF: Readonly<Record<string, string>> = {
  sufficient: 'ready',
  partial: 'partial',
  insufficient: 'failed',
}

/** An order's hold ends an hour after the order; clocks differ by five minutes. */
const HOLD_MS = 65 * 60 * 1000

/** Each ticket is an event of the entry; a run that needs more has gone wrong otherwise. */
const MAX_EXCEPTIONS = 64

export function checkContract(trail: Trail, result: Result, report: Report): void {
  const { contract, command, own } = result
  const { object } = contract
  const ask = askAbout(contract, report)
  ask.form(object.object_type === 'agent_result_contract', 'object_type')
  ask.form(object.contract_version === '2.0', 'contract_version')
  ask.form(object.lifecycle_state === 'result_ready', 'lifecycle_state')
  ask.form(isText(object.human_summary), 'human_summary')
  ask.equal('requested_tool', trail.bundle.pilot.tool)
  ask.equal('task_token', command.object.task_token)
  ask.equal('requested_capability', command.object.requested_capability)
  for (const member of ['agent_task_run_id', 'execution_binding_id']) {
    ask.form(isText(object[member]), member)
  }
  checkConclusion(trail, result, report)
  checkBinding(trail, result, report)
  checkInTime(trail, result, report)
  const { evidence_status, evidence_score } = objectAt(object, 'machine_result')
  const repeated = { result_status: object.result_status, evidence_status, evidence_score }
  for (const link of [...own, result.usage]) checkRepeated(link, repeated, report)
}

function checkConclusion(trail: Trail, { contract }: Result, report: Report): void {
  const ask = askAbout(contract, report)
  const { object } = contract
  const machine = objectAt(object, 'machine_result')
  const {
    tool,
    evidence_status: evidence,
    evidence_score: score,
    open_items,
    next_actions,
  } = machine
  ask.check(
    tool === trail.bundle.pilot.tool,
    'OBJECT_MISMATCH',
    'its machine_result is another tool’s',
  )
  ask.form(Array.isArray(open_items), 'machine_result.open_items')
  ask.form(Array.isArray(next_actions) && next_actions.length > 0, 'machine_result.next_actions')
  ask.form(isObject(machine.result_package), 'machine_result.result_package')
  if (!ask.form(isCount(score) && score <= 100, 'machine_result.evidence_score')) return
  const status =
    isText(evidence) && Object.hasOwn(STATUS_OF, evidence) ? STATUS_OF[evidence] : undefined
  if (!ask.form(status !== undefined, 'machine_result.evidence_status')) return
  ask.check(status === object.result_status, 'EVIDENCE', `${evidence} evidence gives ${status}`)
  const complete = (score === 100) === (evidence === 'sufficient')
  ask.check(complete, 'EVIDENCE', 'a score of 100 is sufficient evidence and nothing else is')
  checkTickets(trail, object, ask)
  for (const { code, path, detail } of packageFaults(machine))
    ask.check(false, code, `${path} ${detail}`)
}

/** Every exception is a ticket of this run; a partial result has one that names what is missing. */
function checkTickets(trail: Trail, object: JsonObject, ask: ReturnType<typeof askAbout>): void {
  const { exceptions } = object
  const areTickets = Array.isArray(exceptions) && exceptions.every(isTicketObject)
  if (!ask.form(areTickets && exceptions.length <= MAX_EXCEPTIONS, 'exceptions')) return
  const tickets: JsonObject[] = areTickets ? exceptions : []
  const { work_order_id, pilot } = trail.bundle
  const run = idOfRun(work_order_id)
  for (const ticket of tickets) {
    const { exception_id: id, exception_type: type } = ticket
    const derived = isText(type) && isTicket(work_order_id, id, type)
    ask.check(derived, 'OBJECT_ID', 'a ticket of its exceptions has another id')
    const fits =
      ticket.work_order_id === work_order_id &&
      ticket.agent_task_run_id === run &&
      ticket.requested_tool === pilot.tool
    ask.check(fits, 'OBJECT_ID', 'a ticket is of another run')
  }
  const ids = new Set(tickets.map(({ exception_id }) => exception_id))
  ask.check(ids.size === tickets.length, 'OBJECT_ID', 'a ticket is there twice')
  if (object.result_status === 'partial') checkGap(tickets, object, ask)
}

function checkGap(
  tickets: readonly JsonObject[],
  object: JsonObject,
  ask: ReturnType<typeof askAbout>,
): void {
  const gaps = tickets.filter((one) => one.exception_type === 'evidence_gap')
  const missing = gaps[0]?.missing_items
  const named = gaps.length === 1 && Array.isArray(missing) && missing.length > 0
  ask.check(named, 'EVIDENCE', 'a partial result has one evidence_gap ticket with missing_items')
  const { open_items } = objectAt(object, 'machine_result')
  const open = Array.isArray(open_items) ? open_items : []
  const isOpen = (item: unknown) => open.some((one) => isObject(one) && one.about === item)
  const all = open.length > 0 && (!Array.isArray(missing) || missing.every(isOpen))
  ask.check(all, 'EVIDENCE', 'a partial result names what is missing among its open items')
}

function isTicketObject(value: unknown): value is JsonObject {
  return isObject(value) && value.object_type === 'agent_exception_ticket'
}

function checkBinding(trail: Trail, result: Result, report: Report): void {
  const { contract, settlement, usage } = result
  const ask = askAbout(contract, report)
  const names = trail.bundle.pilot.proof_trail.filter((name) => name !== 'result_contract')
  const proof = objectAt(contract.object, 'proof_objects')
  const complete = same(Object.keys(proof).sort(), [...names].sort())
  ask.check(complete, 'OBJECT_FORM', 'its proof_objects are not the names of the proof trail')
  for (const name of names) {
    const fits = isAllocated(trail, result, name, proof[name])
    ask.check(fits, 'OBJECT_ID', `its proof_objects.${name} is not in this trail`)
  }
  const settled = settlement && { settlement_receipt: settlement.object.settlement_id }
  ask.equal('receipts', { ...settled, usage_receipt: usage.object.receipt_id })
  const { callback_event_id, callback_url, callback_status } = objectAt(contract.object, 'callback')
  const due = trail.order.object.callback_url !== undefined
  const isEvent = isAllocated(trail, result, 'callback_delivery', callback_event_id)
  ask.check(isEvent, 'OBJECT_ID', 'its callback has another id')
  ask.check(
    same(callback_url, trail.order.object.callback_url),
    'OBJECT_MISMATCH',
    'its callback goes elsewhere than the order says',
  )
  ask.check(
    callback_status === (due ? 'pending' : 'ready'),
    'OBJECT_MISMATCH',
    'its callback_status is pending where one is due, else ready',
  )
}

/** A first attempt's result stands within the hold; recoveries have holds of their own. */
function checkInTime(trail: Trail, { number, command, contract }: Result, report: Report): void {
  if (number > 0 || command.object.attempt !== 1) return
  const expires = timeOf(trail.order.object.expires_at)
  const issued = timeOf(contract.object.issued_at)
  const inTime = expires !== undefined && issued !== undefined && issued <= expires + HOLD_MS
  report.check(inTime, 'OBJECT_TIME', "it was issued after the order's hold ended", contract.name)
}
