import {
  ACTS,
  type ActLink,
  type Actor,
  actObjectType,
  actsAllowed,
  type RecoveryAct,
} from '@prooftrail/contracts'
import {
  agentDocument,
  problem,
  Refusal,
  type RouteTools,
  toolDocument,
  WAIT_SECONDS,
} from '@prooftrail/runtime'
import { type Ref, verifiedLinks } from '@prooftrail/trail'
import express, { type Express, type Request, type Response } from 'express'
import { isRun, isSaid, manifestOf, termsOf } from './acts/decide-act.ts'
import {
  type ActFault,
  type Asked,
  actFault,
  actStateOf,
  checkpointOf,
  runOf,
} from './acts/judge-act.ts'
import { actorOf, keyOfAct, MAX_ACT_BYTES } from './acts/read-act.ts'
import { type ActRequest, readActRequest, readAsked } from './acts/read-request.ts'
import { codes } from './codes.ts'
import { courseOf } from './course.ts'
import type { AgentState, Course, OrderState, State, ToolState, Tools } from './state.ts'

export type Doors = RouteTools<State> &
  Pick<Tools, 'lookup' | 'operators' | 'signAct' | 'request'> & { now?: () => number }

/** A run as its acts see it. */
interface RunOfActs {
  id: string
  state: OrderState
  course: Course
}

/** White space of a body may go beyond the act's own limit by so much. */
const MAX_BODY = MAX_ACT_BYTES + 64 * 1024
/** How long an answer waits for the loop, and how often it looks. */
const ANSWER_MS = 10_000
const LOOK_MS = 50

/**
 * The door of acts. What it takes is signed by the agent, or by this door for an operator who shows
 * a token; it goes to the topic, and the loop judges it again. The answer is the run after it. Whoever
 * shows neither learns nothing of any run, and whoever shows that he is another agent learns as much.
 */
export function mountRoutes(app: Express, doors: Doors): void {
  app.get('/v1/tasks/:id/acts', async (req, res) => {
    const run = await findRun(doors, String(req.params.id))
    const mayRead = run && (await doors.access.mayRead(req, run.course.task_token))
    if (!run || !mayRead) return unknownRun(res, req)
    res.set('cache-control', 'no-store').json(viewOf(run))
  })

  app.post(
    '/v1/tasks/:id/acts',
    express.raw({ type: () => true, limit: MAX_BODY }),
    async (req, res) => {
      const body = req.body instanceof Uint8Array ? req.body : new Uint8Array()
      const request = readActRequest(body)
      if ('code' in request) return refuse(res, request)
      const asker = await askerOf(req, request, doors)
      if (asker === undefined) return needsOperator(res)
      if ('code' in asker) return refuse(res, asker)
      const run = await findRun(doors, asker.workOrderId)
      const named = String(req.params.id)
      const isNamed = run && (named === run.id || named === run.course.task_token)
      if (!isNamed || (asker.agent ?? run.course.agent_id) !== run.course.agent_id) {
        return unknownRun(res, req)
      }
      const asked = { link: asker.sign(run), by: asker.by }
      await answerTo(res, run, asked, { doors, isDry: req.query.dry_run !== undefined })
    },
  )
}

/** Who asks, as far as the request shows; nothing of a run is looked at before. */
interface Asker {
  by: Actor
  /** Of an act that an agent signed. */
  agent?: string
  workOrderId: string
  /** The act: as it was signed, or signed here for an operator. */
  sign(run: RunOfActs): ActLink
}

/** @returns undefined where neither a signature nor an operator's token is shown */
async function askerOf(
  req: Request,
  request: ActRequest,
  doors: Doors,
): Promise<Asker | ActFault | undefined> {
  if (request.kind === 'signed') return signerOf(request.act, doors)
  const { access, signAct, now = Date.now } = doors
  const name = await access.operator(req)
  if (name === undefined || signAct === undefined) return undefined
  const read = readAsked(request.members)
  if ('code' in read) return read
  const { act } = read
  const { link } = ACTS[act.recovery_action]
  const object: RecoveryAct = {
    ...act,
    ...{ object_type: actObjectType(link), requested_by: name.slice(0, 200) },
    issued_at: new Date(now()).toISOString(),
  }
  const sign = ({ state, course }: RunOfActs) => {
    const ref = checkpointOf(state, course)
    return signAct(link, object, ref ? [ref] : [])
  }
  return { by: 'operator', workOrderId: act.work_order_id, sign }
}

/** Whose signature an act bears. The order of work: key id, signature, everything else. */
async function signerOf(
  act: ActLink,
  { lookup, operators, now = Date.now }: Doors,
): Promise<Asker | ActFault> {
  const { requested_by, work_order_id: workOrderId } = act.object
  const agents = new Map<string, AgentState>()
  for (const found of (await lookup.get([agentDocument(requested_by)])).values()) {
    if (found.status === 'agent') agents.set(found.agent_id, found)
  }
  const verified = await verifiedLinks([act], () => keyOfAct(act, { agents, operators }))
  const at = new Date(now()).toISOString()
  try {
    const by = actorOf(act, { agents, operators, verified }, at, WAIT_SECONDS)
    return { by, workOrderId, sign: () => act, ...(by === 'agent' && { agent: requested_by }) }
  } catch (error) {
    if (error instanceof Refusal) return { code: 'PT-2022', detail: error.message }
    throw error
  }
}

async function findRun({ store }: Doors, id: string): Promise<RunOfActs | undefined> {
  const state = (await store.read([id])).get(id)?.state
  const course = state && courseOf(state)
  return state && course && isRun(state) ? { id, state, course } : undefined
}

async function answerTo(
  res: Response,
  run: RunOfActs,
  { link: act, by }: Pick<Asked, 'link' | 'by'>,
  { doors, isDry }: { doors: Doors; isDry: boolean },
): Promise<void> {
  const fault = isSaid(run.course, act) ? undefined : await faultOf(run, { link: act, by }, doors)
  if (fault) return refuse(res, fault, run, act)
  if (isDry) return void res.json(wouldBe(run, act, doors))
  if (!isSaid(run.course, act)) await doors.request({ work_order_id: run.id, act })
  const after = await untilSaid(doors, run.id, act)
  const { idempotency_key } = act.object
  const answer = { idempotency_key, digest: act.digest, status: after ? 'accepted' : 'asked' }
  res.status(after ? 200 : 202).json({ act: answer, run: viewOf(after ?? run) })
}

/** Why the loop would refuse the act, as far as the run stands now. */
async function faultOf(
  { id, state, course }: RunOfActs,
  asked: Pick<Asked, 'link' | 'by'>,
  { lookup, now = Date.now }: Doors,
): Promise<ActFault | undefined> {
  const tools = new Map<string, ToolState>()
  const tool = runOf(state)?.accepted.pins.tool
  for (const found of (await lookup.get(tool ? [toolDocument(tool)] : [])).values()) {
    if (found.status === 'tool') tools.set(found.tool, found)
  }
  const at = new Date(now()).toISOString()
  return actFault(state, course, { ...asked, at, workOrderId: id }, manifestOf(state, { tools }))
}

/** What an act would do. */
function wouldBe({ state, course }: RunOfActs, act: ActLink, { now = Date.now }: Doors) {
  const { recovery_action: action } = act.object
  const { changes, leads_to, costs } = ACTS[action]
  const run = runOf(state)
  const at = new Date(now()).toISOString()
  const terms =
    costs === 'difference' && run ? termsOf(course, run.accepted.pins.price, at) : undefined
  return {
    dry_run: true,
    act: { recovery_action: action, status: 'would be accepted', changes },
    credits: terms?.credits ?? 0,
    ...(leads_to === undefined ? {} : { leads_to }),
    run: { state: actStateOf(state) },
  }
}

/** The run once the loop has accepted the act; undefined where that takes too long. */
async function untilSaid(doors: Doors, id: string, act: ActLink): Promise<RunOfActs | undefined> {
  const until = Date.now() + ANSWER_MS
  for (;;) {
    const run = await findRun(doors, id)
    if (run && isSaid(run.course, act)) return run
    if (Date.now() > until) return undefined
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
}

/** Where a run stands, what an act on it follows, and which acts that allows. */
function viewOf({ id, state, course }: RunOfActs) {
  const stands = actStateOf(state)
  const follows: Ref | undefined = checkpointOf(state, course)
  const { newest, tickets, acts, agent_id, debited } = course
  return {
    ...{ work_order_id: id, agent_id, state: stands, allowed_acts: actsAllowed(stands) },
    ...(follows === undefined ? {} : { follows }),
    ...(newest ? { result_number: newest.number, open_evidence: newest.open } : {}),
    ...{ open_tickets: tickets, acts_accepted: Object.keys(acts).length, credits_debited: debited },
    ...('replay' in state && state.replay ? { replay: state.replay.terms } : {}),
  }
}

function unknownRun(res: Response, req: Request): void {
  refuse(res, { code: 'PT-2021', detail: `no run ${String(req.params.id).slice(0, 80)}` })
}

function needsOperator(res: Response): void {
  res.set('WWW-Authenticate', 'Bearer')
  const detail = 'an act that is not signed needs an operator token as Bearer'
  problem(res, 401, 'PT-8001', detail)
}

function refuse(res: Response, { code, detail }: ActFault, run?: RunOfActs, act?: ActLink): void {
  const entry = codes[code]
  const stands = run && actStateOf(run.state)
  const { recovery_action: action = '' } = act?.object ?? {}
  // a name outside the list is a fault of form
  const known = Object.hasOwn(ACTS, action) ? ACTS[action as keyof typeof ACTS] : undefined
  problem(res, 'http' in entry ? entry.http : 400, code, detail, {
    ...(stands ? { state: stands, allowed_acts: actsAllowed(stands) } : {}),
    ...(known ? { allowed_states: known.states } : {}),
  })
}
