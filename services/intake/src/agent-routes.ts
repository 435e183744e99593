import { type AgentAnnounced, signAtDoor } from '@prooftrail/contracts'
import { agentDocument } from '@prooftrail/runtime'
import type { Express, Response } from 'express'
import { accountFault } from './account-holders.ts'
import { answer, bodyOf, type Doors, raw } from './doors.ts'
import { holderFault } from './key-holders.ts'
import { receiveAgent } from './receive-agent.ts'
import { receiveRevocation } from './receive-tool.ts'

const MAX_BODY = '64kb'

/** Registrations of agents, by an operator: `POST /v1/agents`, `…/revoke`; who may read them, reads. */
export function mountAgentRoutes(app: Express, doors: Doors): void {
  const { access, store } = doors
  const known = async (id: string) => {
    const state = (await store.read([agentDocument(id)])).get(agentDocument(id))?.state
    return state?.status === 'agent' ? state.agent : undefined
  }

  /** Puts an operator's word on its topic; a later word has a later time. */
  async function announce(res: Response, said: Omit<AgentAnnounced, 'announced_at'>) {
    const { agent_id, account } = said
    const before = (await known(agent_id))?.announced_at
    const least = before === undefined ? 0 : Date.parse(before) + 1
    const announced_at = new Date(Math.max(doors.now(), least)).toISOString()
    await doors.produce('agent.announced', signAtDoor({ ...said, announced_at }, doors.key))
    const status_url = `${doors.publicUrl}/v1/agents/${encodeURIComponent(agent_id)}`
    const key_id = said.keys[0]?.kid ?? said.revoke
    res.status(202).location(status_url).json({ agent_id, account, key_id, status_url })
  }

  app.post('/v1/agents', access.requireOperator, raw(MAX_BODY), async (req, res) => {
    const received = receiveAgent(bodyOf(req), new Date(doors.now()).toISOString())
    if ('fault' in received) return answer(res, received.fault)
    const { announced, isShown } = received
    const kids = announced.keys.map(({ kid }) => kid)
    const held = (await known(announced.agent_id))?.keys.map(({ kid }) => kid) ?? []
    if (!isShown && kids.some((kid) => !held.includes(kid))) {
      const detail = `proof is not the signature of ${kids} for ${announced.agent_id}`
      return answer(res, { code: 'PT-1052', detail })
    }
    const holders = await doors.keyHolders.find(kids)
    const foreign = holderFault(agentDocument(announced.agent_id), kids, holders)
    const { account } = announced
    const party = agentDocument(announced.agent_id)
    const taken = foreign ?? accountFault(party, account, await doors.findAccounts([account]))
    if (taken) return answer(res, taken)
    await announce(res, announced)
  })

  app.post('/v1/agents/:id/revoke', access.requireOperator, raw(MAX_BODY), async (req, res) => {
    const id = String(req.params.id)
    const received = receiveRevocation(bodyOf(req))
    if ('fault' in received) return answer(res, received.fault)
    const agent = await known(id)
    if (!agent) return answer(res, { code: 'PT-1061', detail: `no agent ${id}` })
    const { key_id: revoke, reason } = received.value
    if (agent.keys.every(({ kid }) => kid !== revoke)) {
      return answer(res, { code: 'PT-1058', detail: `${id} has no key ${revoke}` })
    }
    const { agent_id, account, tools } = agent
    const same = { agent_id, account, ...(tools === undefined ? {} : { tools }) }
    await announce(res, { ...same, keys: [], revoke, reason })
  })

  app.get('/v1/agents/:id', access.requireViewer, async (req, res) => {
    const id = String(req.params.id)
    const agent = await known(id)
    if (!agent) return answer(res, { code: 'PT-1061', detail: `no agent ${id}` })
    res.json(agent)
  })
}
