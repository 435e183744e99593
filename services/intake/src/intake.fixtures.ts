import {
  type AgentAnnounced,
  type AgentRegistered,
  doorsOf,
  type Manifest,
  type PublicKey,
  signAtDoor,
  type ToolAnnounced,
  type ToolDirected,
  type ToolRegistered,
  type WorkOrder,
  type WorkOrderLink,
} from '@prooftrail/contracts'
import { verifiedBy } from '@prooftrail/testing/trail'
import {
  generateKeyPair,
  Link,
  type SigningKey,
  signingKeyFromJwk,
  thumbprint,
  workOrderId,
} from '@prooftrail/trail'
import { digestOf, signRecord } from '@prooftrail/trail/encoding'
import type { AgentInput, Context, DirectiveInput, OrderInput, ToolInput } from './state.ts'

/** Orders, agents and tools for tests: each one is good, and a test spoils one thing. */

const DAY_MS = 24 * 3_600_000
export const AT = '2026-11-23T12:00:00.000Z'
const REGISTERED_AT = '2026-11-23T11:00:00.000Z'

export const agentKey = makeKey('agent-1', 'agent')
export const otherKey = makeKey('agent-2', 'agent')
export const toolKey = makeKey('settling', 'executor')
export const intakeKey = makeKey('intake', 'intake')

/** Seconds since 1970 of a time, plus some. */
export function seconds(time: string, plus = 0): number {
  return Math.floor(Date.parse(time) / 1000) + plus
}

export function publicKey({ privateKey: { x }, key_id }: SigningKey): PublicKey {
  return { kid: key_id, x }
}

export function anAgent(changes: Partial<AgentRegistered> = {}): AgentRegistered {
  return {
    agent_id: 'agent-1',
    keys: [{ ...publicKey(agentKey), nbf: seconds(REGISTERED_AT, -300) }],
    account: 'agent-1',
    registered_at: REGISTERED_AT,
    revision: 0,
    ...changes,
  }
}

export function aManifest(changes: Partial<Manifest> = {}): Manifest {
  return {
    manifest_version: 'prooftrail-tool-manifest/v1',
    tool: 'settling',
    version: '1.0.0',
    title: 'Settling',
    description: 'Reviews what was settled.',
    capabilities: ['settlement_review'],
    pilot_id: 'settling_controlled_pilot_001',
    steps: ['Accept', 'Create', 'Execute', 'Return', 'Review'],
    evidence: {
      invoice: { description: 'The invoice.', required: true, weight: 60 },
      confirmation: { description: 'Its confirmation.', required: true, weight: 40 },
      note: { description: 'A note.', required: false, weight: 0 },
    },
    proof_trail: [
      ...['work_order', 'execution_command', 'result_contract', 'usage_receipt'],
      ...['callback_delivery', 'ledger_entry', 'attestation'],
    ],
    price: { credits: 5, metering_policy: 'fixed_credit_debit' },
    limits: { heartbeat_seconds: 10, deadline_seconds: 60, max_attempts: 3 },
    ...changes,
  }
}

/** A registered tool with one version per manifest. */
export function aTool(...manifests: Manifest[]): ToolRegistered {
  const all = manifests.length > 0 ? manifests : [aManifest()]
  return {
    tool: 'settling',
    keys: [{ ...publicKey(toolKey), nbf: seconds(REGISTERED_AT, -300) }],
    versions: all.map((manifest) => ({
      version: manifest.version,
      manifest: asJson(manifest),
      manifest_digest: digestOf(manifest),
      price: manifest.price.credits,
      registered_at: REGISTERED_AT,
    })),
    registered_at: REGISTERED_AT,
    revision: 0,
  }
}

/** A good order with some members changed; `undefined` takes a member out. */
export function anOrder(changes: { [name: string]: unknown } = {}): WorkOrder {
  const agent_id = typeof changes.agent_id === 'string' ? changes.agent_id : 'agent-1'
  const key = typeof changes.idempotency_key === 'string' ? changes.idempotency_key : 'key-1'
  const order = {
    object_type: 'work_order',
    work_order_id: workOrderId(agent_id, key),
    schema_version: 'prooftrail-work-order/v1',
    agent_id,
    idempotency_key: key,
    requested_tool: 'settling',
    requested_capability: 'settlement_review',
    execution_mode: 'controlled_pilot',
    evidence: { invoice: { reference: 'inv-1' }, confirmation: [{ reference: 'conf-1' }] },
    callback_url: 'https://agent.example.com/callback',
    issued_at: '2026-11-23T11:59:00.000Z',
    expires_at: '2026-11-23T13:00:00.000Z',
    ...changes,
  }
  const present = Object.entries(order).filter(([, value]) => value !== undefined)
  // tests spoil members on purpose
  return Object.fromEntries(present) as unknown as WorkOrder
}

export function signed(order: WorkOrder, key: SigningKey = agentKey): WorkOrderLink {
  return Link.sign('work_order', order, [], key)
}

export function submitted(link: WorkOrderLink, changes: Partial<OrderInput> = {}): OrderInput {
  return {
    id: 'message-1',
    type: 'work-order.submitted',
    at: AT,
    key: link.object.work_order_id,
    data: link,
    ...changes,
  }
}

let said = 0

/** A moment after a time, later with every call: whatever is said later is newer. */
function nextMoment(time: string): string {
  said += 1
  return new Date(Date.parse(time) + said).toISOString()
}

export function announcedTool(
  changes: Partial<ToolAnnounced> = {},
  key: SigningKey = toolKey,
  at = AT,
): ToolInput {
  const unsigned: ToolAnnounced = {
    tool: 'settling',
    version: '1.0.0',
    manifest: asJson(aManifest()),
    key: publicKey(key),
    announced_at: nextMoment(at),
    signature: '',
    ...changes,
  }
  const { signature } = signRecord(unsigned, key.privateKey)
  const data = { ...unsigned, signature: changes.signature ?? signature }
  return { id: 'message-2', type: 'tool.announced', at, key: data.tool, data }
}

/** An operator's word about the tool, as the door signs it. */
export function directedTool(
  changes: Partial<ToolDirected> = {},
  at = AT,
  key: SigningKey = intakeKey,
): DirectiveInput {
  const word = { tool: 'settling', operator: 'ops', directed_at: nextMoment(at), ...changes }
  const data = signAtDoor(word, key)
  return { id: 'message-4', type: 'tool.directed', at, key: data.tool, data }
}

export function announcedAgent(
  changes: Partial<AgentAnnounced> = {},
  at = AT,
  key: SigningKey = intakeKey,
): AgentInput {
  const word: AgentAnnounced = {
    agent_id: 'agent-1',
    keys: [publicKey(agentKey)],
    account: 'agent-1',
    announced_at: nextMoment(at),
    ...changes,
  }
  const data = signAtDoor(word, key)
  return { id: 'message-3', type: 'agent.announced', at, key: data.agent_id, data }
}

export function aContext(changes: Partial<Context> = {}): Context {
  return {
    agents: new Map([['agent-1', anAgent()]]),
    tools: new Map([['settling', aTool()]]),
    holders: new Map(),
    awaiting: new Map(),
    verified: verifiedBy(agentKey, otherKey),
    key: intakeKey,
    taskSecret: new Uint8Array(32).fill(7),
    policy: {
      allowedNetworks: [],
      allowedPorts: [],
      maxOrderMs: 31 * DAY_MS,
      toolRegistration: 'open',
      maxAwaitingCredits: 10,
    },
    isDoors: doorsOf(intakeKey, 'intake', [], () => Date.parse(AT)),
    hasRoomForTools: true,
    tooSoon: new Set(),
    accounts: new Map(),
    ...changes,
  }
}

/** A manifest is JSON; its interface only lacks the index signature. */
export function asJson(manifest: Manifest): ToolAnnounced['manifest'] {
  return JSON.parse(JSON.stringify(manifest))
}

function makeKey(party: string, role: SigningKey['roles'][number]): SigningKey {
  const { privateKey } = generateKeyPair()
  return signingKeyFromJwk({ ...privateKey, kid: thumbprint(privateKey) }, { party, roles: [role] })
}
