import type { TopicName } from '@prooftrail/contracts'
import { caseOf, type Overrides, type SignedOrder } from '../toolkit/agent.ts'
import type { RegisteredAgent, TestWorld } from '../world.ts'

/** One order as the books expect it to end. */
export interface Sent {
  id: string
  tool: string
  price: number
  agent: RegisteredAgent
  /** How its callback ends. */
  ends: 'delivered' | 'parked'
  /** Epoch milliseconds of its publishing. */
  at: number
}

/** Orders of three agents with one tool each, and of whoever a scenario brings along. */
export interface Traffic {
  sent: readonly Sent[]
  /** Publishes as many orders, over all tools in turn or to one of them, at once or one every `everyMs`. */
  send(count: number, options?: SendOptions): Promise<Sent[]>
  /** Publishes one order of anybody, `times` over. */
  publish(order: SignedOrder, terms: Omit<Sent, 'id' | 'at'>, times?: number): Promise<Sent>
  /** Enters an order into the books that somebody publishes by another way. */
  enter(order: SignedOrder, terms: Omit<Sent, 'id' | 'at'>): Sent
  /** How many of these are sealed. */
  sealed(orders: readonly Sent[]): number
  /** Orders that were published and are not sealed. */
  open(): number
  /** How many of these some service has said this about. */
  said(name: TopicName, orders: readonly Sent[]): number
  /** Resolves when these are sealed, within `PATIENCE_MS` and what is given beyond. */
  allSealed(orders: readonly Sent[], extraMs?: number): Promise<void>
}

export interface SendOptions {
  tool?: Tool
  everyMs?: number
  /** Publishes each order that often. */
  times?: number
}

export const TOOLS = [
  { tool: 'tokenops', price: 10, asking: {} },
  { tool: 'energyops', price: 15, asking: asking('energyops', 'complete') },
  { tool: 'financeops', price: 20, asking: asking('financeops', 'all-matched') },
] as const

export type Tool = (typeof TOOLS)[number]['tool']

/** A backlog and a stack that was just restarted take their time. */
export const PATIENCE_MS = 150_000
const CREDITS = 10_000_000

export async function startTraffic(world: TestWorld): Promise<Traffic> {
  const agents = new Map<string, RegisteredAgent>()
  for (const { tool } of TOOLS) {
    agents.set(tool, await world.newAgent(`faults_${tool}`, { credits: CREDITS }))
  }
  const sent: Sent[] = []
  const enter: Traffic['enter'] = (order, terms) => {
    const one = { ...terms, id: order.object.work_order_id, at: Date.now() }
    sent.push(one)
    return one
  }
  const publish: Traffic['publish'] = async (order, terms, times = 1) => {
    const one = enter(order, terms)
    for (let n = 0; n < times; n += 1) await patiently(world, order)
    return one
  }
  const said: Traffic['said'] = (name, orders) => {
    const keys = new Set(world.heard(name).map(({ key }) => key))
    return orders.filter(({ id }) => keys.has(id)).length
  }
  const sealed: Traffic['sealed'] = (orders) => said('trail.attested', orders)
  return {
    sent,
    enter,
    publish,
    said,
    sealed,
    open: () => sent.length - sealed(sent),
    async send(count, { tool, everyMs = 0, times = 1 } = {}) {
      const chosen = TOOLS.filter((one) => tool === undefined || one.tool === tool)
      const begun = Date.now()
      const orders: Promise<Sent>[] = []
      for (let i = 0; i < count; i += 1) {
        const { asking, ...given } = chosen[i % chosen.length] ?? TOOLS[0]
        const agent = agents.get(given.tool)
        if (!agent) throw new Error(`no agent for ${given.tool}`)
        const at = begun + i * everyMs
        if (!turn(at)) await world.until('its turn', () => turn(at), PATIENCE_MS)
        orders.push(publish(agent.order(asking), { ...given, agent, ends: 'delivered' }, times))
      }
      return Promise.all(orders)
    },
    async allSealed(orders, extraMs = 0) {
      const done = () => sealed(orders) === orders.length || undefined
      await world
        .until(`seal of ${orders.length} orders`, done, PATIENCE_MS + extraMs)
        .catch((error: unknown) => {
          const left = orders.filter((one) => sealed([one]) === 0).map(({ id }) => id)
          throw new Error(`${error}; not sealed: ${left.slice(0, 5)}, ${left.length} in all`)
        })
    },
  }
}

/** An agent publishes again what the broker did not confirm. */
async function patiently(world: TestWorld, order: SignedOrder): Promise<void> {
  const confirmed = () =>
    world.publish(order).then(
      () => true,
      () => undefined,
    )
  await world.until('a broker that confirms', confirmed, PATIENCE_MS)
}

function turn(at: number): true | undefined {
  return Date.now() >= at || undefined
}

function asking(tool: string, complete: string): Overrides {
  const capability =
    { energyops: 'interconnection_readiness_check' }[tool] ?? 'reconciliation_check'
  return {
    requested_tool: tool,
    requested_capability: capability,
    proof_requirements: undefined,
    workflow_context: undefined,
    ...caseOf(tool, complete),
  }
}
