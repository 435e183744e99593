import type { AgentRegistered, WorkOrderLink } from '@prooftrail/contracts'
import { type TrailKey, type VerifiedLinks, workOrderId } from '@prooftrail/trail'
import { foreignIds, keyCountsFor, statementFaults, trailKeyFrom } from '@prooftrail/trail/format'
import type { Fault } from './codes.ts'

/** Members that head the trail and stand in its closing record, and how long they may be. */
const HEAD = [
  'idempotency_key',
  'requested_tool',
  'requested_capability',
  'execution_mode',
] as const
const MAX_HEAD = 200

/**
 * Why an order can be a link of no trail, whoever signed it: no statement can hold it, its id is not
 * derived, it follows something, it cannot head a trail, or it holds an id of another one. Undefined when it can.
 */
export function formFault({ object, after }: WorkOrderLink): Fault | undefined {
  const [unreadable] = statementFaults(object)
  if (unreadable !== undefined) return { code: 'PT-1013', detail: unreadable.detail }
  const derived = workOrderId(object.agent_id, object.idempotency_key)
  if (object.work_order_id !== derived) {
    return { code: 'PT-1002', detail: `derived is ${derived}` }
  }
  if (after.length > 0) {
    return { code: 'PT-1007', detail: `after has ${after.length} references` }
  }
  if (object.object_type !== 'work_order') {
    return { code: 'PT-1013', detail: `object_type is not work_order` }
  }
  const bad = HEAD.filter((name) => object[name] === '' || object[name].length > MAX_HEAD)
  if (bad.length > 0) {
    return { code: 'PT-1013', detail: `1 to ${MAX_HEAD} characters: ${bad.join(', ')}` }
  }
  const [foreign] = foreignIds({ ...object }, new Map([['work_order', new Set([derived])]]))
  if (foreign === undefined) return undefined
  return { code: 'PT-1011', detail: `${foreign.path} holds no id of this trail` }
}

/**
 * Why nobody signed the order who may sign for this agent (wire format section 3). What fails here
 * costs no look at what the order says.
 * @param verified of the key that `keyOfOrder` finds
 */
export function signatureFault(
  link: WorkOrderLink,
  agent: AgentRegistered,
  verified: VerifiedLinks,
): Fault | undefined {
  if (keyOfOrder(link, agent) === undefined) {
    return { code: 'PT-1004', detail: `${agent.agent_id} has no key ${link.key_id}` }
  }
  if (verified.has(link)) return undefined
  return { code: 'PT-1005', detail: `not the signature of ${link.key_id}` }
}

/**
 * Why the key does not count for this order, whose signature is the key's (wire format section 4).
 * @param at RFC 3339: when the order reached the broker, or the door
 */
export function keyTimeFault(
  link: WorkOrderLink,
  agent: AgentRegistered,
  at: string,
): Fault | undefined {
  const trailKey = keyOfOrder(link, agent)
  if (trailKey === undefined) return undefined
  const { agent_id: party, issued_at: issuedAt } = link.object
  const { fault } = keyCountsFor('work_order', trailKey, { issuedAt, agent: party, at })
  if (fault === undefined) return undefined
  const code = fault === 'OBJECT_TIME' ? 'PT-1012' : 'PT-1006'
  return { code, detail: `${fault}: issued_at ${issuedAt}, arrived ${at}` }
}

/** The key that an order names; undefined where its agent has no such key. */
export function keyOfOrder(
  { key_id }: Pick<WorkOrderLink, 'key_id'>,
  agent: AgentRegistered | undefined,
): TrailKey | undefined {
  const key = agent?.keys.find(({ kid }) => kid === key_id)
  return agent && key && trailKeyFrom(key, agent.agent_id, 'agent')
}
