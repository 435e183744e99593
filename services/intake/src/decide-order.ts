import type { IntakeDecision, Pins, WorkOrderLink } from '@prooftrail/contracts'
import { agentDocument, Refusal, RetryLater, toolDocument, WAIT_SECONDS } from '@prooftrail/runtime'
import { deriveId, Link, taskToken } from '@prooftrail/trail'
import type { Digest } from '@prooftrail/trail/encoding'
import { formFault, keyTimeFault, signatureFault } from './authenticate.ts'
import type { Fault } from './codes.ts'
import { MAX_ANSWERED_BYTES, POLICY_VERSION } from './policy.ts'
import { judge } from './reasons.ts'
import type { Context, IntakeEvent, OrderInput, State } from './state.ts'

/**
 * Judges an order: first the agent, its key and its signature, and only then what it says. An order claims its id only once it is the agent's own word; from there on it
 * is answered by one event, with all reasons at once.
 * @throws RetryLater while the agent, or else nothing but the tool, is unknown for less than 30 s
 * @throws Refusal for an order that is not the agent's word, can be no link of a trail, or comes
 *   with another body under an id that is taken: parked, the state stays
 */
export function onWorkOrderSubmitted(
  state: State,
  input: OrderInput,
  context: Context,
): IntakeEvent[] {
  const { data: link, at } = input
  const { agent_id, requested_tool } = link.object
  const agent = context.agents.get(agent_id)
  if (agent === undefined) {
    const detail = `${agent_id} is not registered`
    if (!isPatient(input)) throw new Refusal('PT-1003', detail)
    throw new RetryLater('PT-1003', detail, agentDocument(agent_id))
  }
  refuse(signatureFault(link, agent, context.verified))
  refuse(formFault(link))
  const { text, digest } = link
  if (state.status === 'order' && state.digest === digest) return []
  const bytes = Buffer.byteLength(text)
  if (bytes > MAX_ANSWERED_BYTES) throw new Refusal('PT-1009', `${bytes} bytes as JSON`)
  refuse(keyTimeFault(link, agent, at))
  // from here on it is known whose word it is
  const party = agentDocument(agent_id)
  if (state.status === 'order') {
    throw new Refusal('PT-1008', `${link.object.work_order_id} is another order`, {
      firstDigest: state.digest,
      party,
    })
  }

  const awaiting = context.awaiting.get(agent_id) ?? 0
  if (awaiting >= context.policy.maxAwaitingCredits) {
    throw new Refusal('PT-1066', `${awaiting} orders of ${agent_id} wait for credits`, { party })
  }

  const tool = context.tools.get(requested_tool)
  const { reasons, pins } = judge({ link, agent, tool, at, bytes, policy: context.policy })
  const onlyToolUnknown = reasons.length === 1 && reasons[0]?.code === 'PT-1022'
  if (onlyToolUnknown && isPatient(input)) {
    const detail = `${requested_tool} is not registered`
    throw new RetryLater('PT-1022', detail, toolDocument(requested_tool))
  }
  return [pins ? accepted(link, pins, at, context) : rejected(link, digest, reasons, at, context)]
}

function isPatient({ waited = 0 }: OrderInput): boolean {
  return waited < WAIT_SECONDS
}

function refuse(fault: Fault | undefined): void {
  if (fault !== undefined) throw new Refusal(fault.code, fault.detail)
}

function accepted(order: WorkOrderLink, pins: Pins, at: string, context: Context): IntakeEvent {
  const { work_order_id } = order.object
  return {
    type: 'work-order.accepted',
    data: {
      accepted: {
        work_order_id,
        task_token: taskToken(context.taskSecret, work_order_id),
        order,
        pins,
        accepted_at: at,
      },
    },
  }
}

function rejected(
  order: WorkOrderLink,
  digest: Digest,
  reasons: readonly Fault[],
  at: string,
  context: Context,
): IntakeEvent {
  const { work_order_id } = order.object
  const object: IntakeDecision = {
    object_type: 'intake_decision',
    decision_id: deriveId('dec', work_order_id, 0),
    work_order_id,
    decision: 'rejected',
    reason_codes: [...new Set(reasons.map(({ code }) => code))],
    reasons: [...reasons],
    policy_version: POLICY_VERSION,
    work_order_digest: digest,
    issued_at: at,
  }
  const after = [{ name: 'work_order', digest }]
  return {
    type: 'work-order.rejected',
    data: {
      work_order_id,
      task_token: taskToken(context.taskSecret, work_order_id),
      order,
      decision: Link.sign('intake_decision', object, after, context.key),
    },
  }
}
