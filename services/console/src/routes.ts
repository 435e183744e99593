import {
  type consoleRoutes,
  type parkedRoutes,
  doors as routesOf,
} from '@prooftrail/contracts/doors'
import {
  type Call,
  type Handlers,
  mountDoors,
  type Reader,
  type Refused,
  type RouteTools,
  refuse,
  reply,
  toolDocument,
} from '@prooftrail/runtime'
import type { Express, Request, Response } from 'express'
import { listActs } from './act-trail/list.ts'
import { codes } from './codes.ts'
import { executorsOf } from './executors.ts'
import { forgetHandlers } from './forget.ts'
import { forwardReads } from './forward.ts'
import { overviewOf } from './overview.ts'
import { parkedHandlers } from './parked/handlers.ts'
import { toldOf } from './parked/told.ts'
import { pilotOf } from './pilot.ts'
import { reportOf } from './report.ts'
import { PAGE_POLICY, reportPage } from './report-page.ts'
import { reportText } from './report-text.ts'
import { eventsAfter, exceptionsOf, lifecycle, receipts, summary } from './run-views.ts'
import { findRuns, listRuns, selectRuns } from './runs.ts'
import { sreHandlers } from './sre/handlers.ts'
import type { RunState, State, ToolState, Tools } from './state.ts'
import { stepsOf } from './steps.ts'
import { toolEvents } from './tool-events.ts'
import { viewHandlers } from './views/handlers.ts'

export type Doors = RouteTools<State> &
  Pick<Tools, 'config' | 'live' | 'parked' | 'sampler' | 'acts' | 'views' | 'queue' | 'forget'>

const UNCACHED = { 'cache-control': 'no-store' }

/** The read side of runs, for agents (by their handle) and operators, and what others own. */
export function mountRoutes(app: Express, doors: Doors): void {
  mountDoors(app, {
    routes: routesOf.console,
    handlers: {
      ...listHandlers(doors),
      ...taskHandlers(doors),
      ...viewHandlers(doors.views),
      'GET /v1/acts': async ({ query }) => {
        const page = await listActs(doors.acts, query)
        return 'acts' in page ? reply(page, { headers: UNCACHED }) : page
      },
      ...parkedHandlers(doors.parked),
      ...sreHandlers(doors.sampler),
      ...forgetHandlers(doors),
    },
    access: doors.access,
    codes,
  })
  forwardReads(app, doors.config)
}

type Own = Handlers<typeof consoleRoutes>
type ParkedOfRun = Pick<Handlers<typeof parkedRoutes>, 'GET /v1/tasks/:token/parked'>
type ListKey =
  | 'GET /v1/runs'
  | 'GET /v1/runs/ids'
  | 'GET /v1/queue'
  | 'GET /v1/overview'
  | 'GET /v1/stream'
  | 'GET /v1/executors/:tool'

function listHandlers({ store, live, queue, access, sampler }: Doors): Pick<Own, ListKey> {
  const overview = overviewOf(store, sampler.history)
  return {
    'GET /v1/overview': async () => reply(await overview(), { headers: UNCACHED }),
    'GET /v1/runs': async ({ query }) => {
      const generated_at = new Date().toISOString()
      const { find } = query
      const page =
        find === undefined ? await listRuns(store, query) : { runs: await findRuns(store, find) }
      return 'runs' in page ? reply({ ...page, generated_at }, { headers: UNCACHED }) : page
    },
    'GET /v1/runs/ids': async ({ query }) => {
      const { ids, more } = await selectRuns(store, query)
      const answer = { work_order_ids: ids, total: ids.length, more }
      return reply(answer, { headers: UNCACHED })
    },
    'GET /v1/stream': async ({ req, res, caller }) =>
      live.open(
        { req, res },
        {
          session: caller.session,
          mayRead: async () => (await access.caller(req)).is('viewer'),
        },
      ),
    'GET /v1/executors/:tool': async ({ params: { tool } }) =>
      (await findTool(store, tool)) === undefined
        ? refuse('PT-7001', `no tool ${tool.slice(0, 80)} is registered`)
        : reply(await executorsOf(store, tool), { headers: UNCACHED }),
    'GET /v1/queue': async () => reply(await queue(), { headers: UNCACHED }),
  }
}

function taskHandlers(doors: Doors): Omit<Own, ListKey> & ParkedOfRun {
  const tool = (run: RunState) => findTool(doors.store, run.requested_tool)
  const withRun =
    <C extends Asked, T>(answer: (run: RunState, call: C) => T) =>
    async (call: C): Promise<Awaited<T> | Refused> => {
      const run = await readRun(doors, call)
      return 'status' in run ? await answer(run, call) : run
    }
  const part = <T>(view: (run: RunState) => T | undefined) =>
    withRun((run) => view(run) ?? refuse('PT-7002', `${run.work_order_id} has no such part yet`))
  return {
    'GET /v1/tasks/:token': part(summary),
    'GET /v1/tasks/:token/lifecycle': part(lifecycle),
    'GET /v1/tasks/:token/events': withRun(
      (run, { query }: Asked & { query: { after?: number } }) => eventsAfter(run, query.after ?? 0),
    ),
    'GET /v1/tasks/:token/result-contract': part((run) => run.result_contract),
    'GET /v1/tasks/:token/receipts': part(receipts),
    'GET /v1/tasks/:token/settlement-receipt': part((run) => run.settlement_receipt),
    'GET /v1/tasks/:token/usage-receipt': part((run) => run.usage_receipt),
    'GET /v1/tasks/:token/attestation': part((run) => run.sealed.at(-1)),
    'GET /v1/tasks/:token/ledger': part(({ ledger }) =>
      ledger.length > 0 ? { entries: ledger } : undefined,
    ),
    'GET /v1/tasks/:token/exceptions': part(exceptionsOf),
    'GET /v1/tasks/:token/callback': part((run) => run.callback),
    'GET /v1/tasks/:token/pilot': part(pilotOf),
    'GET /v1/tasks/:token/steps': withRun(async (run) => stepsOf(run, await tool(run))),
    'GET /v1/tasks/:token/tool-events': withRun((run) => ({
      work_order_id: run.work_order_id,
      events: toolEvents(run, doors.config.publicUrl),
    })),
    'GET /v1/tasks/:token/parked': withRun((run) => toldOf(run, doors.parked.rows)),
    'GET /v1/tasks/:token/stream': withRun((run, { req, res, caller, params }: Asked) => {
      const { work_order_id, task_token, agent_id = work_order_id } = run
      // a handle in the path is what is shown
      const isShown = params.token === task_token
      // all that an agent follows by its handles is one caller's
      const session = !isShown && caller.is('viewer') ? caller.session : `agent/${agent_id}`
      const mayRead = async () => isShown || (await doors.access.caller(req)).mayRead(task_token)
      return doors.live.open({ req, res }, { session, run: work_order_id, mayRead })
    }),
    'GET /v1/tasks/:token/report': withRun(async (run, call: Asked) =>
      sendReport(call, run, await tool(run)),
    ),
  }
}

/** What finding and showing a run asks of a request. */
type Asked = Pick<Call<'GET /v1/tasks/:token', unknown>, 'params' | 'caller' | 'denied'> & {
  req: Request
  res: Response
}

function sendReport({ req, res }: Asked, run: RunState, tool: ToolState | undefined) {
  const report = reportOf(run, tool, new Date().toISOString())
  res.vary('accept')
  switch (req.accepts(['application/json', 'text/html', 'text/plain'])) {
    case 'text/html': {
      const headers = { 'content-security-policy': PAGE_POLICY }
      return reply(reportPage(report), { type: 'text/html; charset=utf-8', headers })
    }
    case 'text/plain':
      return reply(reportText(report), { type: 'text/plain; charset=utf-8' })
    default:
      return report
  }
}

/**
 * The run that the request names and may read. A handle in the path opens its own run, and one that
 * nobody has is unknown; an id opens it to whoever may read it, and tells others nothing.
 */
async function readRun(
  { store }: Doors,
  { params: { token }, caller, denied, res }: Asked,
): Promise<RunState | Refused> {
  res.set({
    ...UNCACHED,
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  })
  const run = await findRun(store, token)
  const isHandle = token.startsWith('tt_')
  if (!isHandle && !caller.mayRead(run?.task_token)) return denied()
  return run ?? refuse('PT-7001', `nothing is known of ${token.slice(0, 80)}`)
}

/** By task handle or by work order id. */
async function findRun(store: Reader<State>, token: string): Promise<RunState | undefined> {
  const state = token.startsWith('tt_')
    ? (await store.find({ 'ix.task_token': token }, { limit: 1 }))[0]?.state
    : (await store.read([token])).get(token)?.state
  return state?.status === 'run' ? state : undefined
}

async function findTool(
  store: Reader<State>,
  tool: string | undefined,
): Promise<ToolState | undefined> {
  if (tool === undefined) return undefined
  const id = toolDocument(tool)
  const state = (await store.read([id])).get(id)?.state
  return state?.status === 'tool' ? state : undefined
}
