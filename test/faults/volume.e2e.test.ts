/** Bad input by the thousand, and one order a thousand times, with intake killed in between. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectAnswers } from '../journeys/bad-input/expect-answers.ts'
import type { SignedOrder } from '../toolkit/agent.ts'
import { startWorld, type TestWorld } from '../world.ts'
import { type ServiceProcesses, serviceProcesses } from './service-processes.ts'

/** FUZZ_MESSAGES and FUZZ_SEED draw more, or others. */
const MESSAGES = Number(process.env.FUZZ_MESSAGES ?? 10_000)
const SEED = Number(process.env.FUZZ_SEED ?? 20_262)
const BODIES = MESSAGES / 5
/** How often the same order is said, half of it at each door. */
const TIMES = 1_000
const PRICE = 10
const PATIENCE_MS = 240_000

let world: TestWorld
let processes: ServiceProcesses
beforeAll(async () => {
  world = await startWorld({ processes: true })
  processes = serviceProcesses(world)
})
afterAll(async () => {
  await processes?.stop()
  await world?.stop()
})

test(
  `given ${MESSAGES} fuzzed messages and ${BODIES} bodies, then each has one answer and orders go on`,
  async () => {
    const drawn = { messages: MESSAGES, bodies: BODIES, seed: SEED, patienceMs: PATIENCE_MS }
    const begun = Date.now()
    const given = await expectAnswers(world, drawn)
    process.stdout.write(tableOf(given, begun))
  },
  PATIENCE_MS + 120_000,
)

test(
  `given one order ${TIMES} times, in parallel, at both doors and across a kill of intake, then it is one work order, debit, callback and trail`,
  async () => {
    const agent = await world.newAgent('thousand')
    const order = agent.order()
    const { work_order_id } = order.object
    let said = 0
    const say = async (_: unknown, i: number) => {
      if (i % 2 === 0) await world.publish(order)
      else await postUntilTaken(order)
      said += 1
    }
    const half = Array.from({ length: TIMES / 2 })
    const first = Promise.all(half.map(say))
    await world.until('half of them', () => said >= TIMES / 4 || undefined)
    const killed = processes.kill('intake')
    const second = Promise.all(half.map(say))
    await killed
    await processes.start('intake')
    await Promise.all([first, second])
    expect(said).toBe(TIMES)

    const trail = await world.trailOf(work_order_id)
    expect(trail.verdict).toMatchObject({ verdict: 'ready', revision: 0 })
    await world.settle()

    expect((await world.trailOf(work_order_id)).bundle.links).toEqual(trail.bundle.links)
    expect(agent.callbacks.received).toHaveLength(1)
    const { body } = await world.get('receipt', `/v1/accounts/${agent.account}`)
    expect(body).toMatchObject({ credits_held: 0, credits_debited: PRICE })
    const names = ['work-order.accepted', 'credits.held', 'execution.bound'] as const
    const later = ['result.accepted', 'usage-receipt.issued', 'callback.attempted'] as const
    for (const name of [...names, ...later, 'ledger.appended', 'trail.attested'] as const) {
      const bytes = world.heard(name, work_order_id).map((one) => one.bytes)
      expect({ name, distinct: new Set(bytes).size }).toEqual({ name, distinct: 1 })
    }
    expect(world.heard('work-order.rejected', work_order_id)).toEqual([])
    const parked = world.heard('parked').filter(({ value }) => value.document === work_order_id)
    expect(parked).toEqual([])
  },
  PATIENCE_MS,
)

/** Sends the order as an agent does: again, until the door is there to take it. */
async function postUntilTaken(order: SignedOrder): Promise<void> {
  await world.until('door that takes the order', async () => {
    const answer = await world.post(order).catch(() => undefined)
    return answer?.status === 202 || undefined
  })
}

function tableOf(given: Record<string, number>, begun: number): string {
  const lines = Object.entries(given).map(([name, n]) => `  ${String(n).padStart(6)}  ${name}`)
  const seconds = Math.round((Date.now() - begun) / 1000)
  return `answers to bad input (seed ${SEED}, ${seconds} s)\n${lines.join('\n')}\n`
}
