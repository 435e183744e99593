import { type PrivateJwk, thumbprint } from '@prooftrail/trail'
import { isRecordOf, signRecord } from '@prooftrail/trail/encoding'

/** Names what the signature is for, so that no other record's can stand in for it. */
const PURPOSE = 'prooftrail-agent-key/v1'

/**
 * Shows that whoever registers a key for an agent holds its private half: the signature of
 * `{ purpose, agent_id, kid }` as a record (wire format section 3). It is good for this agent and
 * this key, for ever, and for nothing else.
 */
export function proveKey(agent_id: string, key: PrivateJwk): string {
  return signRecord({ purpose: PURPOSE, agent_id, kid: thumbprint(key) }, key).signature
}

/** Whether `proof` shows that the key is held by who asks to register it for the agent. */
export function provesKey(
  proof: string,
  agent_id: string,
  { kid, x }: { kid: string; x: string },
): boolean {
  const record = { purpose: PURPOSE, agent_id, kid, signature: proof }
  return isRecordOf(record, { x })
}
