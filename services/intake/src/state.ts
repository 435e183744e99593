import type {
  AgentAnnounced,
  AgentRegistered,
  Reason,
  ToolAnnounced,
  ToolRegistered,
  WorkOrderAccepted,
  WorkOrderRejected,
  WorkOrderSubmitted,
} from '@prooftrail/contracts'
import type { Emitted, Input } from '@prooftrail/runtime'
import type { Digest } from '@prooftrail/trail'

/** One document per work order, agent and tool; what kind it is shows in its id and its state. */
export type State = Absent | OrderState | AgentState | ToolState

/** Nothing was decided: no id is claimed. */
export interface Absent {
  kind: 'absent'
}

/** Decided once and for ever; `digest` is that of the order which claimed the id. */
export interface OrderState {
  kind: 'order'
  status: 'accepted' | 'rejected'
  digest: Digest
  /** RFC 3339: when the order reached the broker. */
  decided_at: string
  agent_id: string
  tool: string
  /** The manifest version that an accepted order is pinned to. */
  manifest_version?: string
  /** All reasons of a rejection. */
  reasons?: Reason[]
}

/** The registration as it was last published. */
export interface AgentState {
  kind: 'agent'
  agent: AgentRegistered
}

/** The registration as it was last published, every version in it. */
export interface ToolState {
  kind: 'tool'
  tool: ToolRegistered
}

export type OrderInput = Input<'work-order.submitted', WorkOrderSubmitted>
export type AgentInput = Input<'agent.announced', AgentAnnounced>
export type ToolInput = Input<'tool.announced', ToolAnnounced>
export type IntakeInput = OrderInput | AgentInput | ToolInput

/** Every event is published, so a document can be folded again from the topics alone. */
export type IntakeEvent =
  | Emitted<'work-order.accepted', WorkOrderAccepted>
  | Emitted<'work-order.rejected', WorkOrderRejected>
  | Emitted<'agent.registered', AgentRegistered>
  | Emitted<'tool.registered', ToolRegistered>

/** Document id of an agent. */
export function agentDocument(agentId: string): string {
  return `agent/${agentId}`
}

/** Document id of a tool. */
export function toolDocument(tool: string): string {
  return `tool/${tool}`
}
