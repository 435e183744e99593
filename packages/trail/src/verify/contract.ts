/** What the tool concluded, and that the contract binds the whole trail (wire format section 5). */
import { contractFaults, holdFaults, repeatedFaults } from '../format/rules/contract.ts'
import { isAllocated } from './command.ts'
import { reportAll } from './objects.ts'
import type { Result, Trail } from './trail.ts'
import type { Report } from './verdict.ts'

export function checkContract(trail: Trail, result: Result, report: Report): void {
  const { contract, command, own, settlement, usage } = result
  const { object } = contract
  const terms = {
    order: { ...trail.order.object, work_order_id: trail.bundle.work_order_id },
    command: { ...command.object, requested_tool: trail.bundle.pilot.tool },
    proof_trail: trail.bundle.pilot.proof_trail,
    isAllocated: (name: string, id: unknown) => isAllocated(trail, result, name, id),
    settlement_id: settlement?.object.settlement_id,
    receipt_id: usage.object.receipt_id,
  }
  reportAll(contractFaults(object, terms), contract, report)
  if (result.number === 0 && command.object.attempt === 1) {
    reportAll(holdFaults(object, trail.order.object), contract, report)
  }
  for (const link of [...own, usage]) reportAll(repeatedFaults(link.object, object), link, report)
}
