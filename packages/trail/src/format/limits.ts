/** Limits and times of the wire format: whoever makes, judges or verifies a trail uses these. */

/** Clocks of two parties may differ by this much. */
export const CLOCK_SKEW_MS: number = 5 * 60 * 1000

/** Past this, counted from the order's expiry, no result is accepted. */
export const RESULT_GRACE_MS: number = 60 * 60 * 1000

/** Credits are held for this long past the order's expiry: a result in time finds its hold. */
export const HOLD_GRACE_MS: number = RESULT_GRACE_MS + CLOCK_SKEW_MS

/** An order, in JCS form. */
export const MAX_ORDER_BYTES = 1_500_000

/** The objects of a result together, in JCS form: later topics carry them, with more beside them. */
export const MAX_RESULT_BYTES = 1_500_000

/**
 * Tickets of one contract, and numbers among which a ticket's id is looked for: each ticket is an
 * event of the ledger entry.
 */
export const MAX_TICKETS = 64

/** Attempts of one order. */
export const MAX_ATTEMPTS = 1000

/** Levels that a link's statement adds around its object. */
export const STATEMENT_LEVELS = 2
