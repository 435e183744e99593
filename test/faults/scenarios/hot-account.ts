import { expect } from 'vitest'
import type { Scenario } from '../scenario.ts'
import { PATIENCE_MS } from '../traffic.ts'

const ORDERS = 300
const PRICE = 10
/** What is funded at a time is enough for a third. */
const CREDITS = (ORDERS / 3) * PRICE

export const hotAccount: Scenario = {
  promise: 'hundreds of orders of one account in flight never overdraw it',
  async run({ world, traffic, journal }) {
    const agent = await world.newAgent('faults_hot', { credits: CREDITS })
    const terms = { tool: 'tokenops', price: PRICE, agent, ends: 'delivered' } as const
    const begun = Date.now()
    const sent = await Promise.all(
      Array.from({ length: ORDERS }, () => traffic.publish(agent.order(), terms)),
    )
    const account = async () => (await world.get('receipt', `/v1/accounts/${agent.account}`)).body
    for (let part = 1; part <= 3; part += 1) {
      const waiting = ORDERS - (part * ORDERS) / 3
      const has = async () => {
        const { waiting_orders, remaining_credits, credits_held } = await account()
        const isSpent = remaining_credits === 0 && credits_held === 0
        return (waiting_orders === waiting && isSpent) || undefined
      }
      // all that was funded is spent, and not one credit more
      await world.until(`${waiting} orders that wait for credits`, has, PATIENCE_MS)
      expect(await account()).toMatchObject({
        credits_funded: part * CREDITS,
        credits_debited: part * CREDITS,
      })
      if (part < 3) await world.fund(agent.account, CREDITS)
    }
    await traffic.allSealed(sent)
    const seconds = (Date.now() - begun) / 1000
    const what = `${ORDERS} orders of one account, funded in thirds: ${seconds.toFixed(1)} s`
    journal.figure({ during: 'hot account', what })
  },
}
