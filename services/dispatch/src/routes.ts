import {
  ACTS,
  type ActLink,
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
import { actorOf, keyOfAct } from './acts/read-act.ts'
import { type ActRequest, readActRequest } from './acts/read-request.ts'
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

const MAX_BODY = '1mb'
/** How long an answer waits for the loop, and how often it looks. */
const ANSWER_MS = 10_000
const LOOK_MS = 50

/**
 * The door of acts. What it takes is signed by the agent, or by this door for an operator who shows
 * a token; it goes to the topic, and the loop judges it again. The answer is the run after it.
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
      const run = await findRun(doors, workOrderOf(request))
      const named = String(req.params.id)
      if (!run || (named !== run.id && named !== run.course.task_token)) return unknownRun(res, req)
      const act = request.kind === 'signed' ? request.act : await signFor(req, run, request, doors)
      if (act === undefined) return needsOperator(res)
      await answerTo(res, run, act, { doors, isDry: req.query.dry_run !== undefined })
    },
  )
}

function workOrderOf({ act }: ActRequest): string {
  return 'object' in act ? act.object.work_order_id : act.work_order_id
}

async function findRun({ store }: Doors, id: string): Promise<RunOfActs | undefined> {
  const state = (await store.read([id])).get(id)?.state
  const course = state && courseOf(state)
  return state && course && isRun(state) ? { id, state, course } : undefined
}

/** What an operator asks for, signed by this door; undefined where the request shows none. */
async function signFor(
  req: Request,
  { state, course }: RunOfActs,
  { act }: Extract<ActRequest, { kind: 'asked' }>,
  { access, signAct, now = Date.now }: Doors,
): Promise<ActLink | undefined> {
  const requested_by = await access.operator(req)
  if (requested_by === undefined || signAct === undefined) return undefined
  const { link } = ACTS[act.recovery_action]
  const object: RecoveryAct = {
    ...act,
    ...{ object_type: actObjectType(link), requested_by: requested_by.slice(0, 200) },
    issued_at: new Date(now()).toISOString(),
  }
  const ref = checkpointOf(state, course)
  return signAct(link, object, ref ? [ref] : [])
}

async function answerTo(
  res: Response,
  run: RunOfActs,
  act: ActLink,
  { doors, isDry }: { doors: Doors; isDry: boolean },
): Promise<void> {
  const fault = await faultOf(run, act, doors)
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
  act: ActLink,
  { lookup, operators, now = Date.now }: Doors,
): Promise<ActFault | undefined> {
  const at = new Date(now()).toISOString()
  const agents = new Map<string, AgentState>()
  const tools = new Map<string, ToolState>()
  const tool = runOf(state)?.accepted.pins.tool
  const parties = [agentDocument(act.object.requested_by), ...(tool ? [toolDocument(tool)] : [])]
  for (const found of (await lookup.get(parties)).values()) {
    if (found.status === 'agent') agents.set(found.agent_id, found)
    if (found.status === 'tool') tools.set(found.tool, found)
  }
  const verified = await verifiedLinks([act], () => keyOfAct(act, { agents, operators }))
  try {
    const by = actorOf(act, { agents, operators, verified }, at, WAIT_SECONDS)
    if (by === 'agent' && act.object.requested_by !== course.agent_id) {
      return { code: 'PT-2021', detail: `no run ${id} of ${act.object.requested_by}` }
    }
    const asked: Asked = { link: act, by, at, workOrderId: id }
    return isSaid(course, act)
      ? undefined
      : actFault(state, course, asked, manifestOf(state, { tools }))
  } catch (error) {
    if (error instanceof Refusal) return { code: 'PT-2022', detail: error.message }
    throw error
  }
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
  problem(res, 'http' in entry ? entry.http : 400, code, detail, {
    ...(stands ? { state: stands, allowed_acts: actsAllowed(stands) } : {}),
    ...(act ? { allowed_states: ACTS[act.object.recovery_action].states } : {}),
  })
}
