/** What the deployment sets about accepting orders. */
export interface Policy {
  /** Networks in CIDR form that callbacks may go to although they are not public. */
  allowedNetworks: readonly string[]
  /** Ports that callbacks may go to besides the usual ones. */
  allowedPorts: readonly number[]
  /** How long after its issued_at an order may expire, in milliseconds: its credits are held so long. */
  maxOrderMs: number
  /** Who gives a new tool its name: whoever announces it first, or an operator. */
  toolRegistration: ToolRegistration
  /** So many orders of one agent may wait for credits. */
  maxAwaitingCredits: number
}

export type ToolRegistration = 'open' | 'operator'

/** Tools of a deployment: each is one document, an entry of the list of tools and keys of keys.json. */
export const MAX_TOOLS = 1_000

/** Names the rules of this package; every decision and every pin carries it. */
export const POLICY_VERSION = 'prooftrail-intake/v1'

export { MAX_ORDER_BYTES } from '@prooftrail/trail/format'

/**
 * A larger order cannot be answered by an event: the event carries the order, and its topic takes
 * 4 MiB. Such an order is parked.
 */
export const MAX_ANSWERED_BYTES = 3_000_000
