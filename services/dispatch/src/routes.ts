import {
  ACT_NAMES,
  ACTS,
  type ActLink,
  type Actor,
  actObjectType,
  actsAllowed,
  commandOf,
  type RecoveryAct,
} from '@prooftrail/contracts'
import { type AnswerOf, actRoutes } from '@prooftrail/contracts/doors'
import {
  agentDocument,
  type Caller,
  type Handlers,
  type Loose,
  mountDoors,
  Refusal,
  type Refused,
  type Reply,
  type RouteTools,
  refuse,
  reply,
  toolDocument,
  WAIT_SECONDS,
} from '@prooftrail/runtime'
import { type Ref, verifiedLinks } from '@prooftrail/trail'
import type { Express } from 'express'
import { isSaid, manifestOf, termsOf } from './acts/decide-act.ts'
import {
  type ActFault,
  type Asked,
  actFault,
  actStateOf,
  checkpointOf,
  runOf,
} from './acts/judge-act.ts'
import { isOpen } from './acts/own-fault.ts'
import { actorOf, keyOfAct } from './acts/read-act.ts'
import { type ActRequest, readActRequest, readAsked } from './acts/read-request.ts'
import { itemOfKey } from './batches/names.ts'
import { codes } from './codes.ts'
import { courseOf, isOrder } from './course.ts'
import type { AgentState, Course, OrderState, State, ToolState, Tools } from './state.ts'

export type Doors = RouteTools<State> &
  Pick<Tools, 'lookup' | 'operators' | 'signAct' | 'request' | 'limits'> & { now?: () => number }

type ActAnswer = Reply<Loose<AnswerOf<'POST /v1/tasks/:id/acts'>>>

/** A run as its acts see it. */
interface RunOfActs {
  id: string
  state: OrderState
  course: Course
}

/** How long an answer waits for the loop, and how often it looks. */
const ANSWER_MS = 10_000
const LOOK_MS = 50

/**
 * The door of acts. What it takes is signed by the agent, or by this door for an operator who shows
 * a token; it goes to the topic, and the loop judges it again. The answer is the run after it. Whoever
 * shows neither learns nothing of any run, and whoever shows that he is another agent learns as much.
 */
export function mountRoutes(app: Express, doors: Doors): void {
  const handlers = handlersOf(doors)
  mountDoors(app, { routes: actRoutes, handlers, access: doors.access, codes })
}

function handlersOf(doors: Doors): Handlers<typeof actRoutes> {
  return {
    'GET /v1/tasks/:id/acts': async ({ params: { id }, caller, denied }) => {
      const run = await findRun(doors, id)
      // the handle in the path opens its own task
      const isShown = run && id === run.course.task_token
      if (!isShown && !id.startsWith('tt_') && !caller.mayRead(run?.course.task_token)) {
        return denied()
      }
      return run
        ? reply(viewOf(run, doors), { headers: { 'cache-control': 'no-store' } })
        : unknownRun(id)
    },

    'POST /v1/tasks/:id/acts': async ({ params: { id }, query, bytes, caller, denied }) => {
      const request = readActRequest(await bytes())
      if ('code' in request) return refusal(request)
      const asker = await askerOf(caller, request, doors)
      if (asker === undefined) return denied()
      if ('code' in asker) return refusal(asker)
      const run = await findRun(doors, asker.workOrderId)
      const isNamed = run && (id === run.id || id === run.course.task_token)
      if (!isNamed || (asker.agent ?? run.course.agent_id) !== run.course.agent_id) {
        return unknownRun(id)
      }
      const asked = { link: asker.sign(run), by: asker.by }
      return answerTo(run, asked, { doors, isDry: query.dry_run === true })
    },
  }
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
  caller: Caller,
  request: ActRequest,
  doors: Doors,
): Promise<Asker | ActFault | undefined> {
  if (request.kind === 'signed') return signerOf(request.act, doors)
  const { signAct, now = Date.now } = doors
  const name = caller.is('operator') ? caller.name : undefined
  if (name === undefined || signAct === undefined) return undefined
  const read = readAsked(request.members)
  if ('code' in read) return read
  const { act } = read
  if (itemOfKey(act.idempotency_key)) {
    return { code: 'PT-2023', detail: 'idempotency_key: keys of this form are those of batches' }
  }
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

/** By work order id, or by task handle. */
async function findRun({ store }: Doors, name: string): Promise<RunOfActs | undefined> {
  const [found] = name.startsWith('tt_')
    ? await store.find({ 'ix.task_token': name }, { limit: 1 })
    : [{ id: name, state: (await store.read([name])).get(name)?.state }]
  const { id = name, state } = found ?? {}
  const course = state && courseOf(state)
  return state && course && isOrder(state) ? { id, state, course } : undefined
}

async function answerTo(
  run: RunOfActs,
  { link: act, by }: Pick<Asked, 'link' | 'by'>,
  { doors, isDry }: { doors: Doors; isDry: boolean },
): Promise<ActAnswer | Refused> {
  const fault = isSaid(run.course, act) ? undefined : await faultOf(run, { link: act, by }, doors)
  if (fault) return refusal(fault, run, act)
  if (isDry) return reply(wouldBe(run, act, doors))
  if (!isSaid(run.course, act)) await doors.request({ work_order_id: run.id, act })
  const after = await untilSaid(doors, run.id, act)
  const { idempotency_key } = act.object
  const answer = { idempotency_key, digest: act.digest, status: after ? 'accepted' : 'asked' }
  const said = { act: answer, run: viewOf(after ?? run, doors) }
  return reply(said, { status: after ? 200 : 202 })
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
function wouldBe({ state, course }: RunOfActs, act: ActLink, { now = Date.now, limits }: Doors) {
  const { recovery_action: action } = act.object
  const { changes, leads_to, costs } = ACTS[action]
  const run = runOf(state)
  const at = new Date(now()).toISOString()
  const terms =
    costs === 'difference' && run ? termsOf(course, run.accepted.pins, at, limits) : undefined
  return {
    dry_run: true as const,
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

/** Where a run stands, what an act on it follows, what is held, and which acts it takes now. */
function viewOf({ id, state, course }: RunOfActs, { now = Date.now }: Doors) {
  const stands = actStateOf(state)
  const follows: Ref | undefined = checkpointOf(state, course)
  const { newest, tickets, acts, agent_id, debited } = course
  const at = new Date(now()).toISOString()
  // whether an act fits is asked of the run; what its tool takes is asked when evidence comes
  const one = { state, course, run: runOf(state), manifest: undefined, at }
  const open_acts = ACT_NAMES.filter((name) => isOpen(name, stands, one)).map((action) => ({
    action,
    by: ACTS[action].by,
    command: commandOf(action, id),
  }))
  return {
    ...{ work_order_id: id, agent_id, state: stands, allowed_acts: actsAllowed(stands), open_acts },
    credits_held: heldFor(state),
    ...(follows === undefined ? {} : { follows }),
    ...(newest ? { result_number: newest.number, open_evidence: newest.open } : {}),
    ...{ open_tickets: tickets, acts_accepted: Object.keys(acts).length, credits_debited: debited },
    ...(course.evidence_request ? { evidence_request: course.evidence_request } : {}),
    ...('replay' in state && state.replay ? { replay: state.replay.terms } : {}),
  }
}

/** What is held for the attempts of a run that has no result of them yet. */
function heldFor(state: OrderState): number {
  if (state.status !== 'commanded' && state.status !== 'stalled') return 0
  return state.replay?.terms.credits ?? state.hold.credits_held
}

function unknownRun(id: string): Refused {
  return refusal({ code: 'PT-2021', detail: `no run ${id.slice(0, 80)}` })
}

function refusal({ code, detail }: ActFault, run?: RunOfActs, act?: ActLink): Refused {
  const stands = run && actStateOf(run.state)
  const { recovery_action: action = '' } = act?.object ?? {}
  // a name outside the list is a fault of form
  const known = Object.hasOwn(ACTS, action) ? ACTS[action as keyof typeof ACTS] : undefined
  return refuse(code, detail, {
    ...(stands ? { state: stands, allowed_acts: actsAllowed(stands) } : {}),
    ...(known ? { allowed_states: known.states } : {}),
  })
}
