import { type Access, agentDocument, problem, type Reader, toolDocument } from '@prooftrail/runtime'
import { taskToken } from '@prooftrail/trail'
import express, { type Express, type Request, type RequestHandler, type Response } from 'express'
import { codes, type Fault } from './codes.ts'
import { holderFault } from './key-holders.ts'
import type { TurnedAway } from './load/admission-control.ts'
import { receiveAgent } from './receive-agent.ts'
import { receiveOrder } from './receive-order.ts'
import { type Sender, senderOf } from './sender.ts'
import type { OrderState, State, Tools } from './state.ts'
import { versionForOrders } from './versions.ts'

export type Doors = {
  store: Pick<Reader<State>, 'read' | 'find'>
  access: Pick<Access, 'requireOperator' | 'requireViewer' | 'mayRead'>
} & Omit<Tools, 'key' | 'policy'>

/** White space of a body may go beyond the order's own limit by this much. */
const MAX_BODY = '2mb'
const MAX_AGENT_BODY = '64kb'
const MAX_LISTED = 1_000

const UNSIGNED: Fault = { code: 'PT-1063', detail: 'not the signature of a key of this agent' }

/**
 * Intake's doors. Orders are authenticated by their signature, reading by the task's handle or an
 * operator, registrations by an operator; what tools there are is for everybody.
 */
export function mountRoutes(app: Express, doors: Doors): void {
  const read = async (id: string) => (await doors.store.read([id])).get(id)?.state
  const at = () => new Date(doors.now()).toISOString()

  app.post('/v1/work-orders', shed(doors), raw(MAX_BODY), async (req, res) => {
    const body = bodyOf(req)
    const reception = await receiveOrder(body, {
      ...{ registry: doors.registry, signatures: doors.signatures },
      stateOf: read,
      isSentBy: async (agent) => (await senderOf(req, body, agent, doors)) === 'agent',
      turnAway: (agent) => doors.admission.turnAwayAgent(agent),
      at: at(),
    })
    if (reception.outcome === 'away') return sendAway(res, reception.away)
    if (reception.outcome === 'refused') {
      const { fault, firstDigest, agentId } = reception
      if (agentId !== undefined) doors.admission.refused(agentId, body.length)
      return answer(res, fault, firstDigest === undefined ? {} : { first_digest: firstDigest })
    }
    const { work_order_id, agent_id } = reception.link.object
    const sender = await senderOf(req, body, agent_id, doors)
    if (sender === 'stranger') return answer(res, UNSIGNED)
    if (reception.outcome === 'fresh') await doors.produce('work-order.submitted', reception.link)
    const status_url = `${doors.publicUrl}/v1/work-orders/${work_order_id}`
    const handle = handleFor(sender, work_order_id, doors)
    res
      .status(202)
      .location(status_url)
      .json({ work_order_id, status_url, ...handle })
  })

  app.get('/v1/work-orders/:id', async (req, res) => {
    const { id } = req.params
    const state = await read(id)
    const sender =
      state?.status === 'order' ? await senderOf(req, undefined, state.agent_id, doors) : 'unsigned'
    if (sender === 'stranger') return answer(res, UNSIGNED)
    const task_token = taskToken(doors.taskSecret, id)
    if (sender !== 'agent' && !(await doors.access.mayRead(req, task_token))) {
      res.set('WWW-Authenticate', 'Bearer')
      return problem(
        res,
        401,
        'PT-8001',
        "this needs the task handle or an operator token as Bearer, or the agent's signature",
      )
    }
    if (state?.status !== 'order') return answer(res, { code: 'PT-1061', detail: `no order ${id}` })
    res.json({ ...viewOrder(id, state), ...handleFor(sender, id, doors) })
  })

  app.post('/v1/agents', doors.access.requireOperator, raw(MAX_AGENT_BODY), async (req, res) => {
    const received = receiveAgent(bodyOf(req), at())
    if ('fault' in received) return answer(res, received.fault)
    const { announced } = received
    const kids = announced.keys.map(({ kid }) => kid)
    const holders = await doors.keyHolders.find(kids)
    const foreign = holderFault(agentDocument(announced.agent_id), kids, holders)
    if (foreign) return answer(res, foreign)
    await doors.produce('agent.announced', announced)
    const { agent_id, account, keys } = announced
    const status_url = `${doors.publicUrl}/v1/agents/${encodeURIComponent(agent_id)}`
    const key_id = keys[0]?.kid
    res.status(202).location(status_url).json({ agent_id, account, key_id, status_url })
  })

  app.get('/v1/agents/:id', doors.access.requireViewer, async (req, res) => {
    const id = String(req.params.id)
    const state = await read(agentDocument(id))
    if (state?.status !== 'agent') return answer(res, { code: 'PT-1061', detail: `no agent ${id}` })
    res.json(state.agent)
  })

  app.get('/v1/tools', async (_req, res) => {
    const found = await doors.store.find(
      { 'ix.tool': { $exists: true } },
      { sort: { 'ix.tool': 1 }, limit: MAX_LISTED },
    )
    res.json({
      tools: found.flatMap(({ state }) => (state.status === 'tool' ? [listed(state)] : [])),
    })
  })

  app.get('/v1/tools/:name', async (req, res) => {
    const { name } = req.params
    const state = await read(toolDocument(name))
    if (state?.status !== 'tool') return answer(res, { code: 'PT-1061', detail: `no tool ${name}` })
    res.json({ ...state.tool, current: versionForOrders(state.tool)?.version })
  })
}

function viewOrder(work_order_id: string, state: OrderState) {
  const { decision, digest, decided_at, agent_id, tool, manifest_version, reasons } = state
  return {
    ...{ work_order_id, state: decision, agent_id },
    ...{ requested_tool: tool, work_order_digest: digest },
    ...(decision === 'accepted'
      ? { accepted_at: decided_at, manifest_version }
      : { rejected_at: decided_at, reason_codes: reasons?.map(({ code }) => code), reasons }),
  }
}

/** The task's handle, for whoever signed this very request: a signed order alone can be sent again by anybody who saw it. */
function handleFor(sender: Sender, work_order_id: string, { taskSecret }: Doors) {
  return sender === 'agent' ? { task_token: taskToken(taskSecret, work_order_id) } : {}
}

/** A tool without its manifests. */
function listed({ tool: known }: Extract<State, { status: 'tool' }>) {
  const { tool, revision, versions, pinned } = known
  return {
    ...{ tool, revision, versions: versions.map(({ manifest: _, ...rest }) => rest) },
    ...(pinned === undefined ? {} : { pinned }),
    ...{ current: versionForOrders(known)?.version },
  }
}

function answer(
  res: Response,
  { code, detail }: Fault,
  extras: Record<string, unknown> = {},
): void {
  const entry = codes[code]
  problem(res, 'http' in entry ? entry.http : 400, code, detail, { title: entry.title, ...extras })
}

/** Answers 429 before anything of the request is read. */
function shed({ admission }: Pick<Doors, 'admission'>): RequestHandler {
  return (_req, res, next) => {
    const seconds = admission.turnAway()
    if (seconds === undefined) return next()
    sendAway(res, { code: 'PT-1062', seconds })
  }
}

function sendAway(res: Response, { code, seconds }: TurnedAway): void {
  res.set('Retry-After', String(seconds))
  answer(res, { code, detail: `send it again after ${seconds} s` })
}

/** Reads a body of any content type as bytes; one that is too large is answered PT-1009. */
function raw(limit: string): RequestHandler {
  const read = express.raw({ type: () => true, limit })
  return (req, res, next) => {
    read(req, res, (error?: { status?: number }) => {
      if (error?.status !== 413) return next(error)
      answer(res, { code: 'PT-1009', detail: `the body is larger than ${limit}` })
    })
  }
}

function bodyOf({ body }: Request): Uint8Array {
  return body instanceof Uint8Array ? body : new Uint8Array()
}
