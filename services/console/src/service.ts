import { genuineProgress, lifecycleState, TOOL_NAME } from '@prooftrail/contracts'
import {
  defineService,
  type Host,
  Lookup,
  type Pair,
  type Running,
  runService,
  toolDocument,
} from '@prooftrail/runtime'
import { codes } from './codes.ts'
import type { ConsoleConfig } from './config.ts'
import { onFact } from './decide.ts'
import { evolve } from './evolve.ts'
import { onExecutionProgressed } from './progress.ts'
import { forEachFact } from './projection.ts'
import { sinceOf } from './queue.ts'
import { mountRoutes } from './routes.ts'
import type { Console, ConsoleInput, Context, State, ToolState, Tools } from './state.ts'

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
      authenticate: ({ data: { tool, key_id } }) => ({
        party: toolDocument(tool),
        keyIds: key_id === undefined ? [] : [key_id],
      }),
      sequenced: true,
      decide: onExecutionProgressed,
    },
    'tool.registered': { document: ({ tool }) => toolDocument(tool), decide: onFact },
  },
  emits: {},
  prepare,
  evolve,
  mayDefer: ({ status }) => status === 'run',
  rests: (state) => state.status === 'run' && state.sealed.length > 0,
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

/** The heartbeats of a wave are checked ahead, by the keys of their tools. */
async function prepare(
  wave: readonly Pair<State, ConsoleInput>[],
  { lookup }: Tools,
): Promise<Context> {
  const beats = wave.flatMap(({ input }) =>
    input.type === 'execution.progressed' && TOOL_NAME.test(input.data.tool) ? [input] : [],
  )
  const states = await lookup.get(beats.map(({ data }) => toolDocument(data.tool)))
  const tools = new Map<string, ToolState>()
  for (const state of states.values()) if (state.status === 'tool') tools.set(state.tool, state)
  return { genuine: await genuineProgress(beats, tools) }
}

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
    open: ({ store }) => ({ tools: { config, lookup: new Lookup(store) } }),
  })
}
