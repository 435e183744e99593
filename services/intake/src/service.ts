import {
  type Host,
  openStore,
  produce,
  type Running,
  runService,
  type Service,
} from '@prooftrail/runtime'
import type { SigningKey } from '@prooftrail/trail'
import type { IntakeConfig } from './config.ts'
import type { Context } from './context.ts'
import { decide, evolve, route } from './decide.ts'
import type { Policy } from './policy.ts'
import { openRegistry, type Registry } from './registry.ts'
import { mountRoutes } from './routes.ts'
import type { IntakeEvent, IntakeInput, State } from './state.ts'

/** Where intake keeps its documents, and how tools are listed. */
const storage = {
  collection: 'work_orders',
  // the union's first member stands for documents that nobody saved
  initial: { kind: 'absent' } as State,
  index: (state: State) => ({ tool: state.kind === 'tool' ? state.tool.tool : undefined }),
  indexes: [
    {
      name: 'tools',
      key: { 'ix.tool': 1 },
      partialFilterExpression: { 'ix.tool': { $exists: true } },
    },
  ],
} as const

export interface IntakeOptions {
  registry: Registry
  key: SigningKey
  taskSecret: Uint8Array
  policy: Policy
}

/** Intake as data and pure functions: who may ask for what. */
export function makeIntake(
  options: IntakeOptions,
): Service<State, IntakeInput, IntakeEvent, Context> {
  const { registry, key, taskSecret, policy } = options
  return {
    name: 'intake',
    ...storage,
    consumes: ['work-order.submitted', 'agent.announced', 'tool.announced'],
    route,
    creates: ({ type }) => type === 'work-order.submitted',
    async prepare(wave) {
      const orders = wave.flatMap(({ input }) =>
        input.type === 'work-order.submitted' ? [input.data.object] : [],
      )
      const found = await registry.find({
        agents: orders.map(({ agent_id }) => agent_id),
        tools: orders.map(({ requested_tool }) => requested_tool),
      })
      return { ...found, key, taskSecret, policy }
    },
    decide,
    evolve,
  }
}

/** Runs intake on a host: the loop and the doors. */
export function startIntake(host: Host, config: IntakeConfig): Promise<Running> {
  const store = openStore(host, storage)
  const registry = openRegistry(store)
  const service = makeIntake({ registry, ...config })
  return runService(
    host,
    service,
    {
      port: config.port,
      routes: (app, { access }) =>
        mountRoutes(app, {
          ...{ store, registry, access },
          publicUrl: config.publicUrl,
          taskSecret: config.taskSecret,
          produce: (name, value) => produce(host, 'intake', name, value),
          now: Date.now,
        }),
    },
    store,
  )
}
