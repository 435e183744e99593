import { topicFor } from '@prooftrail/contracts'
import {
  type Access,
  type Host,
  openStore,
  produce,
  type Running,
  runService,
  type Service,
} from '@prooftrail/runtime'
import { checkAhead, type SigningKey } from '@prooftrail/trail'
import type { Express } from 'express'
import { claimOfOrder } from './authenticate.ts'
import { codes } from './codes.ts'
import type { IntakeConfig } from './config.ts'
import type { Context } from './context.ts'
import { decide, evolve, route } from './decide.ts'
import { claimAll, claimOf, type KeyHolders, kidsOf, openKeyHolders } from './key-holders.ts'
import { makeGate } from './load/gate.ts'
import { openStandings, watchLoad } from './load/watch-load.ts'
import type { Policy } from './policy.ts'
import { openRegistry, type Registry } from './registry.ts'
import { mountRoutes } from './routes.ts'
import type { IntakeEvent, IntakeInput, State } from './state.ts'

/** Where intake keeps its documents, how tools are listed, and how keys are found. */
const storage = {
  collection: 'work_orders',
  // the union's first member stands for documents that nobody saved
  initial: { kind: 'absent' } as State,
  index: (state: State) => ({
    tool: state.kind === 'tool' ? state.tool.tool : undefined,
    kids: kidsOf(state).join(' ') || undefined,
  }),
  indexes: [
    {
      name: 'tools',
      key: { 'ix.tool': 1 },
      partialFilterExpression: { 'ix.tool': { $exists: true } },
    },
    {
      name: 'kids',
      key: { 'ix.kids': 1 },
      partialFilterExpression: { 'ix.kids': { $exists: true } },
    },
  ],
} as const

export interface IntakeOptions {
  registry: Registry
  keyHolders: KeyHolders
  key: SigningKey
  taskSecret: Uint8Array
  policy: Policy
}

/** Intake as data and pure functions: who may ask for what. */
export function makeIntake(
  options: IntakeOptions,
): Service<State, IntakeInput, IntakeEvent, Context> {
  const { registry, keyHolders, key, taskSecret, policy } = options
  return {
    name: 'intake',
    ...storage,
    writes: [
      'work-order.accepted',
      'work-order.rejected',
      'agent.registered',
      'tool.registered',
      'agent.announced',
    ],
    consumes: ['work-order.submitted', 'agent.announced', 'tool.announced'],
    route,
    creates: ({ type }) => type === 'work-order.submitted',
    async prepare(wave) {
      const links = wave.flatMap(({ input }) =>
        input.type === 'work-order.submitted' ? [input.data] : [],
      )
      const orders = links.map(({ object }) => object)
      const inputs = wave.map(({ input }) => input)
      const kids = inputs.flatMap((input) => claimOf(input)?.kids ?? [])
      const holders = claimAll(await keyHolders.find(kids), inputs)
      const found = await registry.find({
        agents: orders.map(({ agent_id }) => agent_id),
        tools: orders.map(({ requested_tool }) => requested_tool),
      })
      await checkAhead(
        links.flatMap((link) => claimOfOrder(link, found.agents.get(link.object.agent_id))),
      )
      return { ...found, holders, key, taskSecret, policy }
    },
    decide,
    evolve,
  }
}

/** Runs intake on a host: the gate, the loop and the doors. */
export async function start(host: Host, config: IntakeConfig): Promise<Running> {
  const store = openStore(host, storage)
  const registry = openRegistry(store)
  const keyHolders = openKeyHolders(store, config.serviceKeys)
  const service = makeIntake({ registry, keyHolders, ...config })
  const now = () => performance.now()
  const gate = makeGate(topicFor('work-order.submitted'), config.load, now)
  const log = host.log.child({ service: 'intake' })
  const watch = await watchLoad(gate, openStandings(host), { log, now })
  const routes = (app: Express, { access }: { access: Access }) =>
    mountRoutes(app, {
      ...{ store, registry, keyHolders, access },
      publicUrl: config.publicUrl,
      taskSecret: config.taskSecret,
      produce: (name, value) => produce(host, 'intake', name, value),
      turnAway: gate.turnAway,
      now: Date.now,
    })
  try {
    const running = await runService(
      host,
      { ...service, codes, routes },
      { port: config.port, open: () => ({ tools: undefined, admission: gate }) },
    )
    const stop = async () => {
      await running.stop()
      await watch.stop()
    }
    return { ...running, stop }
  } catch (error) {
    await watch.stop()
    throw error
  }
}
