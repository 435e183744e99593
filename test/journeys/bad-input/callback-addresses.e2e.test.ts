import { checkCallbackUrl } from '@prooftrail/contracts'
import { FORBIDDEN_CALLBACKS } from '@prooftrail/testing/contracts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SignedOrder } from '../../toolkit/agent.ts'
import { type RegisteredAgent, startWorld, type TestWorld } from '../../world.ts'
import { postAll } from './answers.ts'

/** The tests' own receiver is an exception of this deployment. */
const EXCEPTIONS = { allowedNetworks: ['127.0.0.1/32'] }
const forbidden = FORBIDDEN_CALLBACKS.filter(
  ({ url }) => checkCallbackUrl(url, EXCEPTIONS).length > 0,
)
/** The door tells at once what is no length of an address; the topic answers with a trail. */
const isOfLength = (url: string) => url.length > 0 && url.length <= 2048
const PATIENCE_MS = 120_000

let world: TestWorld
let agent: RegisteredAgent
beforeAll(async () => {
  world = await startWorld({ allowedPorts: [] })
  agent = await world.newAgent('elsewhere')
})
afterAll(() => world?.stop())

describe(`given orders whose callbacks go to ${forbidden.length} forbidden addresses`, () => {
  test(
    'by the topic, then each is refused with PT-1029 and what is wrong, provably',
    async () => {
      const orders = forbidden.map(({ url }) => agent.order({ callback_url: url }))
      expect(orders.length).toBeGreaterThanOrEqual(60)
      await Promise.all(orders.map((order) => world.publish(order)))
      await expectRefused(orders)
    },
    PATIENCE_MS,
  )

  test(
    'by the HTTP door, then each is refused alike',
    async () => {
      const orders = forbidden.map(({ url }) => agent.order({ callback_url: url }))
      const bodies = orders.map((order) => Buffer.from(JSON.stringify(order)))
      const answers = await postAll(world, bodies)
      const expected = forbidden.map(({ url }) =>
        isOfLength(url) ? { status: 202, code: '' } : { status: 400, code: 'PT-1020' },
      )
      expect(answers).toEqual(expected)
      await expectRefused(orders.filter(({ object }) => isOfLength(object.callback_url ?? '')))
    },
    PATIENCE_MS,
  )

  test('then nothing was ever sent anywhere', async () => {
    expect(agent.callbacks.received).toEqual([])
    const least = 2 * (forbidden.length - 2)
    const own = await world.until('every refusal', () => {
      const found = world.heard('work-order.rejected').filter(({ value }) => isOwn(value.order))
      return found.length < least ? undefined : found
    })
    const keys = new Set(world.heard('callback.attempted').map(({ key }) => key))
    expect(own.filter(({ key }) => keys.has(key))).toEqual([])
  })
})

function isOwn({ object }: SignedOrder): boolean {
  return object.agent_id === agent.id
}

async function expectRefused(orders: readonly SignedOrder[]): Promise<void> {
  for (const { object } of orders) {
    const { work_order_id, callback_url = '' } = object
    const trail = await world.trailOf(work_order_id)
    expect(trail.verdict.verdict).toBe('refused')
    const [fault] = checkCallbackUrl(callback_url, EXCEPTIONS)
    expect({ callback_url, ...trail.object('intake_decision') }).toMatchObject({
      callback_url,
      reason_codes: isOfLength(callback_url) ? ['PT-1029'] : ['PT-1020', 'PT-1029'],
      reasons: expect.arrayContaining([
        { code: 'PT-1029', detail: expect.stringContaining(fault?.detail ?? '') },
      ]),
    })
  }
}
