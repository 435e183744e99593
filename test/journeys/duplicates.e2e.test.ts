import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { caseOf, example } from '../toolkit/agent.ts'
import { startWorld, type TestWorld } from '../world.ts'

const PRICE = 10
/** How often each order is said, half of it at each door. */
const TIMES = 40

let world: TestWorld
beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => world?.stop())

const orders = [
  { verdict: 'ready', debited: PRICE, callbacks: 1, overrides: {} },
  {
    verdict: 'partial',
    debited: PRICE,
    callbacks: 1,
    overrides: { evidence: example('tokenops-missing-item').evidence },
  },
  {
    verdict: 'failed',
    debited: 0,
    callbacks: 1,
    overrides: { evidence: caseOf('tokenops', 'insufficient').evidence },
  },
  {
    verdict: 'refused',
    debited: 0,
    callbacks: 0,
    overrides: { requested_capability: 'wallet_custody' },
  },
] as const

describe.concurrent('given the same bytes many times, in parallel and at both doors', () => {
  test.for(orders)('then a $verdict order is one trail, one debit, one callback', async (given) => {
    const { verdict, debited, callbacks, overrides } = given
    const agent = await world.newAgent(`twice_${verdict}`)
    const order = agent.order(overrides)
    const { work_order_id } = order.object
    const said = await Promise.all(
      Array.from({ length: TIMES }, (_, i) =>
        i % 2 === 0 ? world.publish(order) : world.post(order).then(({ status }) => status),
      ),
    )
    expect(said.filter((one) => typeof one === 'number')).toEqual(Array(TIMES / 2).fill(202))
    const trail = await world.trailOf(work_order_id)
    expect(trail.verdict).toMatchObject({ verdict, revision: 0 })
    // once more, after the end
    await world.publish(order)
    expect((await world.post(order)).status).toBe(202)
    await world.settle()

    const again = await world.trailOf(work_order_id)
    expect(again.bundle.links).toEqual(trail.bundle.links)
    expect(agent.callbacks.received).toHaveLength(callbacks)
    const { body } = await world.get('receipt', `/v1/accounts/${agent.account}`)
    expect(body).toMatchObject({ credits_held: 0, credits_debited: debited })
    const names = ['work-order.accepted', 'work-order.rejected', 'execution.bound'] as const
    const results = ['result.accepted', 'usage-receipt.issued', 'ledger.appended'] as const
    for (const name of [...names, ...results, 'trail.attested', 'callback.attempted'] as const) {
      const bytes = world.heard(name, work_order_id).map((one) => one.bytes)
      expect({ name, distinct: new Set(bytes).size }).toEqual({
        name,
        distinct: expectedOf(name, verdict),
      })
    }
    const parked = world.heard('parked').filter(({ value }) => value.document === work_order_id)
    expect(parked).toEqual([])
  })
})

/** Distinct events of a kind that one order makes. */
function expectedOf(name: string, verdict: string): number {
  if (name === 'ledger.appended' || name === 'trail.attested') return 1
  return (name === 'work-order.rejected') === (verdict === 'refused') ? 1 : 0
}
