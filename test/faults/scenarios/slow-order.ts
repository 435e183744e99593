import { expect } from 'vitest'
import type { Deployment } from '../deployment.ts'
import { type Latency, latencyOf } from '../latency.ts'
import { deployPatience, PATIENCE, taking } from '../patience-tool.ts'
import type { Scenario } from '../scenario.ts'
import { PATIENCE_MS } from '../traffic.ts'

const RUN_S = 60
const RECEIVER_S = 30
const PAIRS = 20
const EVERY_MS = 250
const MARGIN_MS = 100
/**
 * A machine that others use too only ever adds to what an order takes: the least of a few medians
 * says what is ours. What the slow ones cost the others is in each of those beside them.
 */
const TIMES = 3

export const slowOrder: Scenario = {
  promise: 'a tool run of a minute and a receiver of 30 s delay no other order',
  async run(d) {
    const { world, traffic, journal, processes } = d
    if (!processes.urls().has(PATIENCE.tool)) await deployPatience(d)
    const agent = await world.newAgent('faults_quick', { credits: 10_000 })
    const terms = { ...PATIENCE, agent, ends: 'delivered' } as const
    const measure = async (): Promise<Latency> => {
      const begun = Date.now()
      const orders = Array.from({ length: PAIRS }, async (_, i) => {
        const turn = () => Date.now() >= begun + i * EVERY_MS || undefined
        await world.until('its turn', turn, PATIENCE_MS)
        return traffic.publish(agent.order(taking(0)), terms)
      })
      const others = traffic.send(PAIRS, { everyMs: EVERY_MS, tool: 'tokenops' })
      const sent = [...(await Promise.all(orders)), ...(await others)]
      await traffic.allSealed(sent)
      return latencyOf(world, sent)
    }
    const least = async (): Promise<Latency> => {
      const taken: Latency[] = []
      for (let n = 0; n < TIMES; n += 1) taken.push(await measure())
      return taken.reduce((a, b) => (b.median < a.median ? b : a))
    }
    await measure()
    const without = await least()
    const slow = await startSlow(d)
    const beside = await least()
    // the figures count only if the slow ones were still under way
    expect(traffic.sealed([slow.run])).toBe(0)
    expect(traffic.said('result.accepted', [slow.receiver])).toBe(1)
    const said = ({ median, p95 }: Latency) => `median ${median} ms, p95 ${p95} ms`
    const what = `others: ${said(without)}; beside a slow run and receiver: ${said(beside)}`
    journal.figure({ during: 'slow order', what })
    expect(beside.median - without.median).toBeLessThanOrEqual(MARGIN_MS)
  },
}

/** Resolves when the run goes on and the receiver has its request. */
async function startSlow({ world, traffic, journal }: Deployment) {
  const callbacks = world.receiver.address(async (_, n) => {
    if (n === 1) await new Promise((resolve) => setTimeout(resolve, RECEIVER_S * 1000).unref())
    return { status: 200 }
  })
  const agent = await world.newAgent('faults_slow', { credits: 1_000, callbacks })
  const late = { tool: 'tokenops', price: 10, agent, ends: 'delivered' } as const
  const [receiver, run] = await Promise.all([
    traffic.publish(agent.order(), late),
    traffic.publish(agent.order(taking(RUN_S)), { ...late, ...PATIENCE }),
  ])
  const isAsked = () => callbacks.received.length > 0 || undefined
  await world.until('request to the slow receiver', isAsked, PATIENCE_MS)
  const isBound = () => traffic.said('execution.bound', [run]) === 1 || undefined
  await world.until('slow run', isBound, PATIENCE_MS)
  const open = traffic.open()
  journal.fault({ during: 'slow', what: `${RUN_S} s`, who: 'tool', when: 'first run', open })
  journal.fault({ during: 'slow', what: `${RECEIVER_S} s`, who: 'receiver', when: 'first', open })
  return { receiver, run }
}
