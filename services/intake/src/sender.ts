import { readRequestSignature } from '@prooftrail/contracts'
import { keyFault, trailKeyFrom } from '@prooftrail/trail/format'
import type { Request } from 'express'
import type { Registry } from './registry.ts'

/**
 * Who sent a request about an agent's order, as its signature tells (RFC 9421): the agent itself,
 * nobody who says so, or somebody whose signature is not the agent's.
 */
export type Sender = 'agent' | 'unsigned' | 'stranger'

/** @param body undefined for a request that has none */
export async function senderOf(
  req: Request,
  body: Uint8Array | undefined,
  agentId: string,
  { registry, now }: { registry: Registry; now(): number },
): Promise<Sender> {
  const at = now()
  const { method, path } = req
  const request = { method, path, ...(body === undefined ? {} : { body }) }
  const signature = readRequestSignature(request, (name) => req.get(name), at)
  if (signature === undefined) return 'unsigned'
  if (signature === 'malformed') return 'stranger'
  const { agents } = await registry.find({ agents: [agentId], tools: [] })
  const key = agents.get(agentId)?.keys.find(({ kid }) => kid === signature.key_id)
  if (key === undefined) return 'stranger'
  const trailKey = trailKeyFrom(key, agentId, 'agent')
  const counts = keyFault(trailKey, 'agent', new Date(at).toISOString()) === undefined
  return counts && signature.isOf(trailKey) ? 'agent' : 'stranger'
}
