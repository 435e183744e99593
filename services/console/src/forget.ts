import { randomUUID } from 'node:crypto'
import { signAtDoor } from '@prooftrail/contracts'
import type { forgetRoutes } from '@prooftrail/contracts/doors'
import { type Basics, type Handlers, type RouteTools, refuse, reply } from '@prooftrail/runtime'
import { rowOf } from './run-row.ts'
import type { AskedToForget, ConsoleEvent, ConsoleInput, Context, State, Tools } from './state.ts'

/**
 * An operator has what a run says deleted. The console knows of everybody's facts, so it is the one
 * that says whether the run is at rest, and signs; every service drops its own part when it reads `run.forgotten`.
 */

/** Why what a run says may not be deleted now, if so. */
export function forgetFault(
  state: State,
): { code: 'PT-7001' | 'PT-7050'; detail: string } | undefined {
  if (state.status !== 'run') return { code: 'PT-7001', detail: 'nothing is known of it' }
  const { lifecycle_state, waits_for, open_exceptions, work_order_id } = rowOf(state)
  const { rejected_at, sealed_at, released_at } = state.facts
  const isOver = sealed_at !== undefined || released_at !== undefined || rejected_at !== undefined
  if (isOver && waits_for === 'nobody' && open_exceptions === 0) return undefined
  const tickets = open_exceptions === 0 ? '' : `, ${open_exceptions} open tickets`
  return {
    code: 'PT-7050',
    detail: `${work_order_id} is not at rest: ${lifecycle_state}, waits for ${waits_for}${tickets}`,
  }
}

/** What is not allowed decides nothing; the door says why. */
export function onForgetAsked(
  state: State,
  { data: { by, reason }, at }: Extract<ConsoleInput, { type: 'forget.asked' }>,
  { key }: Pick<Context, 'key'>,
): readonly ConsoleEvent[] {
  if (state.status !== 'run' || forgetFault(state) !== undefined) return []
  const { work_order_id, agent_id } = state
  const about = { work_order_id, ...(agent_id === undefined ? {} : { agent_id }) }
  const data = signAtDoor({ ...about, decided_by: by, reason, decided_at: at }, key)
  return [{ type: 'run.forgotten', data }]
}

/** Asks for it; resolves when it was decided, saved and published. */
export type AskToForget = (workOrderId: string, asked: AskedToForget) => Promise<void>

export function askToForget(submit: Basics<State, ConsoleInput>['submit']): AskToForget {
  return (workOrderId, data) =>
    submit(workOrderId, {
      ...{ id: `asked:${randomUUID()}`, type: 'forget.asked', data },
      at: new Date().toISOString(),
    })
}

export function forgetHandlers({
  store,
  forget,
}: Pick<RouteTools<State>, 'store'> & Pick<Tools, 'forget'>): Handlers<typeof forgetRoutes> {
  return {
    'POST /v1/runs/:work_order_id/forget': async ({ params, body, query, caller }) => {
      const id = params.work_order_id
      const state = (await store.read([id])).get(id)?.state ?? { status: 'absent' as const }
      const fault = forgetFault(state)
      if (fault || state.status !== 'run') {
        return refuse(fault?.code ?? 'PT-7001', fault?.detail ?? '')
      }
      const isDry = query.dry_run === true
      const { agent_id, lifecycle_state } = rowOf(state)
      if (!isDry) await forget(id, { by: caller.name ?? 'operator', reason: body.reason })
      const status = isDry ? ('would_be_forgotten' as const) : ('forgotten' as const)
      const who = agent_id === undefined ? {} : { agent_id }
      const headers = { 'cache-control': 'no-store' }
      return reply({ work_order_id: id, ...who, lifecycle_state, status }, { headers })
    },
  }
}
