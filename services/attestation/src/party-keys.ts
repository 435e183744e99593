import type { PublicKey } from '@prooftrail/contracts'
import type { Role } from '@prooftrail/trail'
import { trailKeyFrom } from '@prooftrail/trail/format'
import type { AttestationEvent, State } from './state.ts'

/** What a registration tells of its party's keys; an older one only adds keys. */
export function learn(
  state: State,
  party: string,
  role: Role,
  data: { keys: PublicKey[]; revision: number },
): AttestationEvent[] {
  const isNews = state.status !== 'keys' || data.revision > state.revision
  const held = state.status === 'keys' ? state.keys : []
  const keys = data.keys
    .map((key) => trailKeyFrom(key, party, role))
    .filter(({ kid }) => isNews || held.every((one) => one.kid !== kid))
  if (keys.length === 0) return []
  return [{ type: 'keys.learned', data: { keys, revision: data.revision } }]
}
