import { Refusal } from '@prooftrail/runtime'
import { digestOnce, workOrderId } from '@prooftrail/trail'
import type { Context } from './context.ts'
import { decideAgent } from './decide-agent.ts'
import { decideOrder } from './decide-order.ts'
import { decideTool } from './decide-tool.ts'
import {
  agentDocument,
  type IntakeEvent,
  type IntakeInput,
  type State,
  toolDocument,
} from './state.ts'

/**
 * The document of an input: the work order's id, `agent/<id>` or `tool/<name>`.
 * @throws Refusal PT-1001 when the message key is another than the id inside, PT-1002 when a work
 *   order's id is not derived: nobody reaches a document under a name of his choice
 */
export function route({ type, data, key }: IntakeInput): string {
  switch (type) {
    case 'work-order.submitted': {
      const { work_order_id, agent_id, idempotency_key } = data.object
      checkKey(key, work_order_id)
      const derived = workOrderId(agent_id, idempotency_key)
      if (work_order_id !== derived) throw new Refusal('PT-1002', `derived is ${derived}`)
      return work_order_id
    }
    case 'agent.announced':
      checkKey(key, data.agent_id)
      return agentDocument(data.agent_id)
    case 'tool.announced':
      checkKey(key, data.tool)
      return toolDocument(data.tool)
  }
}

/** What follows from an input. Pure: the same state, input and context give the same bytes. */
export function decide(state: State, input: IntakeInput, context: Context): IntakeEvent[] {
  switch (input.type) {
    case 'work-order.submitted':
      return decideOrder(state, input, context)
    case 'agent.announced':
      return decideAgent(state, input, context)
    case 'tool.announced':
      return decideTool(state, input, context)
  }
}

/** The state after an event; published events alone are enough to fold a document again. */
export function evolve(_state: State, event: IntakeEvent): State {
  switch (event.type) {
    case 'work-order.accepted': {
      const { order, pins, accepted_at } = event.data.accepted
      return {
        ...{ kind: 'order', status: 'accepted', digest: digestOnce(order.object) },
        ...{ decided_at: accepted_at, agent_id: order.object.agent_id },
        ...{ tool: pins.tool, manifest_version: pins.manifest_version },
      }
    }
    case 'work-order.rejected': {
      const { order, decision } = event.data
      const { work_order_digest, issued_at, reasons } = decision.object
      return {
        ...{ kind: 'order', status: 'rejected', digest: work_order_digest, reasons },
        ...{ decided_at: issued_at, agent_id: order.object.agent_id },
        tool: order.object.requested_tool,
      }
    }
    case 'agent.registered':
      return { kind: 'agent', agent: event.data }
    case 'tool.registered':
      return { kind: 'tool', tool: event.data }
  }
}

function checkKey(key: string | undefined, id: string): void {
  if (key !== id) throw new Refusal('PT-1001', `the key is ${key ?? 'absent'}, the id is ${id}`)
}
