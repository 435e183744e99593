import { LRUCache } from 'lru-cache'

/** What one agent may have of intake; each process counts what it takes itself. */
export interface QuotaLimits {
  /** Orders that are taken, refused ones among them. */
  ordersPerMinute: number
  bytesPerMinute: number
  /** Orders that may wait for their turn, and their bytes. */
  waitingOrders: number
  waitingBytes: number
}

/** Agents of whom it is remembered what they had. */
const MAX_AGENTS = 10_000
const MINUTE_MS = 60_000

interface Account {
  orders: number
  bytes: number
  at: number
}

/**
 * How much each agent may still have: a minute's worth at once, and after that as it comes back.
 * Q1 Whoever has something left may have one more, however large: what it has too much is owed.
 * Q2 Nobody's account but the agent's own is asked or changed.
 */
export class Quotas {
  readonly #limits: QuotaLimits
  readonly #now: () => number
  readonly #accounts = new LRUCache<string, Account>({ max: MAX_AGENTS })

  /** @param now milliseconds of a clock that only goes forward */
  constructor(limits: QuotaLimits, now: () => number) {
    this.#limits = limits
    this.#now = now
  }

  /** Milliseconds until the agent may have another order; 0: now. */
  waitMs(agent: string): number {
    const { ordersPerMinute, bytesPerMinute } = this.#limits
    const { orders, bytes } = this.#accountOf(agent)
    return Math.max(untilSome(orders, ordersPerMinute), untilSome(bytes, bytesPerMinute))
  }

  /** An order of the agent was taken, or refused. */
  spend(agent: string, bytes: number): void {
    const account = this.#accountOf(agent)
    const spent = { ...account, orders: account.orders - 1, bytes: account.bytes - bytes }
    this.#accounts.set(agent, spent)
  }

  /** What the agent has now. */
  #accountOf(agent: string): Account {
    const { ordersPerMinute, bytesPerMinute } = this.#limits
    const now = this.#now()
    const known = this.#accounts.get(agent)
    if (known === undefined) return { orders: ordersPerMinute, bytes: bytesPerMinute, at: now }
    const passed = (now - known.at) / MINUTE_MS
    return {
      orders: Math.min(ordersPerMinute, known.orders + passed * ordersPerMinute),
      bytes: Math.min(bytesPerMinute, known.bytes + passed * bytesPerMinute),
      at: now,
    }
  }
}

/** How long until something is left, where so much comes back in a minute. */
function untilSome(left: number, perMinute: number): number {
  return left > 0 ? 0 : Math.ceil(((1 - left) / perMinute) * MINUTE_MS)
}
