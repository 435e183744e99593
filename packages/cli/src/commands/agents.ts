import { parsePublicJwk } from '@prooftrail/trail'
import { CommandError } from '../fault.ts'
import { readJsonFile } from '../files.ts'
import { ask, askUntil } from '../http.ts'
import { colour, mark, type Output } from '../output.ts'
import { serviceUrl } from '../world.ts'

export interface AgentAdded {
  agent_id: string
  account: string
  key_id: string
  webhook_secret: string
}

/**
 * Registers an agent's public key and fetches its webhook secret (shown once).
 * @param jwk a plain public JWK; a private one is refused before it leaves this machine
 */
export async function addAgent(
  agentId: string,
  jwk: unknown,
  options: { account?: string; tools?: string[] } = {},
): Promise<AgentAdded> {
  if (Object.hasOwn(Object(jwk), 'd')) {
    throw new CommandError('PT-8006', 'the file holds a private key (d); give the public half', 2)
  }
  const public_key = parsePublicJwk(jwk)
  const intake = serviceUrl('intake')
  const { body } = await ask<{ key_id: string }>('POST', `${intake}/v1/agents`, {
    agent_id: agentId,
    public_key,
    ...(options.account ? { account: options.account } : {}),
    ...(options.tools ? { tools: options.tools } : {}),
  })
  const path = `${intake}/v1/agents/${encodeURIComponent(agentId)}`
  const agent = await askUntil<{ account: string }>(path, `agent ${agentId}`)
  const secret = await ask<{ secret: string }>(
    'POST',
    `${serviceUrl('callback')}/v1/agents/${encodeURIComponent(agentId)}/webhook-secret`,
  )
  return {
    agent_id: agentId,
    account: agent.account,
    key_id: body.key_id,
    webhook_secret: secret.body.secret,
  }
}

export async function agentsAdd(
  agentId: string,
  options: { publicKey: string; account?: string; tools?: string },
  out: Output,
): Promise<void> {
  const added = await addAgent(agentId, readJsonFile(options.publicKey), {
    ...(options.account ? { account: options.account } : {}),
    ...(options.tools ? { tools: options.tools.split(',') } : {}),
  })
  out.document(added)
  out.say(`${mark('ok')} agent ${colour.bold(added.agent_id)} is registered`)
  out.say(`  account         ${added.account}`)
  out.say(`  key             ${added.key_id}`)
  out.say(`  webhook secret  ${out.json ? '(in the document)' : added.webhook_secret}`)
  out.say(colour.dim('  The secret verifies callbacks: keep it where the receiver reads it.'))
}

/** A registration as intake's door shows it. */
export interface AgentView {
  agent_id: string
  account: string
  tools?: string[]
  keys: { kid: string; nbf?: number; exp?: number }[]
}

/** What is registered of an agent. @throws CommandError exit 3 for an agent that is not */
export async function agentsShow(agentId: string, out: Output): Promise<void> {
  const path = `${serviceUrl('intake')}/v1/agents/${encodeURIComponent(agentId)}`
  const { status, body } = await ask<AgentView>('GET', path)
  if (status === 404) throw new CommandError('PT-8005', `no agent ${agentId} is registered`, 3)
  out.document(body)
  out.say(colour.bold(body.agent_id))
  out.say(`  account  ${body.account}`)
  out.say(`  tools    ${body.tools?.join(', ') ?? 'all'}`)
  for (const { kid, exp } of body.keys) {
    const until = exp === undefined ? '' : ` until ${new Date(exp * 1000).toISOString()}`
    out.say(`  key      ${kid}${until}`)
  }
}
