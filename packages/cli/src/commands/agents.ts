import { proveKey } from '@prooftrail/contracts'
import type { AnswerOf } from '@prooftrail/contracts/doors'
import { type PrivateJwk, type PublicJwk, parsePublicJwk, publicJwk } from '@prooftrail/trail'
import { CommandError } from '../fault.ts'
import { readJsonFile } from '../files.ts'
import { ask, askUntil } from '../http.ts'
import { colour, mark, type Output } from '../output.ts'
import { privateJwk } from '../tools/keys.ts'
import { serviceUrl } from '../world.ts'

export interface AgentAdded {
  agent_id: string
  account: string
  key_id: string
  webhook_secret: string
}

/** A public JWK with the proof that its agent holds it: what an agent hands to an operator. */
export interface ProvenJwk extends PublicJwk {
  proof: string
}

/** The public half of an agent's key, with its proof. */
export function provenJwk(agentId: string, key: PrivateJwk): ProvenJwk {
  return { ...publicJwk(key), proof: proveKey(agentId, key) }
}

/**
 * Registers an agent's public key and fetches its webhook secret.
 * @param jwk a public JWK with its `proof`; a private one is refused before it leaves this machine
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
  const { proof } = Object(jwk)
  const intake = serviceUrl('intake')
  const { body } = await ask<AnswerOf<'POST /v1/agents'>>('POST', `${intake}/v1/agents`, {
    agent_id: agentId,
    public_key,
    ...(typeof proof === 'string' ? { proof } : {}),
    ...(options.account ? { account: options.account } : {}),
    ...(options.tools ? { tools: options.tools } : {}),
  })
  const path = `${intake}/v1/agents/${encodeURIComponent(agentId)}`
  const agent = await askUntil<AgentView>(path, `agent ${agentId}`)
  const secret = await ask<AnswerOf<'POST /v1/agents/:agent_id/webhook-secret'>>(
    'POST',
    `${serviceUrl('callback')}/v1/agents/${encodeURIComponent(agentId)}/webhook-secret`,
  )
  return {
    agent_id: agentId,
    account: agent.account,
    key_id: body.key_id ?? agent.keys.find(({ x }) => x === public_key.x)?.kid ?? '',
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

/** A registration as intake's door shows it, and a key of it. */
export type AgentView = AnswerOf<'GET /v1/agents/:id'>
type KeyView = AgentView['keys'][number]

/** What is registered of an agent. @throws CommandError exit 3 for an agent that is not */
export async function agentsShow(agentId: string, out: Output): Promise<void> {
  const path = `${serviceUrl('intake')}/v1/agents/${encodeURIComponent(agentId)}`
  const { status, body } = await ask<AgentView>('GET', path)
  if (status === 404) throw new CommandError('PT-8005', `no agent ${agentId} is registered`, 3)
  out.document(body)
  out.say(colour.bold(body.agent_id))
  out.say(`  account  ${body.account}`)
  out.say(`  tools    ${body.tools?.join(', ') ?? 'all'}`)
  for (const key of body.keys) out.say(`  key      ${keyLine(key)}`)
}

/** A key's id, and what has ended it or will. */
export function keyLine({ kid, exp, revoked_at, revoked_for }: KeyView): string {
  const time = (seconds: number) => new Date(seconds * 1000).toISOString()
  if (revoked_at !== undefined) {
    return `${kid} revoked ${time(revoked_at)}${revoked_for ? `: ${revoked_for}` : ''}`
  }
  return exp === undefined ? kid : `${kid} until ${time(exp)}`
}

/**
 * What an agent hands to an operator: the public half of its key, with the proof that it holds it.
 * @param options `make`: a key is made where the file is not there yet
 */
export function agentsProve(
  agentId: string,
  options: { key: string; make?: boolean },
  out: Output,
): void {
  const jwk = provenJwk(agentId, privateJwk(options.key, options.make === true))
  out.document(jwk)
  if (!out.json) process.stdout.write(`${JSON.stringify(jwk)}\n`)
}

/** Ends a key of an agent: what it signs from here on counts for nothing. */
export async function agentsRevoke(
  agentId: string,
  options: { keyId: string; reason: string },
  out: Output,
): Promise<void> {
  const path = `${serviceUrl('intake')}/v1/agents/${encodeURIComponent(agentId)}`
  const { keyId: key_id, reason } = options
  const { status } = await ask('POST', `${path}/revoke`, { key_id, reason })
  if (status === 404) throw new CommandError('PT-8005', `${agentId} has no key ${key_id}`, 3)
  const isRevoked = ({ keys }: AgentView) =>
    keys.some(({ kid, revoked_at }) => kid === key_id && revoked_at !== undefined)
  const after = await askUntil<AgentView>(path, `the revocation of ${key_id}`, {
    isThere: isRevoked,
  })
  out.document(after)
  out.say(`${mark('ok')} ${colour.bold(key_id)} of ${agentId} is revoked`)
}
