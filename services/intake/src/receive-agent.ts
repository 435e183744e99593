import { type AgentAnnounced, compileOwn, provesKey } from '@prooftrail/contracts'
import type { Fault } from './codes.ts'
import { agentFaults } from './decide-agent.ts'
import { readBody, readKey } from './read-body.ts'

/** The body of `POST /v1/agents`. */
interface AgentRequest {
  agent_id: string
  /** A public JWK; `exp` (whole seconds) ends the key's validity. */
  public_key: Record<string, unknown>
  /** That the agent holds the key; may be absent for one that is registered for it already. */
  proof?: string
  /** The account that pays; the agent's own, named like it, when absent. */
  account?: string
  /** Absent: every tool. */
  tools?: string[]
}

const text = { type: 'string', maxLength: 128 } as const
const schema = {
  type: 'object',
  required: ['agent_id', 'public_key'],
  properties: {
    agent_id: text,
    public_key: { type: 'object' },
    proof: text,
    account: text,
    tools: { type: 'array', items: text, maxItems: 1000 },
  },
  additionalProperties: false,
} as const

const check = compileOwn(schema)

/**
 * Reads the registration of an agent: all faults at once. A private key is refused unseen.
 * @param body JSON bytes
 * @param at RFC 3339: now
 */
export function receiveAgent(
  body: Uint8Array,
  at: string,
): { announced: AgentAnnounced; isShown: boolean } | { fault: Fault } {
  const read = readBody<AgentRequest>(body, check, 'PT-1050')
  if ('fault' in read) return read
  const { agent_id, public_key, proof, account = agent_id, tools } = read.value
  const named = readKey(public_key, 'PT-1050')
  if ('fault' in named) return named
  const { key } = named
  const announced: AgentAnnounced = {
    ...{ agent_id, account, keys: [key], announced_at: at },
    ...(tools === undefined ? {} : { tools }),
  }
  const faults = agentFaults(announced)
  if (faults.length > 0) return { fault: { code: 'PT-1050', detail: faults.join('; ') } }
  return { announced, isShown: proof !== undefined && provesKey(proof, agent_id, key) }
}
