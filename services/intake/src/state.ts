import type {
  AgentRegistered,
  DoorSigned,
  Reason,
  ToolAnnounced,
  ToolRegistered,
} from '@prooftrail/contracts'
import type { EventOf, InputOf, Message } from '@prooftrail/runtime'
import type { SigningKey, VerifiedLinks } from '@prooftrail/trail'
import type { Digest } from '@prooftrail/trail/encoding'
import type { AnnouncementBudget } from './announcement-budget.ts'
import type { KeyHolders } from './key-holders.ts'
import type { OrderAdmission } from './load/admission-control.ts'
import type { AwaitingCredits } from './load/awaiting-credits.ts'
import type { QuotaLimits } from './load/quotas.ts'
import type { Signatures } from './load/senders.ts'
import type { Policy } from './policy.ts'
import type { Registry } from './registry.ts'

/** One document per work order, agent and tool; what kind it is shows in its id and its state. */
export type State = Absent | OrderState | AgentState | ToolState

/** Nothing was decided: no id is claimed. */
export interface Absent {
  status: 'absent'
}

/** Decided once and for ever; `digest` is that of the order which claimed the id. */
export interface OrderState {
  status: 'order'
  decision: 'accepted' | 'rejected'
  digest: Digest
  /** RFC 3339: when the order reached the broker. */
  decided_at: string
  agent_id: string
  tool: string
  /** The manifest version that an accepted order is pinned to. */
  manifest_version?: string
  /** All reasons of a rejection. */
  reasons?: Reason[]
  /** Whether the accepted order waits for credits now; absent while receipt has said nothing. */
  awaits_credits?: boolean
}

/** The registration as it was last published. */
export interface AgentState {
  status: 'agent'
  agent: AgentRegistered
}

/** The registration as it was last published, every version in it. */
export interface ToolState {
  status: 'tool'
  tool: ToolRegistered
}

/** Everything that deciding one wave needs from outside; the rest is in the input. */
export interface Context {
  /** The registered ones among those that the wave names. */
  agents: ReadonlyMap<string, AgentRegistered>
  tools: ReadonlyMap<string, ToolRegistered>
  /** Who holds the keys that the wave's announcements name, by kid. */
  holders: ReadonlyMap<string, string>
  /** The wave's orders whose signature is that of their agent's key. */
  verified: VerifiedLinks
  /** By agent, how many of its orders wait for credits. */
  awaiting: ReadonlyMap<string, number>
  /** Signs intake's decisions. */
  key: SigningKey
  /** Of task handles. */
  taskSecret: Uint8Array
  policy: Policy
  /** Whether a door of intake signed the record. */
  isDoors(record: DoorSigned): boolean
  /** Whether another tool may be registered. */
  hasRoomForTools: boolean
  /** The wave's announcements that come too soon after others of their tool. */
  tooSoon: ReadonlySet<ToolAnnounced>
  /** Whose the accounts are that the wave's announcements name: an agent's document id. */
  accounts: ReadonlyMap<string, string>
}

/** What contexts and routes are made with. */
export interface Tools extends Pick<Context, 'key' | 'taskSecret' | 'policy' | 'isDoors'> {
  registry: Registry
  keyHolders: KeyHolders
  /** Whether another tool may be registered. */
  hasRoomForTools(): Promise<boolean>
  announcements: Pick<AnnouncementBudget, 'beyond'>
  /** Whose each of these accounts is: an agent's document id; absent: nobody's. */
  findAccounts(accounts: readonly string[]): Promise<Map<string, string>>
  /** Base of the addresses in answers, without a slash at its end. */
  publicUrl: string
  /** Resolves when the broker has the message; rejects on an outage (answered 503). */
  produce(name: DoorTopic, value: unknown): Promise<void>
  signatures: Signatures
  awaitingCredits: AwaitingCredits
  /** What one agent may have. */
  quotas: QuotaLimits
  /** Whether an order may come in now. */
  admission: Pick<OrderAdmission, 'turnAway' | 'turnAwayAgent' | 'refused'>
  /** Epoch milliseconds. */
  now(): number
}

/** The topics that the routes write to; orders are their agent's word. */
export type DoorTopic = 'work-order.submitted' | 'agent.announced' | 'tool.directed'

/**
 * Every event but those of `events` is published, and these say again what receipt published: a
 * document can be folded again from the topics alone.
 */
export interface Intake {
  party: 'intake'
  doors: 'agent.announced' | 'tool.directed'
  state: State
  inputs: Record<never, never>
  events: { 'credits.awaited': object; 'credits.settled': object }
  context: Context
  tools: Tools
}

export type IntakeInput = InputOf<Intake>
export type IntakeEvent = EventOf<Intake>
export type OrderInput = Message<'work-order.submitted'>
export type TicketInput = Message<'exception.opened'> | Message<'exception.resolved'>
export type AgentInput = Message<'agent.announced'>
export type ToolInput = Message<'tool.announced'>
export type DirectiveInput = Message<'tool.directed'>
