import { type AgentAnnounced, signAtDoor } from '@prooftrail/contracts'
import { agentDocument, makeCursor, readCursor, reply } from '@prooftrail/runtime'
import { accountFault } from './account-holders.ts'
import { type Doors, type IntakeHandlers, refusal } from './doors.ts'
import { holderFault } from './key-holders.ts'
import { receiveAgent } from './receive-agent.ts'
import { receiveRevocation } from './receive-tool.ts'

type AgentKey = Extract<keyof IntakeHandlers, `${string} /v1/agents${string}`>

/** Registrations of agents, by an operator; who may read them, reads. */
export function agentHandlers(doors: Doors): Pick<IntakeHandlers, AgentKey> {
  const { store } = doors
  const known = async (id: string) => {
    const state = (await store.read([agentDocument(id)])).get(agentDocument(id))?.state
    return state?.status === 'agent' ? state.agent : undefined
  }

  /** Puts an operator's word on its topic; a later word has a later time. */
  async function announce(said: Omit<AgentAnnounced, 'announced_at'>) {
    const { agent_id, account } = said
    const before = (await known(agent_id))?.announced_at
    const least = before === undefined ? 0 : Date.parse(before) + 1
    const announced_at = new Date(Math.max(doors.now(), least)).toISOString()
    await doors.produce('agent.announced', signAtDoor({ ...said, announced_at }, doors.key))
    const status_url = `${doors.publicUrl}/v1/agents/${encodeURIComponent(agent_id)}`
    const key_id = said.keys[0]?.kid ?? said.revoke
    const answer = { agent_id, account, key_id, status_url }
    return reply(answer, { headers: { Location: status_url } })
  }

  return {
    'POST /v1/agents': async ({ bytes }) => {
      const received = receiveAgent(await bytes(), new Date(doors.now()).toISOString())
      if ('fault' in received) return refusal(received.fault)
      const { announced, isShown } = received
      const kids = announced.keys.map(({ kid }) => kid)
      const held = (await known(announced.agent_id))?.keys.map(({ kid }) => kid) ?? []
      if (!isShown && kids.some((kid) => !held.includes(kid))) {
        const detail = `proof is not the signature of ${kids} for ${announced.agent_id}`
        return refusal({ code: 'PT-1052', detail })
      }
      const holders = await doors.keyHolders.find(kids)
      const foreign = holderFault(agentDocument(announced.agent_id), kids, holders)
      const { account } = announced
      const party = agentDocument(announced.agent_id)
      const taken = foreign ?? accountFault(party, account, await doors.findAccounts([account]))
      if (taken) return refusal(taken)
      return announce(announced)
    },

    'POST /v1/agents/:id/revoke': async ({ params: { id }, bytes }) => {
      const received = receiveRevocation(await bytes())
      if ('fault' in received) return refusal(received.fault)
      const agent = await known(id)
      if (!agent) return refusal({ code: 'PT-1061', detail: `no agent ${id}` })
      const { key_id: revoke, reason } = received.value
      if (agent.keys.every(({ kid }) => kid !== revoke)) {
        return refusal({ code: 'PT-1058', detail: `${id} has no key ${revoke}` })
      }
      const { agent_id, account, tools } = agent
      const same = { agent_id, account, ...(tools === undefined ? {} : { tools }) }
      return announce({ ...same, keys: [], revoke, reason })
    },

    'GET /v1/agents': async ({ query: { cursor, limit = 50 } }) => {
      const after = cursor === undefined ? '' : readCursor('agents', cursor)
      if (typeof after === 'object') return after
      // an account has one agent
      const found = await store.find(
        { 'ix.account': { $gt: after } },
        { sort: { 'ix.account': 1 }, limit },
      )
      const agents = found.flatMap(({ state }) => (state.status === 'agent' ? [state.agent] : []))
      const last = agents.length === limit ? agents.at(-1)?.account : undefined
      return { agents, ...(last === undefined ? {} : { next_cursor: makeCursor('agents', last) }) }
    },

    'GET /v1/agents/:id': async ({ params: { id } }) => {
      const agent = await known(id)
      if (agent === undefined) return refusal({ code: 'PT-1061', detail: `no agent ${id}` })
      return { ...agent, limits: await limitsOf(id, doors) }
    },
  }
}

/** How much an agent may have, and how much of it stands open. */
async function limitsOf(id: string, { quotas, awaitingCredits }: Doors) {
  const now = (await awaitingCredits.of([id])).get(id) ?? 0
  return {
    orders_per_minute: quotas.ordersPerMinute,
    bytes_per_minute: quotas.bytesPerMinute,
    waiting_orders: quotas.waitingOrders,
    waiting_bytes: quotas.waitingBytes,
    orders_without_credits: { now, most: awaitingCredits.most },
  }
}
