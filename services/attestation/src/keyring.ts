import { agentDocument, toolDocument } from '@prooftrail/runtime'
import type { KeySet, TrailKey } from '@prooftrail/trail'
import { LRUCache } from 'lru-cache'
import type { FindKey } from './check-link.ts'
import { type AttestationInput, initial, type State } from './state.ts'

/** Reads party documents past any cache: other processes register keys too. */
export interface PartyReader {
  read(ids: readonly string[]): Promise<ReadonlyMap<string, { state: State }>>
}

/** Keys of the deployment (from its file) and of agents and tools (from their documents). */
export interface Keyring {
  /** Knows the keys that a wave's links need, as far as anybody does. */
  prepare(inputs: readonly AttestationInput[]): Promise<FindKey>
}

/** A party's document is trusted this long; an unknown key is looked up at once all the same. */
const FRESH_MS = 5_000
const MAX_PARTIES = 20_000

interface Held {
  keys: ReadonlyMap<string, TrailKey>
  read_at: number
}

/** @param now milliseconds; only the age of cached documents depends on it */
export function makeKeyring(
  services: KeySet,
  reader: PartyReader,
  now: () => number = Date.now,
): Keyring {
  const own = new Map(services.keys.map((key) => [key.kid, key]))
  const parties = new LRUCache<string, Held>({ max: MAX_PARTIES })

  async function load(ids: string[]): Promise<void> {
    const found = await reader.read(ids)
    const read_at = now()
    for (const id of ids) {
      const state = found.get(id)?.state ?? initial
      const keys = state.status === 'keys' ? state.keys : []
      parties.set(id, { keys: new Map(keys.map((key) => [key.kid, key])), read_at })
    }
  }

  return {
    async prepare(inputs) {
      const needs = inputs.flatMap(needed)
      const stale = needs.filter(({ party, key_id }) => {
        const held = parties.get(party)
        return held === undefined || !held.keys.has(key_id) || now() - held.read_at > FRESH_MS
      })
      if (stale.length > 0) await load([...new Set(stale.map(({ party }) => party))])
      const found = new Map<string, TrailKey>()
      for (const { party, key_id } of needs) {
        const key = parties.get(party)?.keys.get(key_id)
        if (key) found.set(key_id, key)
      }
      // A key of the deployment is never learned from the bus, so its file goes first.
      return (keyId) => own.get(keyId) ?? found.get(keyId)
    },
  }
}

/** Documents whose keys the input's links name: its agent's, its tool's. */
function needed(input: AttestationInput): { party: string; key_id: string }[] {
  switch (input.type) {
    case 'execution.bound':
    case 'work-order.rejected': {
      const { object, key_id } = input.data.order
      return [{ party: agentDocument(object.agent_id), key_id }]
    }
    case 'result.accepted': {
      const { result_contract, links } = input.data
      const party = toolDocument(result_contract.object.requested_tool)
      return [result_contract, ...(links ?? [])].map(({ key_id }) => ({ party, key_id }))
    }
    case 'run.expired': {
      const { order } = input.data
      if (order === undefined) return []
      return [{ party: agentDocument(order.object.agent_id), key_id: order.key_id }]
    }
    case 'recovery.accepted': {
      const { act, agent_id } = input.data
      return [{ party: agentDocument(agent_id), key_id: act.key_id }]
    }
    default:
      return []
  }
}
