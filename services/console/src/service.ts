import { lifecycleState } from '@prooftrail/contracts'
import {
  type Host,
  type RouteTools,
  type Running,
  runService,
  type Service,
} from '@prooftrail/runtime'
import type { Express } from 'express'
import { codes } from './codes.ts'
import type { ConsoleConfig } from './config.ts'
import { decide, documentOf, evolve } from './project.ts'
import { sinceOf } from './queue.ts'
import { consoleRoutes } from './routes.ts'
import { type ConsoleEvent, type ConsoleInput, FOLDED, type State } from './state.ts'

const COLLECTION = 'runs'

/** The console as data and functions: a projection, found by work order and by task handle. */
export const consoleService: Service<State, ConsoleInput, ConsoleEvent, undefined> = {
  name: 'console',
  collection: COLLECTION,
  consumes: FOLDED,
  initial: null,
  // a page shows what was a quarter of a second ago
  gatherMs: 250,
  unseen: ['execution.progressed'],
  route: documentOf,
  creates: (input) => input.type === 'work-order.accepted' || input.type === 'work-order.rejected',
  decide,
  evolve,
  mayDefer: (state) => state?.kind === 'run',
  index: (state) =>
    state?.kind === 'run'
      ? {
          task_token: state.task_token,
          lifecycle_state: lifecycleState(state.facts),
          since: sinceOf(state),
        }
      : {},
  indexes: [
    {
      name: 'task_token',
      key: { 'ix.task_token': 1 },
      unique: true,
      partialFilterExpression: { 'ix.task_token': { $exists: true } },
    },
    { name: 'lifecycle', key: { 'ix.lifecycle_state': 1, 'ix.since': 1 } },
  ],
}

export function start(host: Host, config: ConsoleConfig): Promise<Running> {
  const runs = host.db.collection(COLLECTION)
  const routes = (app: Express, { store, access }: RouteTools<State>) => {
    const count = (state: string) => runs.countDocuments({ 'ix.lifecycle_state': state })
    consoleRoutes(app, { store, access, count }, config)
  }
  return runService(host, { ...consoleService, codes, routes }, { port: config.port })
}
