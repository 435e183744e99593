/** Everything that can be said of a result before it is accepted: what is accepted can be proven. */
import { isObject, type JsonObject } from '../../shape.ts'
import { resultNumberOf } from '../allocate.ts'
import { ownLinks } from '../shape.ts'
import { contractFaults, repeatedFaults } from './contract.ts'
import type { RuleFault } from './faults.ts'
import { followsOf, type PlacedLink } from './follows.ts'
import { foreignIds, knownIdsOf, ownIdFaults, taskFaults } from './ids.ts'
import { statementFaults } from './json.ts'

/** What was ordered and commanded. */
export interface ResultTerms {
  readonly order: JsonObject
  /** The command's link, as the trail will hold it. */
  readonly command: PlacedLink
  /** Every id of the trail, as `allocateIds` answers them for this attempt. */
  readonly ids: Readonly<Record<string, string>>
  readonly attempt: number
}

/** A fault in one of a result's links. */
export interface ResultFault extends RuleFault {
  readonly link: string
}

/**
 * All faults of a result: its links, in the order of the trail, against order and command.
 * None: with receipts, callback, entry and seal that keep the same rules its trail verifies.
 * Signatures are not asked here.
 * @param links the tool's own, then the contract
 */
export function resultFaults(links: readonly PlacedLink[], terms: ResultTerms): ResultFault[] {
  const { command, ids } = terms
  const trail = proofTrailOf(command.object)
  const contract = links.at(-1)
  const wanted = [...ownLinks(trail), 'result_contract'].join()
  const found = links.map(({ name }) => name).join()
  if (contract === undefined || found !== wanted) {
    const detail = `the links are ${found}, not ${wanted}`
    return [{ link: 'result_contract', code: 'LINK_ORDER', path: '', detail }]
  }
  const unreadable = links.flatMap((link) => named(link, statementFaults(link.object)))
  if (unreadable.length > 0) return unreadable
  const followed = followsOf(links, [command]).flatMap(({ link, faults }) => named(link, faults))
  const known = knownIdsOf(String(terms.order.work_order_id), ids, terms.attempt)
  return [
    ...followed,
    ...links.flatMap((link) => named(link, identityFaults(link, terms, known))),
    ...links.slice(0, -1).flatMap((link) => {
      return named(link, repeatedFaults(objectOf(link), objectOf(contract)))
    }),
    ...named(contract, contractFaults(objectOf(contract), contractTerms(terms, trail))),
  ]
}

function identityFaults(
  link: PlacedLink,
  { order, command, ids }: ResultTerms,
  known: ReturnType<typeof knownIdsOf>,
): RuleFault[] {
  const object = objectOf(link)
  const { task_token, requested_tool } = objectOf(command)
  const work_order_id = String(order.work_order_id)
  const number = resultNumberOf(ids, work_order_id)
  const task = { work_order_id, tool: String(requested_tool), task_token }
  return [
    ...ownIdFaults(link.kind, object, work_order_id, number),
    ...taskFaults(object, task),
    ...foreignIds(object, known),
  ]
}

function contractTerms({ order, command, ids }: ResultTerms, trail: readonly string[]) {
  return {
    ...{ order, command: objectOf(command), proof_trail: trail },
    isAllocated: (name: string, id: unknown) => id !== undefined && id === ids[name],
    settlement_id: trail.includes('settlement_receipt') ? ids.settlement_receipt : undefined,
    receipt_id: ids.usage_receipt,
  }
}

function proofTrailOf(command: object): string[] {
  const names: unknown = Reflect.get(command, 'proof_requirements')
  return Array.isArray(names) ? names.map(String) : []
}

function objectOf({ object }: PlacedLink): JsonObject {
  return isObject(object) ? object : {}
}

function named({ name }: PlacedLink, faults: readonly RuleFault[]): ResultFault[] {
  return faults.map((fault) => ({ link: name, ...fault }))
}
