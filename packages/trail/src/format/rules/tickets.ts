/** The tickets of a result contract (wire format section 5). */
import { isObject, isText, type JsonObject } from '../../shape.ts'
import { MAX_TICKETS } from '../limits.ts'
import { Faults, type RuleFault } from './faults.ts'
import { idOfRun, isTicket } from './ids.ts'
import { objectAt } from './objects.ts'

/** Every exception is a ticket of this run; a partial result has one that names what is missing. */
export function ticketFaults(contract: JsonObject, workOrder: string, tool: string): RuleFault[] {
  const faults = new Faults()
  const { exceptions } = contract
  const areTickets = Array.isArray(exceptions) && exceptions.every(isTicketObject)
  if (!faults.form(areTickets && exceptions.length <= MAX_TICKETS, '/exceptions')) return faults.all
  const tickets: JsonObject[] = areTickets ? exceptions : []
  const run = idOfRun(workOrder)
  for (const [i, ticket] of tickets.entries()) {
    const { exception_id: id, exception_type: type } = ticket
    const derived = isText(type) && isTicket(workOrder, id, type)
    const path = `/exceptions/${i}`
    const other = 'a ticket of its exceptions has another id'
    faults.check(derived, 'OBJECT_ID', `${path}/exception_id`, other)
    const fits =
      ticket.work_order_id === workOrder &&
      ticket.agent_task_run_id === run &&
      ticket.requested_tool === tool
    faults.check(fits, 'OBJECT_ID', path, 'a ticket is of another run')
  }
  const ids = new Set(tickets.map(({ exception_id }) => exception_id))
  const distinct = ids.size === tickets.length
  faults.check(distinct, 'OBJECT_ID', '/exceptions', 'a ticket is there twice')
  if (contract.result_status === 'partial') checkGap(tickets, contract, faults)
  return faults.all
}

function checkGap(tickets: readonly JsonObject[], contract: JsonObject, faults: Faults): void {
  const gaps = tickets.filter((one) => one.exception_type === 'evidence_gap')
  const missing = gaps[0]?.missing_items
  const named = gaps.length === 1 && Array.isArray(missing) && missing.length > 0
  const gap = 'a partial result has one evidence_gap ticket with missing_items'
  faults.check(named, 'EVIDENCE', '/exceptions', gap)
  const { open_items } = objectAt(contract, 'machine_result')
  const open = Array.isArray(open_items) ? open_items : []
  const isOpen = (item: unknown) => open.some((one) => isObject(one) && one.about === item)
  const all = open.length > 0 && (!Array.isArray(missing) || missing.every(isOpen))
  const items = 'a partial result names what is missing among its open items'
  faults.check(all, 'EVIDENCE', '/machine_result/open_items', items)
}

function isTicketObject(value: unknown): value is JsonObject {
  return isObject(value) && value.object_type === 'agent_exception_ticket'
}
