import {
  type AgentRegistered,
  checkHttpBody,
  type WorkOrder,
  type WorkOrderLink,
} from '@prooftrail/contracts'
import { Link, TrailError, type TrailKey, type WireLink } from '@prooftrail/trail'
import {
  canonicalizeChecked,
  parseStrict,
  sha256Hex,
  statementText,
  verifyPayload,
} from '@prooftrail/trail/encoding'
import { formFault, keyOfOrder, keyTimeFault, signatureFault } from './authenticate.ts'
import type { Fault } from './codes.ts'
import { describeFaults } from './describe-faults.ts'
import type { TurnedAway } from './load/admission-control.ts'
import type { Signatures } from './load/senders.ts'
import { MAX_ORDER_BYTES } from './policy.ts'
import { type RawOrder, rawStatement, readRawOrder } from './raw-order.ts'
import type { Registry } from './registry.ts'
import type { State } from './state.ts'

/** What the door says to an order before the loop judges it. */
export type Reception =
  | { outcome: 'fresh'; link: WorkOrderLink }
  /** The very same order was decided already. */
  | { outcome: 'known'; link: WorkOrderLink }
  /** The agent is to come again later. */
  | { outcome: 'away'; away: TurnedAway }
  | Refused

export interface Refused {
  outcome: 'refused'
  fault: Fault
  /** Digest of the order that holds the id. */
  firstDigest?: string
  /** The agent that signed it with this signature, where that is known. */
  by?: { agentId: string; signature: string }
}

export interface Reading {
  registry: Registry
  signatures: Pick<Signatures, 'verified'>
  stateOf(workOrderId: string): Promise<State | undefined>
  /** Whether the request itself is signed by a key of this agent: then its body is the agent's own. */
  isSentBy(agentId: string): Promise<boolean>
  /** Whether the agent is to come again later. */
  turnAway(agentId: string): Promise<TurnedAway | undefined>
  /** RFC 3339. */
  at: string
}

/**
 * An order that is not in canonical form is brought into it before its signature is checked, and
 * that is work for nothing where the signature is wrong: beyond this size nobody gets it who has not
 * signed the request.
 */
const MAX_REWRITTEN_BYTES = 32 * 1024

/**
 * Judges form, size and signature of the body of a request; the loop judges everything again.
 * The order of work: size, key, signature, and only then what the agent wrote. Whoever has no key of
 * an agent costs one pass over the bytes, and gets the first fault only.
 * @param body the bytes of the signed link { object, after, key_id, signature } as JSON
 */
export async function receiveOrder(body: Uint8Array, reading: Reading): Promise<Reception> {
  const raw = readRawOrder(body)
  if (raw === undefined) {
    return refused('PT-1010', 'no JSON object of object (with agent_id), after, key_id, signature')
  }
  const { agentId, object } = raw
  if (object.length > MAX_ORDER_BYTES) return refused('PT-1009', `${object.length} bytes as JSON`)
  const { agents } = await reading.registry.find({ agents: [agentId], tools: [] })
  const agent = agents.get(agentId)
  if (!agent) return refused('PT-1003', `${agentId} is not registered`)
  const key = keyOfOrder({ key_id: raw.keyId }, agent)
  if (!key) return refused('PT-1004', `${agentId} has no key ${raw.keyId}`)
  if (!raw.isFirst) return refused('PT-1007', 'after is not the empty list')
  const signed = await signedText(raw, key, reading)
  if (signed === undefined) {
    return refused('PT-1005', `not the signature of ${raw.keyId} over the object as it was sent`)
  }
  const away = await reading.turnAway(agentId)
  if (away) return { outcome: 'away', away }
  const judged = await judgeSigned(body, agent, signed.text, reading)
  if (judged.outcome !== 'refused') return judged
  return { ...judged, by: { agentId, signature: raw.signature } }
}

/** The text that the agent signed, or sent; undefined where it shows for neither. */
async function signedText(
  { agentId, object, signature }: RawOrder,
  key: TrailKey,
  { isSentBy }: Reading,
): Promise<{ text: string | undefined } | undefined> {
  const raw = rawStatement(object)
  if (verifyPayload(raw.statement, signature, key)) return { text: raw.text }
  if (object.length > MAX_REWRITTEN_BYTES) {
    return (await isSentBy(agentId)) ? { text: undefined } : undefined
  }
  const text = canonicalText(raw.text)
  if (text === undefined) return undefined
  const statement = statementText('work_order', text, sha256Hex(text), [])
  return verifyPayload(statement, signature, key) ? { text } : undefined
}

function canonicalText(json: string): string | undefined {
  try {
    return canonicalizeChecked(JSON.parse(json))
  } catch {
    return undefined
  }
}

/** Of an agent that is known to have sent this. */
async function judgeSigned(
  body: Uint8Array,
  agent: AgentRegistered,
  signedText: string | undefined,
  { signatures, stateOf, at }: Reading,
): Promise<Reception> {
  const parsed = parseLink(body)
  if ('outcome' in parsed) return parsed
  const { link } = parsed
  const form = formFault(link)
  if (form) return { outcome: 'refused', fault: form }
  const bytes = Buffer.byteLength(link.text)
  if (bytes > MAX_ORDER_BYTES) return refused('PT-1009', `${bytes} bytes as JSON`)
  const { agent_id, work_order_id } = link.object
  const verified =
    link.text === signedText
      ? new Set([link])
      : await signatures.verified([link], new Map([[agent_id, agent]]))
  const fault = signatureFault(link, agent, verified) ?? keyTimeFault(link, agent, at)
  if (fault) return { outcome: 'refused', fault }

  const state = await stateOf(work_order_id)
  if (state?.status !== 'order') return { outcome: 'fresh', link }
  if (state.digest === link.digest) return { outcome: 'known', link }
  return { ...refused('PT-1008', `${work_order_id} is another order`), firstDigest: state.digest }
}

function parseLink(body: Uint8Array): { link: WorkOrderLink } | Refused {
  let value: unknown
  try {
    value = parseStrict(body)
  } catch (error) {
    if (!(error instanceof TrailError)) throw error
    return refused('PT-1010', `${error.code}: ${error.message}`)
  }
  const faults = checkHttpBody('work-order', value)
  if (faults.some(({ path }) => !path.startsWith('/object/'))) {
    return refused('PT-1010', describeFaults(faults, 'body'))
  }
  const version = faults.filter(({ path }) => path === '/object/schema_version')
  if (version.length > 0) return refused('PT-1021', describeFaults(version, 'body'))
  if (faults.length > 0) return refused('PT-1020', describeFaults(faults, 'body'))
  // the schema is that of a signed work order
  return { link: Link.fromWire('work_order', value as WireLink<WorkOrder>) }
}

function refused(code: Fault['code'], detail: string): Refused {
  return { outcome: 'refused', fault: { code, detail } }
}
