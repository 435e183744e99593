import type { PublicKey } from '@prooftrail/contracts'
import { type Role, type TrailKey, trailKeyOf } from '@prooftrail/trail'
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
    .map((key) => toTrailKey(party, role, key))
    .filter(({ kid }) => isNews || held.every((one) => one.kid !== kid))
  if (keys.length === 0) return []
  return [{ type: 'keys.learned', data: { keys, revision: data.revision } }]
}

function toTrailKey(party: string, role: Role, { x, nbf, exp }: PublicKey): TrailKey {
  return trailKeyOf(
    { party, roles: [role], publicKey: { kty: 'OKP', crv: 'Ed25519', x } },
    { ...(nbf === undefined ? {} : { nbf }), ...(exp === undefined ? {} : { exp }) },
  )
}
