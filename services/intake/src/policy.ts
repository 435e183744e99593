/** What the deployment sets about accepting orders. */
export interface Policy {
  /** Networks in CIDR form that callbacks may go to although they are not public. */
  allowedNetworks: readonly string[]
  /** Ports that callbacks may go to; empty: those that the contracts name. */
  allowedPorts: readonly number[]
}

/** Names the rules of this package; every decision and every pin carries it. */
export const POLICY_VERSION = 'prooftrail-intake/v1'

export { MAX_ORDER_BYTES } from '@prooftrail/trail/format'

/**
 * A larger order cannot be answered by an event: the event carries the order, and its topic takes
 * 4 MiB. Such an order is parked.
 */
export const MAX_ANSWERED_BYTES = 3_000_000
