import { postOrder } from '@prooftrail/agent-sdk'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { example } from '../toolkit/agent.ts'
import { startWorld, type TestWorld } from '../world.ts'

/** Two orders may be under way at first, and nobody is to wait for more than a second. */
const LITTLE = {
  INTAKE_AT_LEAST: '2',
  INTAKE_DIGEST_MS: '0',
  INTAKE_MAX_WAIT_SECONDS: '1',
}
const BURST = 40
const AWAY = 8
const PATIENCE_MS = 120_000

let world: TestWorld
beforeAll(async () => {
  // energyops is registered, and then its executor is away
  await (await startWorld()).stop()
  world = await startWorld({ tools: ['tokenops'], env: LITTLE })
})
afterAll(() => world?.stop())

async function gauge(name: string): Promise<number> {
  const text = await (await fetch(`${world.url('intake')}/metrics`)).text()
  const [, value] = new RegExp(`^prooftrail_${name}\\{[^}]*\\} (\\S+)$`, 'm').exec(text) ?? []
  return Number(value)
}

/** Posts a fresh order; its answer with `Retry-After`. */
async function knock(body: unknown) {
  const answer = await fetch(`${world.url('intake')}/v1/work-orders`, {
    ...{ method: 'POST', body: JSON.stringify(body) },
    headers: { 'content-type': 'application/json' },
  })
  // every answer of the door is a JSON object
  const { code } = (await answer.json()) as { code?: string }
  return {
    status: answer.status,
    code,
    retryAfter: answer.headers.get('retry-after'),
  }
}

describe('given an intake that takes two orders at a time at first', () => {
  test('when an executor is away, then its orders close the gate for nobody', async () => {
    const agent = await world.newAgent('away')
    const { agent_id: _, ...energyops } = example('energyops-complete')
    const waiting = Array.from({ length: AWAY }, () => agent.order(energyops))
    for (const order of waiting) await world.publish(order)
    const isBound = ({ object }: (typeof waiting)[number]) =>
      world.heard('execution.bound', object.work_order_id).length > 0
    await world.until('binding of every order', () => waiting.every(isBound) || undefined)

    const order = agent.order()
    await world.publish(order)
    const { verdict } = await world.trailOf(order.object.work_order_id)
    expect(verdict).toMatchObject({ verdict: 'ready' })
    await world.until(
      'open gate',
      async () => (await gauge('admission_closed_seconds')) === 0 || undefined,
    )
    const sealed = ({ object }: (typeof waiting)[number]) =>
      world.heard('trail.attested', object.work_order_id).length > 0
    expect(waiting.filter(sealed)).toEqual([])
  })

  test('when a burst comes, then the door sends others away, and all that is on the topic is sealed', async () => {
    const agent = await world.newAgent('burst')
    const burst = Array.from({ length: BURST }, () => agent.order())
    await Promise.all(burst.map((order) => world.publish(order)))
    const later = agent.order()
    const shed = await world.until('order that is sent away', async () => {
      const answer = await knock(later)
      return answer.status === 429 ? answer : undefined
    })
    expect(shed.code).toBe('PT-1062')
    expect(Number(shed.retryAfter)).toBeGreaterThanOrEqual(1)
    expect(Number(shed.retryAfter)).toBeLessThanOrEqual(120)

    expect(await gauge('admission_closed_seconds')).toBeGreaterThan(0)
    expect(await gauge('shed_total')).toBeGreaterThan(0)
    for (const probe of ['/healthz', '/readyz']) {
      expect((await world.get('intake', probe)).status).toBe(200)
    }
    // announcements go on: this one is registered and paid for while orders wait
    const newcomer = await world.newAgent('newcomer')
    expect(await gauge('admission_closed_seconds')).toBeGreaterThan(0)

    const patient = newcomer.order()
    expect(await postOrder(patient, { intake: world.url('intake') })).toMatchObject({ status: 202 })
    const ids = [...burst, patient].map(({ object }) => object.work_order_id)
    await world.until(
      'seal of every order',
      () => ids.every((id) => world.heard('trail.attested', id).length > 0) || undefined,
      PATIENCE_MS,
    )
    expect(ids.flatMap((id) => world.heard('work-order.rejected', id))).toEqual([])
    const parked = world.heard('parked').filter(({ value }) => ids.includes(value.document ?? ''))
    expect(parked).toEqual([])
    await world.until(
      'open gate',
      async () => (await gauge('admission_closed_seconds')) === 0 || undefined,
    )
    await world.until('open door', async () => (await knock(later)).status === 202 || undefined)
  }, 240_000)
})
