import type { Reader } from '@prooftrail/runtime'
import { LRUCache } from 'lru-cache'
import type { State } from '../state.ts'

/** How many orders of an agent wait for credits, as receipt has told. */
export interface AwaitingCredits {
  /** How many there may be, after which no more are taken. */
  readonly most: number
  /** By agent. @throws in an outage */
  of(agents: readonly string[]): Promise<Map<string, number>>
}

/** A number is used again for so long: a few more than may be are taken meanwhile. */
const KEPT_MS = 5_000
const MAX_KNOWN = 10_000

export function openAwaitingCredits(
  reader: Pick<Reader<State>, 'count'>,
  most: number,
): AwaitingCredits {
  const known = new LRUCache<string, number>({ max: MAX_KNOWN, ttl: KEPT_MS })
  return {
    most,
    async of(agents) {
      const counted = await Promise.all(
        [...new Set(agents)].map(async (agent) => {
          const count = known.get(agent) ?? (await reader.count({ 'ix.awaits': agent }))
          known.set(agent, count, { noUpdateTTL: true })
          return [agent, count] as const
        }),
      )
      return new Map(counted)
    },
  }
}
