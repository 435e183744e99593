import { type Host, type Running, runService, type Service } from '@prooftrail/runtime'
import type { ConsoleConfig } from './config.ts'
import { decide, evolve, workOrderOf } from './project.ts'
import { consoleRoutes } from './routes.ts'
import { type ConsoleEvent, type ConsoleInput, FOLDED, type State } from './state.ts'

/** The console as data and functions: a projection, found by work order and by task handle. */
export const consoleService: Service<State, ConsoleInput, ConsoleEvent, undefined> = {
  name: 'console',
  collection: 'runs',
  consumes: FOLDED,
  initial: null,
  unseen: ['execution.progressed'],
  route: workOrderOf,
  creates: (input) => input.type === 'work-order.accepted' || input.type === 'work-order.rejected',
  decide,
  evolve,
  index: (state) => ({ task_token: state?.task_token }),
  indexes: [
    {
      name: 'task_token',
      key: { 'ix.task_token': 1 },
      unique: true,
      partialFilterExpression: { 'ix.task_token': { $exists: true } },
    },
  ],
}

export function startConsole(host: Host, config: ConsoleConfig): Promise<Running> {
  return runService(host, consoleService, {
    port: config.port,
    routes: (app, tools) => consoleRoutes(app, tools, config),
  })
}
