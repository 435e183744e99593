import { checkCommand } from './command.ts'
import { checkContract } from './contract.ts'
import { checkDeliveries } from './deliveries.ts'
import { checkIds } from './ids.ts'
import { checkDecision, checkExpiries, checkOrder } from './order.ts'
import { checkReceipts } from './receipts.ts'
import type { Trail } from './trail.ts'
import type { Report } from './verdict.ts'

/** What the objects of a trail say together (wire format section 5), before its entries and seals. */
export function checkObjects(trail: Trail, report: Report): void {
  checkIds(trail, report)
  checkOrder(trail, report)
  checkDecision(trail, report)
  checkExpiries(trail, report)
  for (const result of trail.results) {
    checkCommand(trail, result, report)
    checkContract(trail, result, report)
    checkReceipts(trail, result, report)
    checkDeliveries(trail, result, report)
  }
}
