import { type LifecycleState, lifecycleState } from '@prooftrail/contracts'
import { type Access, problem, type Reader } from '@prooftrail/runtime'
import type { Express, Request, Response } from 'express'
import type { ConsoleConfig } from './config.ts'
import type { RunState, State } from './state.ts'

/** The read side of a task, for agents (by their handle) and operators. */
export function consoleRoutes(
  app: Express,
  { store, access }: { store: Reader<State>; access: Access },
  config: ConsoleConfig,
): void {
  const views: Readonly<Record<string, (run: RunState, req: Request) => unknown>> = {
    '': summary,
    '/lifecycle': lifecycle,
    '/events': eventsAfter,
    '/result-contract': (run) => run.result_contract,
    '/receipts': receipts,
    '/attestation': (run) => run.sealed.at(-1),
    '/ledger': (run) => (run.ledger.length > 0 ? { entries: run.ledger } : undefined),
    '/exceptions': (run) => ({ exceptions: run.exceptions.map(exception) }),
    '/callback': (run) => run.callback,
  }
  for (const [path, view] of Object.entries(views)) {
    app.get(`/v1/tasks/:token${path}`, async (req, res) => {
      const run = await findRun(store, req.params.token ?? '')
      if (!run || !(await mayRead(access, req, run))) return absent(res, req.params.token ?? '')
      const body = view(run, req)
      if (body === undefined) {
        problem(res, 404, 'PT-7002', `${run.work_order_id} has no such part yet`)
        return
      }
      res.set('cache-control', 'no-store').json(body)
    })
  }
  // One public base address: the proof and the door of orders live in other services.
  app.get(['/v1/trails/:id', '/keys.json', '/checkpoint', '/tile/*path'], (req, res) => {
    res.redirect(307, `${config.attestationUrl}${req.originalUrl}`)
  })
  app.all(['/v1/work-orders', '/v1/work-orders/:id'], (req, res) => {
    res.redirect(307, `${config.intakeUrl}${req.originalUrl}`)
  })
}

/** By task handle or by work order id. */
async function findRun(store: Reader<State>, token: string): Promise<RunState | undefined> {
  if (token.startsWith('tt_')) {
    const [found] = await store.find({ 'ix.task_token': token }, { limit: 1 })
    return found?.state ?? undefined
  }
  const found = await store.load([token])
  return found.get(token)?.state ?? undefined
}

/** The handle in the path opens its own task; a work order id opens it for operators only. */
async function mayRead(access: Access, req: Request, run: RunState): Promise<boolean> {
  if (run.task_token !== undefined && req.params.token === run.task_token) return true
  return access.mayRead(req, run.task_token)
}

function absent(res: Response, token: string): void {
  problem(res, 404, 'PT-7001', `nothing is known of ${token.slice(0, 80)}`)
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
    lifecycle_state: state(run),
    runtime_state: sealed?.runtime_state,
    sealed: sealed !== undefined,
    revision: sealed?.revision,
    verdict: sealed?.verdict,
    log_index: sealed?.log_index,
    attempt: run.attempt,
    result_status: result_contract?.result_status,
    evidence_status: result_contract?.machine_result.evidence_status,
    evidence_score: result_contract?.machine_result.evidence_score,
    callback_status: callback?.callback_status,
    credits_debited: usage_receipt?.credits_debited,
    open_exceptions: run.exceptions.map(exception).filter(({ settled }) => !settled).length,
    reasons: run.reasons,
    ids: run.ids,
  }
}

function lifecycle(run: RunState): Record<string, unknown> {
  return {
    work_order_id: run.work_order_id,
    lifecycle_state: state(run),
    runtime_state: run.sealed.at(-1)?.runtime_state,
    facts: run.facts,
  }
}

function state(run: RunState): LifecycleState {
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

function exception(one: RunState['exceptions'][number]): Record<string, unknown> & {
  settled: boolean
} {
  const { ticket, status, resolution, resolved_at } = one
  const settled = status === 'resolved' || status === 'closed'
  return { ...ticket, status, settled, resolution, resolved_at }
}
