import type { AgentRegistered, PublicKey, WorkOrderLink } from '@prooftrail/contracts'
import {
  keyFault,
  type Role,
  type TrailKey,
  type VerifiedLinks,
  workOrderId,
} from '@prooftrail/trail'
import { ID_MEMBERS } from '@prooftrail/trail/format'
import type { Fault } from './codes.ts'

/** How far ahead of the broker the clock of a signer may be. */
const AHEAD_MS = 5 * 60_000

/** Members that head the trail and stand in its closing record, and how long they may be. */
const HEAD = [
  'idempotency_key',
  'requested_tool',
  'requested_capability',
  'execution_mode',
] as const
const MAX_HEAD = 200

/**
 * Why an order can be a link of no trail, whoever signed it: its id is not derived, it follows
 * something, it cannot head a trail, or it holds an id of another one. Undefined when it can.
 */
export function formFault({ object, after }: WorkOrderLink): Fault | undefined {
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
  const foreign = foreignId(object, derived, '')
  if (foreign === undefined) return undefined
  return { code: 'PT-1011', detail: `${foreign} holds no id of this trail` }
}

/**
 * Why the order is not this agent's word, undefined when it is (wire format sections 3 and 4).
 * @param at RFC 3339: when the order reached the broker, or the door
 * @param verified of the key that `keyOfOrder` finds
 */
export function authenticityFault(
  link: WorkOrderLink,
  agent: AgentRegistered,
  at: string,
  verified: VerifiedLinks,
): Fault | undefined {
  const trailKey = keyOfOrder(link, agent)
  if (trailKey === undefined) {
    return { code: 'PT-1004', detail: `${agent.agent_id} has no key ${link.key_id}` }
  }
  if (!verified.has(link)) {
    return { code: 'PT-1005', detail: `not the signature of ${link.key_id}` }
  }
  const { issued_at } = link.object
  const fault = keyFault(trailKey, 'agent', issued_at)
  if (fault !== undefined) {
    return { code: 'PT-1006', detail: `${fault} at issued_at ${issued_at}` }
  }
  if (keyFault(trailKey, 'agent', at) === 'KEY_EXPIRED') {
    return { code: 'PT-1006', detail: `the key had expired at ${at}` }
  }
  if (Date.parse(issued_at) > Date.parse(at) + AHEAD_MS) {
    return { code: 'PT-1012', detail: `issued_at ${issued_at}, arrived ${at}` }
  }
  return undefined
}

/** The key that an order names; undefined where its agent has no such key. */
export function keyOfOrder(
  { key_id }: Pick<WorkOrderLink, 'key_id'>,
  agent: AgentRegistered | undefined,
): TrailKey | undefined {
  const key = agent?.keys.find(({ kid }) => kid === key_id)
  return agent && key && trailKeyFrom(key, agent.agent_id, 'agent')
}

/** A registered key as the verifier's key list holds it. */
export function trailKeyFrom(key: PublicKey, party: string, role: Role): TrailKey {
  return {
    ...{ kty: 'OKP', crv: 'Ed25519', use: 'sig', alg: 'EdDSA', party, roles: [role] },
    ...key,
  }
}

/** The path of the first member that may only hold an id of this trail and holds another text. */
function foreignId(value: unknown, own: string, path: string): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  for (const [name, member] of Object.entries(value)) {
    if (!Array.isArray(value) && name.startsWith('evidence')) continue
    const here = `${path}/${name}`
    const isOwn = name === 'work_order_id' && member === own
    if (!Array.isArray(value) && ID_MEMBERS.has(name) && !isOwn) return here
    const deeper = foreignId(member, own, here)
    if (deeper !== undefined) return deeper
  }
  return undefined
}
