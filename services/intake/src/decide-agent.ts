import { type AgentAnnounced, type AgentRegistered, TOOL_NAME } from '@prooftrail/contracts'
import { agentDocument, Refusal } from '@prooftrail/runtime'
import { canonicalize } from '@prooftrail/trail/encoding'
import { holderFault } from './key-holders.ts'
import { addKey, keyFaults } from './public-keys.ts'
import type { AgentInput, Context, IntakeEvent, State } from './state.ts'

/** Names that stand in document ids, message keys and addresses. An account takes the same. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$/

/**
 * Registers an agent as announced. An announcement is the whole registration, but for the keys:
 * those are added to the ones there are, so that old signatures stay verifiable.
 * @throws Refusal PT-1048, PT-1050: the announcement is parked, the registration stays
 */
export function onAgentAnnounced(
  state: State,
  { at, data }: AgentInput,
  { holders }: Pick<Context, 'holders'>,
): IntakeEvent[] {
  const faults = agentFaults(data)
  if (faults.length > 0) throw new Refusal('PT-1050', faults.join('; '))
  const kids = data.keys.map(({ kid }) => kid)
  const foreign = holderFault(agentDocument(data.agent_id), kids, holders)
  if (foreign) throw new Refusal(foreign.code, foreign.detail)
  const known = state.status === 'agent' ? state.agent : undefined
  const keys = data.keys.reduce((sum, key) => addKey(sum, key, at), known?.keys ?? [])
  const agent: AgentRegistered = {
    agent_id: data.agent_id,
    keys,
    account: data.account,
    ...(data.tools === undefined ? {} : { tools: [...new Set(data.tools)] }),
    registered_at: known?.registered_at ?? at,
    revision: (known?.revision ?? -1) + 1,
  }
  if (known && canonicalize({ ...agent, revision: known.revision }) === canonicalize(known)) {
    return []
  }
  return [{ type: 'agent.registered', data: agent }]
}

/** Every fault of a registration, in words: the door answers them, the loop parks with them. */
export function agentFaults({ agent_id, keys, account, tools }: AgentAnnounced): string[] {
  const faults = keys.flatMap(keyFaults)
  if (!NAME.test(agent_id)) faults.push(`agent_id: does not match ${NAME.source}`)
  if (!NAME.test(account)) faults.push(`account: does not match ${NAME.source}`)
  if (keys.length === 0) faults.push('keys: there is none')
  for (const tool of tools ?? []) {
    if (!TOOL_NAME.test(tool)) faults.push(`tools: '${tool}' is no tool's name`)
  }
  return faults
}
