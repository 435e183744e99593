import { type LifecycleState, lifecycleState } from '@prooftrail/contracts'
import {
  type Access,
  problem,
  type Reader,
  type RouteTools,
  toolDocument,
} from '@prooftrail/runtime'
import type { Express, Request, Response } from 'express'
import { isSettled } from './exceptions.ts'
import { forwardReads } from './forward.ts'
import { pilotOf } from './pilot.ts'
import { queueView } from './queue.ts'
import { reportOf } from './report.ts'
import { PAGE_POLICY, reportPage } from './report-page.ts'
import { reportText } from './report-text.ts'
import type { RunState, State, ToolState, Tools } from './state.ts'
import { stepsOf } from './steps.ts'
import { toolEvents } from './tool-events.ts'

type Doors = RouteTools<State> & Pick<Tools, 'config'>

/** A part of a run as JSON; undefined: the run has no such part (yet). */
type View = (run: RunState, req: Request) => unknown

/** The read side of a task, for agents (by their handle) and operators. */
export function mountRoutes(app: Express, doors: Doors): void {
  const { store, access, config } = doors
  const tool = (run: RunState) => findTool(store, run.requested_tool)
  const views: Readonly<Record<string, View>> = {
    '': summary,
    '/lifecycle': lifecycle,
    '/events': eventsAfter,
    '/result-contract': (run) => run.result_contract,
    '/receipts': receipts,
    '/settlement-receipt': (run) => run.settlement_receipt,
    '/usage-receipt': (run) => run.usage_receipt,
    '/attestation': (run) => run.sealed.at(-1),
    '/ledger': (run) => (run.ledger.length > 0 ? { entries: run.ledger } : undefined),
    '/exceptions': (run) => ({ exceptions: run.exceptions.map(exception) }),
    '/callback': (run) => run.callback,
    '/pilot': pilotOf,
    '/steps': async (run) => stepsOf(run, await tool(run)),
    '/tool-events': (run) => ({
      work_order_id: run.work_order_id,
      events: toolEvents(run, config.publicUrl),
    }),
  }
  for (const [path, view] of Object.entries(views)) {
    app.get(`/v1/tasks/:token${path}`, async (req, res) => {
      const run = await readRun(doors, req, res)
      if (!run) return
      const body = await view(run, req)
      if (body === undefined) {
        problem(res, 404, 'PT-7002', `${run.work_order_id} has no such part yet`)
        return
      }
      res.json(body)
    })
  }
  app.get('/v1/tasks/:token/report', async (req, res) => {
    const run = await readRun(doors, req, res)
    if (run) sendReport(req, res, run, await tool(run))
  })
  app.get('/v1/queue', access.requireViewer, async (_req, res) => {
    const now = new Date().toISOString()
    res.set('cache-control', 'no-store').json(await queueView(store, now))
  })
  forwardReads(app, config)
}

function sendReport(req: Request, res: Response, run: RunState, tool: ToolState | undefined): void {
  const report = reportOf(run, tool, new Date().toISOString())
  res.vary('accept')
  switch (req.accepts(['application/json', 'text/html', 'text/plain'])) {
    case 'text/html':
      res.set('content-security-policy', PAGE_POLICY).type('html').send(reportPage(report))
      return
    case 'text/plain':
      res.type('text/plain').send(reportText(report))
      return
    default:
      res.json(report)
  }
}

/** The run that the request names and may read; else it was answered: absent and forbidden alike. */
async function readRun(
  { store, access }: Doors,
  req: Request,
  res: Response,
): Promise<RunState | undefined> {
  const token = String(req.params.token ?? '')
  res.set({
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  })
  const run = await findRun(store, token)
  if (run && (await mayRead(access, req, token, run))) return run
  problem(res, 404, 'PT-7001', `nothing is known of ${token.slice(0, 80)}`)
  return undefined
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

/** The handle in the path opens its own task; a work order id opens it for operators only. */
async function mayRead(
  access: Access,
  req: Request,
  token: string,
  run: RunState,
): Promise<boolean> {
  if (run.task_token !== undefined && token === run.task_token) return true
  return access.mayRead(req, run.task_token)
}

function summary(run: RunState): Record<string, unknown> {
  const sealed = run.sealed.at(-1)
  const { result_contract, callback, usage_receipt } = run
  return {
    work_order_id: run.work_order_id,
    task_token: run.task_token,
    agent_id: run.agent_id,
    requested_tool: run.requested_tool,
    requested_capability: run.requested_capability,
    execution_mode: run.execution_mode,
    pilot_id: run.pilot_id,
    lifecycle_state: stateOf(run),
    runtime_state: sealed?.runtime_state,
    sealed: sealed !== undefined,
    revision: sealed?.revision,
    verdict: sealed?.verdict,
    log_index: sealed?.log_index,
    attempt: run.bound.at(-1)?.attempt,
    result_status: result_contract?.result_status,
    evidence_status: result_contract?.machine_result.evidence_status,
    evidence_score: result_contract?.machine_result.evidence_score,
    callback_status: callback?.callback_status,
    credits_debited: usage_receipt?.credits_debited,
    open_exceptions: run.exceptions.filter((one) => !isSettled(one)).length,
    reasons: run.reasons,
    ids: run.ids,
  }
}

function lifecycle(run: RunState): Record<string, unknown> {
  return {
    work_order_id: run.work_order_id,
    lifecycle_state: stateOf(run),
    runtime_state: run.sealed.at(-1)?.runtime_state,
    facts: run.facts,
  }
}

export function stateOf(run: RunState): LifecycleState {
  return lifecycleState(run.facts)
}

function eventsAfter(run: RunState, req: Request): unknown {
  const after = Number(req.query.after ?? 0)
  const events = run.events.filter(({ sequence }) => sequence > after)
  return { work_order_id: run.work_order_id, events }
}

function receipts(run: RunState): unknown {
  const { settlement_receipt, usage_receipt } = run
  if (!settlement_receipt && !usage_receipt) return undefined
  return { settlement_receipt, usage_receipt }
}

function exception(one: RunState['exceptions'][number]): Record<string, unknown> {
  const { ticket, status, resolution, resolved_at } = one
  return { ...ticket, status, settled: isSettled(one), resolution, resolved_at }
}
