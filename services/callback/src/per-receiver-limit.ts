import pLimit, { type LimitFunction } from 'p-limit'

/**
 * Places per receiver, so that a slow one holds up its own callbacks and nobody else's.
 * G1 At most `places` requests to one receiver are under way.
 * G2 Who waits longer than `waitMs`, or finds `queue` others waiting, is turned away: its attempt
 *    is put off, not counted.
 */
export interface PerReceiverOptions {
  places: number
  queue: number
  waitMs: number
}

export interface PerReceiverLimit {
  /**
   * Runs `act` on a place of `receiver`.
   * @param since epoch milliseconds; the wait counts from then
   * @returns what `act` answers, or undefined when it was turned away and never ran
   */
  pass<T>(receiver: string, since: number, act: () => Promise<T>): Promise<T | undefined>
}

export function makePerReceiverLimit({
  places,
  queue,
  waitMs,
}: PerReceiverOptions): PerReceiverLimit {
  const receivers = new Map<string, { limit: LimitFunction; users: number }>()
  return {
    async pass(receiver, since, act) {
      const entry = receivers.get(receiver) ?? { limit: pLimit(places), users: 0 }
      if (entry.users >= places + queue) return undefined
      receivers.set(receiver, entry)
      entry.users += 1
      try {
        return await entry.limit(async () =>
          Date.now() - since > waitMs ? undefined : await act(),
        )
      } finally {
        entry.users -= 1
        if (entry.users === 0) receivers.delete(receiver)
      }
    },
  }
}
