import { type AgentAnnounced, compileOwn, type PublicKey } from '@prooftrail/contracts'
import { parsePublicJwk, TrailError, thumbprint } from '@prooftrail/trail'
import { parseStrict } from '@prooftrail/trail/encoding'
import type { Fault } from './codes.ts'
import { agentFaults } from './decide-agent.ts'

/** The body of `POST /v1/agents`. */
interface AgentRequest {
  agent_id: string
  /** A public JWK; `exp` (whole seconds) ends the key's validity. */
  public_key: Record<string, unknown>
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
    public_key: { type: 'object', properties: { exp: { type: 'integer', minimum: 1 } } },
    account: text,
    tools: { type: 'array', items: text, maxItems: 1000 },
  },
  additionalProperties: false,
} as const

const check = compileOwn(schema)

function isRequest(value: unknown): value is AgentRequest {
  return check(value)
}

/**
 * Reads the registration of an agent: all faults at once. A private key is refused unseen.
 * @param body JSON bytes
 * @param at RFC 3339: now
 */
export function receiveAgent(
  body: Uint8Array,
  at: string,
): { announced: AgentAnnounced } | { fault: Fault } {
  let value: unknown
  try {
    value = parseStrict(body)
  } catch (error) {
    if (!(error instanceof TrailError)) throw error
    return { fault: { code: 'PT-1050', detail: `${error.code}: ${error.message}` } }
  }
  if (!isRequest(value)) {
    const faults = (check.errors ?? []).map(({ instancePath, message, params }) =>
      `${instancePath || '/'}: ${message} ${params.additionalProperty ?? ''}`.trim(),
    )
    return { fault: { code: 'PT-1050', detail: faults.join('; ') } }
  }
  if (Object.hasOwn(value.public_key, 'd')) {
    return { fault: { code: 'PT-1051', detail: 'public_key has the private member d' } }
  }
  const { agent_id, public_key, account = agent_id, tools } = value
  const key = readKey(public_key)
  if (typeof key === 'string') return { fault: { code: 'PT-1050', detail: `public_key: ${key}` } }
  const announced: AgentAnnounced = {
    ...{ agent_id, account, keys: [key], announced_at: at },
    ...(tools === undefined ? {} : { tools }),
  }
  const faults = agentFaults(announced)
  if (faults.length > 0) return { fault: { code: 'PT-1050', detail: faults.join('; ') } }
  return { announced }
}

/** The key, or what is wrong with it. */
function readKey(jwk: Record<string, unknown>): PublicKey | string {
  try {
    const { x } = parsePublicJwk(jwk)
    const kid = thumbprint({ x })
    if (jwk.kid !== undefined && jwk.kid !== kid) return `kid is not the thumbprint ${kid}`
    return { kid, x, ...(typeof jwk.exp === 'number' ? { exp: jwk.exp } : {}) }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
