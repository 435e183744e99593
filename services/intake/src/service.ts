import { doorsOf, topicFor } from '@prooftrail/contracts'
import {
  agentDocument,
  type Basics,
  defineService,
  type Host,
  type Message,
  type Opened,
  type Pair,
  produce,
  Refusal,
  type Running,
  runService,
  toolDocument,
} from '@prooftrail/runtime'
import { workOrderId } from '@prooftrail/trail'
import { accountsIn, claimAccounts, findAccounts } from './account-holders.ts'
import { AnnouncementBudget } from './announcement-budget.ts'
import { codes } from './codes.ts'
import type { IntakeConfig } from './config.ts'
import {
  onAgentAnnounced,
  onToolAnnounced,
  onToolDirected,
  onWorkOrderSubmitted,
} from './decide.ts'
import { onTicket, orderAwaitingCredits } from './decide-ticket.ts'
import { evolve } from './evolve.ts'
import { claimAll, claimsIn, claimsOfTool, kidsOf, openKeyHolders } from './key-holders.ts'
import { makeOrderAdmission } from './load/admission-control.ts'
import { openAwaitingCredits } from './load/awaiting-credits.ts'
import { openSignatures } from './load/senders.ts'
import { openStandings, watchLoad } from './load/watch-load.ts'
import { MAX_TOOLS } from './policy.ts'
import { openRegistry } from './registry.ts'
import { mountRoutes } from './routes.ts'
import type { Context, Intake, IntakeInput, State, Tools } from './state.ts'

/** Stage 1: who may ask for what. See state.ts for what a document is, decide.ts for the rules. */
export const intake = defineService<Intake>({
  name: 'intake',
  collection: 'work_orders',
  initial: { status: 'absent' },
  keyCode: 'PT-1001',
  on: {
    'work-order.submitted': {
      creates: true,
      authenticate: claimsOfOrder,
      decide: onWorkOrderSubmitted,
    },
    'exception.opened': {
      document: ({ object }) => orderAwaitingCredits(object),
      decide: onTicket,
    },
    'exception.resolved': { document: orderAwaitingCredits, decide: onTicket },
    'agent.announced': {
      document: ({ agent_id }) => agentDocument(agent_id),
      decide: onAgentAnnounced,
    },
    'tool.directed': {
      document: ({ tool }) => toolDocument(tool),
      decide: onToolDirected,
    },
    'tool.announced': {
      document: ({ tool }) => toolDocument(tool),
      authenticate: ({ data }) => claimsOfTool(data),
      decide: onToolAnnounced,
    },
  },
  emits: {
    'work-order.accepted': 'decide',
    'work-order.rejected': 'decide',
    'agent.registered': 'decide',
    'tool.registered': 'decide',
    'agent.announced': 'door',
    'tool.directed': 'door',
  },
  prepare,
  known: (documents, { registry }) => registry.known(documents),
  evolve,
  forget: withoutDetails,
  index: (state) => ({
    tool: state.status === 'tool' ? state.tool.tool : undefined,
    kids: kidsOf(state).join(' ') || undefined,
    account: state.status === 'agent' ? state.agent.account : undefined,
    awaits: state.status === 'order' && state.awaits_credits ? state.agent_id : undefined,
  }),
  indexes: [
    {
      name: 'tools',
      key: { 'ix.tool': 1 },
      partialFilterExpression: { 'ix.tool': { $exists: true } },
    },
    {
      name: 'accounts',
      key: { 'ix.account': 1 },
      partialFilterExpression: { 'ix.account': { $exists: true } },
    },
    {
      name: 'awaits',
      key: { 'ix.awaits': 1 },
      partialFilterExpression: { 'ix.awaits': { $exists: true } },
    },
    {
      name: 'kids',
      key: { 'ix.kids': 1 },
      partialFilterExpression: { 'ix.kids': { $exists: true } },
    },
  ],
  routes: mountRoutes,
  codes,
})

/** @throws Refusal PT-1002: nobody reaches a document under a name of his choice */
function claimsOfOrder({ data: { object, key_id } }: Message<'work-order.submitted'>) {
  const derived = workOrderId(object.agent_id, object.idempotency_key)
  if (object.work_order_id !== derived) throw new Refusal('PT-1002', `derived is ${derived}`)
  return { party: agentDocument(object.agent_id), keyIds: [key_id] }
}

/** Agents, tools and key holders that a wave names; the orders' signatures are checked ahead. */
async function prepare(wave: readonly Pair<State, IntakeInput>[], tools: Tools): Promise<Context> {
  const { registry, keyHolders, signatures, awaitingCredits, key, taskSecret, policy, isDoors } =
    tools
  const inputs = wave.map(({ input }) => input)
  const links = wave.flatMap(({ input }) =>
    input.type === 'work-order.submitted' ? [input.data] : [],
  )
  // whom no operator gave a name is refused for that, whoever holds its key
  const isNamed = ({ state, input }: (typeof wave)[number]) =>
    input.type !== 'tool.announced' ||
    state.status === 'tool' ||
    policy.toolRegistration !== 'operator'
  const claims = claimsIn(wave.filter(isNamed), isDoors)
  const holders = claimAll(await keyHolders.find(claims.flatMap(({ keyIds }) => keyIds)), claims)
  const named = accountsIn(inputs, isDoors)
  const held = await tools.findAccounts(named.map(({ account }) => account))
  const found = await registry.find({
    agents: links.map(({ object }) => object.agent_id),
    tools: links.map(({ object }) => object.requested_tool),
  })
  const verified = await signatures.verified(links, found.agents)
  const namesTool = wave.some(
    (one) => one.state.status === 'absent' && isOfTool(one.input) && isNamed(one),
  )
  return {
    ...{ ...found, holders, verified, key, taskSecret, policy, isDoors },
    hasRoomForTools: namesTool && (await tools.hasRoomForTools()),
    tooSoon: tools.announcements.beyond(wave),
    accounts: claimAccounts(held, named),
    awaiting: await awaitingCredits.of([...found.agents.keys()]),
  }
}

/** An id stays taken for ever, and what was decided on it; why it was refused quotes the order. */
export function withoutDetails(state: State): State {
  if (state.status !== 'order' || state.reasons === undefined) return state
  return { ...state, reasons: state.reasons.map(({ code }) => ({ code, detail: '' })) }
}

function isOfTool({ type }: IntakeInput): boolean {
  return type === 'tool.announced' || type === 'tool.directed'
}

/** Opens the registry and begins to watch the load. */
async function open(
  { host, store, log }: Basics<State, IntakeInput>,
  { key, taskSecret, policy, publicUrl, load, quotas, serviceKeys }: IntakeConfig,
): Promise<Opened<Tools>> {
  const now = () => performance.now()
  const registry = openRegistry(store)
  const signatures = openSignatures(registry)
  const admission = makeOrderAdmission({
    topic: topicFor('work-order.submitted'),
    ...{ limits: load, quotas, signatures, now },
  })
  const watch = await watchLoad(admission, openStandings(host), { log, now })
  const tools: Tools = {
    ...{ key, taskSecret, policy, publicUrl },
    ...{ registry, signatures, admission, quotas },
    awaitingCredits: openAwaitingCredits(store, policy.maxAwaitingCredits),
    keyHolders: openKeyHolders(store, serviceKeys),
    isDoors: doorsOf(key, 'intake', serviceKeys, Date.now),
    findAccounts: (accounts) => findAccounts(store, accounts),
    hasRoomForTools: async () => (await store.count({ 'ix.tool': { $exists: true } })) < MAX_TOOLS,
    announcements: new AnnouncementBudget(now),
    produce: (name, value) => produce(host, 'intake', name, value),
    now: Date.now,
  }
  return { tools, admission, close: () => watch.stop() }
}

/** Runs intake on a host; resolves when it consumes and answers. */
export function start(host: Host, config: IntakeConfig): Promise<Running> {
  return runService(host, intake, {
    port: config.port,
    serviceKeys: config.serviceKeys,
    open: (basics) => open(basics, config),
  })
}
