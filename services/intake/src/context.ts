import type { AgentRegistered, ToolRegistered } from '@prooftrail/contracts'
import type { SigningKey } from '@prooftrail/trail'
import type { Policy } from './policy.ts'

/** Everything that deciding one wave needs from outside; the rest is in the input. */
export interface Context {
  /** The registered ones among those that the wave names. */
  agents: ReadonlyMap<string, AgentRegistered>
  tools: ReadonlyMap<string, ToolRegistered>
  /** Who holds the keys that the wave's announcements name, by kid. */
  holders: ReadonlyMap<string, string>
  /** Signs intake's decisions. */
  key: SigningKey
  /** Of task handles. */
  taskSecret: Uint8Array
  policy: Policy
}
