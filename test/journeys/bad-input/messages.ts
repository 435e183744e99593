import { makeAgentKeys, signWorkOrder } from '@prooftrail/agent-sdk'
import { type Json, topics } from '@prooftrail/contracts'
import { changedLink } from '@prooftrail/testing/trail'
import { Link, signingKeyFromJwk } from '@prooftrail/trail'
import avsc from 'avsc'
import type { Agent, SignedOrder } from '../../toolkit/agent.ts'

const submitted = avsc.Type.forSchema(JSON.parse(topics['work-order.submitted'].schema))

/**
 * The bytes of an order whose evidence is any text: what a producer writes that checks nothing.
 * @param frame the 5 bytes before the value
 */
export function withEvidenceText(order: SignedOrder, evidence: string, frame: Buffer): Buffer {
  const optional = Object.fromEntries(
    ['client_id', 'pilot_id', 'callback_policy', 'contract_id', 'quote_id'].map((name) => [
      name,
      null,
    ]),
  )
  const object = { ...optional, ...asText(order.object), evidence }
  return Buffer.concat([frame, submitted.toBuffer({ ...order.toJSON(), object })])
}

/** Members of type json are text on the wire. */
function asText(object: SignedOrder['object']): Record<string, unknown> {
  const { evidence, workflow_context, requested_output, pilot_controls } = object
  const text = (value: Json | undefined) => (value === undefined ? null : JSON.stringify(value))
  return {
    ...{ callback_url: null, proof_requirements: null },
    ...object,
    evidence: text(evidence),
    workflow_context: text(workflow_context),
    requested_output: text(requested_output),
    pilot_controls: text(pilot_controls),
  }
}

/** An order that says it is the agent's, signed by somebody else. */
export function forged(agent: Agent): SignedOrder {
  return signWorkOrder(agent.order().object, makeAgentKeys().privateJwk)
}

/** The same, and it names the agent's key. */
export function forgedUnderItsKey(agent: Agent): SignedOrder {
  const { object } = agent.order()
  const forged = signWorkOrder(object, makeAgentKeys().privateJwk)
  return changedLink(forged, { key_id: agent.keys.publicJwk.kid })
}

export function withBrokenSignature(agent: Agent): SignedOrder {
  const order = agent.order()
  const bytes = Buffer.from(order.signature, 'base64')
  bytes.writeUInt8(bytes.readUInt8(9) ^ 1, 9)
  return changedLink(order, { signature: bytes.toString('base64') })
}

export function changedAfterSigning(agent: Agent): SignedOrder {
  const order = agent.order()
  const object = { ...order.object, requested_capability: 'token_operations' }
  return changedLink(order, { object })
}

/** An order that claims to follow something. */
export function following(agent: Agent): SignedOrder {
  const { object } = agent.order()
  const key = signingKeyFromJwk(agent.keys.privateJwk, { party: agent.id, roles: ['agent'] })
  return Link.sign('work_order', object, [agent.order().ref], key)
}

const HOUR_MS = 3_600_000

/** RFC 3339, so many hours from now. */
export function inHours(hours: number): string {
  return new Date(Date.now() + hours * HOUR_MS).toISOString()
}

/** Evidence of about so many bytes. */
export function evidenceOf(bytes: number): Json {
  return {
    settlement_reference: { reference: 'INV-1', note: 'x'.repeat(bytes) },
    payment_request_artifact: { reference: 'pr/1' },
  }
}
