import { lifecycleState } from '@prooftrail/contracts'
import {
  defineService,
  type Host,
  type Running,
  runService,
  toolDocument,
} from '@prooftrail/runtime'
import { codes } from './codes.ts'
import type { ConsoleConfig } from './config.ts'
import { onExecutionProgressed, onFact } from './decide.ts'
import { evolve } from './evolve.ts'
import { forEachFact } from './projection.ts'
import { sinceOf } from './queue.ts'
import { mountRoutes } from './routes.ts'
import type { Console, State } from './state.ts'

/** A projection: what is known of each run, found by work order and by task handle. */
export const consoleService = defineService<Console>({
  name: 'console',
  collection: 'runs',
  initial: { status: 'absent' },
  // a page shows what was a quarter of a second ago
  gatherMs: 250,
  on: {
    ...forEachFact({ decide: onFact }),
    'work-order.accepted': { creates: true, decide: onFact },
    'work-order.rejected': { creates: true, decide: onFact },
    'execution.progressed': {
      // Progress is unsigned: it is shown as its executor's word, and nothing rests on it.
      authenticate: ({ data: { tool } }) => ({ party: toolDocument(tool), keyIds: [] }),
      sequenced: true,
      decide: onExecutionProgressed,
    },
    'tool.registered': { document: ({ tool }) => toolDocument(tool), decide: onFact },
  },
  emits: {},
  evolve,
  mayDefer: ({ status }) => status === 'run',
  index,
  indexes: [
    {
      name: 'task_token',
      key: { 'ix.task_token': 1 },
      unique: true,
      partialFilterExpression: { 'ix.task_token': { $exists: true } },
    },
    { name: 'lifecycle', key: { 'ix.lifecycle_state': 1, 'ix.since': 1 } },
  ],
  routes: mountRoutes,
  codes,
})

/** Runs by task handle, and by what they wait for. */
function index(state: State): Record<string, string | undefined> {
  if (state.status !== 'run') return {}
  return {
    task_token: state.task_token,
    lifecycle_state: lifecycleState(state.facts),
    since: sinceOf(state),
  }
}

/** Runs the console on a host; resolves when it consumes and answers. */
export function start(host: Host, config: ConsoleConfig): Promise<Running> {
  return runService(host, consoleService, {
    port: config.port,
    open: () => ({ tools: { config } }),
  })
}
