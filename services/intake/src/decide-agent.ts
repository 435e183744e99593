import {
  type AgentAnnounced,
  type AgentRegistered,
  type PublicKey,
  TOOL_NAME,
} from '@prooftrail/contracts'
import { agentDocument, Refusal } from '@prooftrail/runtime'
import { canonicalize } from '@prooftrail/trail/encoding'
import { accountFault } from './account-holders.ts'
import { revokeKey } from './direct-tool.ts'
import { holderFault } from './key-holders.ts'
import { addKey, keyFaults } from './public-keys.ts'
import type { AgentInput, Context, IntakeEvent, State } from './state.ts'

/** Names that stand in document ids, message keys and addresses. An account takes the same. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$/

/** All keys that an agent ever had: old trails are verified by them, so they stay in keys.json. */
const MAX_KEYS = 32

/**
 * Registers an agent as announced. An announcement is the whole registration, but for the keys:
 * those are added to the ones there are, so that old signatures stay verifiable, and one may be
 * revoked. The door signed it, so that nobody else says it; an older word changes nothing.
 * @throws Refusal PT-1048 to PT-1050, PT-1057, PT-1058: the registration stays
 */
export function onAgentAnnounced(
  state: State,
  { at, data }: AgentInput,
  { holders, accounts, isDoors }: Pick<Context, 'holders' | 'accounts' | 'isDoors'>,
): IntakeEvent[] {
  if (!isDoors(data)) throw new Refusal('PT-1057', 'not signed by a key of intake')
  const known = state.status === 'agent' ? state.agent : undefined
  if (known?.announced_at !== undefined && data.announced_at <= known.announced_at) {
    const detail = `announced at ${data.announced_at}, the last one at ${known.announced_at}`
    throw new Refusal('PT-1049', detail, { isQuiet: true })
  }
  const faults = agentFaults(data)
  if (faults.length > 0) throw new Refusal('PT-1050', faults.join('; '))
  const kids = data.keys.map(({ kid }) => kid)
  const foreign = holderFault(agentDocument(data.agent_id), kids, holders)
  const taken = foreign ?? accountFault(agentDocument(data.agent_id), data.account, accounts)
  if (taken) throw new Refusal(taken.code, taken.detail)
  const keys = keysAfter(data, known, at)
  const agent: AgentRegistered = {
    agent_id: data.agent_id,
    keys,
    account: data.account,
    ...(data.tools === undefined ? {} : { tools: [...new Set(data.tools)] }),
    registered_at: known?.registered_at ?? at,
    revision: known?.revision ?? 0,
    ...(known?.announced_at === undefined ? {} : { announced_at: known.announced_at }),
  }
  if (known && canonicalize(agent) === canonicalize(known)) return []
  const revision = (known?.revision ?? -1) + 1
  const { announced_at } = data
  return [{ type: 'agent.registered', data: { ...agent, revision, announced_at } }]
}

function keysAfter(
  { agent_id, keys, revoke, reason }: AgentAnnounced,
  known: AgentRegistered | undefined,
  at: string,
): PublicKey[] {
  const all = keys.reduce((sum, key) => addKey(sum, key, at), known?.keys ?? [])
  if (all.length > MAX_KEYS) throw new Refusal('PT-1050', `keys: ${all.length} of ${MAX_KEYS}`)
  if (revoke === undefined) return all
  if (known === undefined) throw new Refusal('PT-1058', `${agent_id} is not registered`)
  return revokeKey(all, revoke, reason, at)
}

/** Every fault of a registration, in words: the door answers them, the loop parks with them. */
export function agentFaults({ agent_id, keys, revoke, account, tools }: AgentAnnounced): string[] {
  const faults = keys.flatMap(keyFaults)
  if (!NAME.test(agent_id)) faults.push(`agent_id: does not match ${NAME.source}`)
  if (!NAME.test(account)) faults.push(`account: does not match ${NAME.source}`)
  if (keys.length === 0 && revoke === undefined) faults.push('keys: there is none')
  for (const tool of tools ?? []) {
    if (!TOOL_NAME.test(tool)) faults.push(`tools: '${tool}' is no tool's name`)
  }
  return faults
}
