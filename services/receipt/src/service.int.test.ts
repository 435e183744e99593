import { randomUUID } from 'node:crypto'
import { nameOfTopic, type TopicName, topicFor } from '@prooftrail/contracts'
import { connectHost, type Host, produce, type Running, readHostConfig } from '@prooftrail/runtime'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { acceptedOrder, acceptedResult, makeSigner, T0 } from './receipt.fixtures.ts'
import { start } from './service.ts'

const run = randomUUID().slice(0, 8)
const account = `account-${run}`
const later = new Date(Date.now() + 3_600_000).toISOString()
const heard: { name: TopicName | undefined; key: string; value: unknown }[] = []
const ends: (() => Promise<void>)[] = []
let host: Host
let receipt: Running

beforeAll(async () => {
  const config = readHostConfig({
    ...process.env,
    MONGODB_DATABASE: `receipt_${run}`,
    OPEN_ACCESS: '1',
    LOG_LEVEL: 'warn',
  })
  host = await connectHost(config, 'receipt-test')
  ends.unshift(() => host.close())
  ends.unshift(async () => void (await host.db.dropDatabase()))
  const consumer = host.kafka.consumer({ groupId: `receipt-test-${run}` })
  await consumer.connect()
  ends.unshift(() => consumer.disconnect())
  const said: TopicName[] = [
    'credits.held',
    'usage-receipt.issued',
    'exception.opened',
    'exception.resolved',
  ]
  await consumer.subscribe({ topics: said.map((name) => topicFor(name)), fromBeginning: true })
  await consumer.run({
    eachMessage: async ({ topic, message: { key, value } }) => {
      if (!value) return
      const name = nameOfTopic(topic)
      heard.push({ name, key: String(key), value: await host.codec.decode(topic, value) })
    },
  })
  receipt = await start(host, {
    port: 0,
    publicUrl: 'http://receipt.example',
    key: makeSigner().key,
    serviceKeys: [],
  })
  ends.unshift(() => receipt.stop())
})
afterAll(async () => {
  for (const end of ends) await end()
})

function orderOf(job: string, price: number) {
  const expires_at = later
  return acceptedOrder({ job: `${run}/${job}`, price, account, tool: 'tokenops', expires_at })
}
const accept = (order: ReturnType<typeof orderOf>) =>
  produce(host, 'test', 'work-order.accepted', { accepted: order })

async function ask(path: string, body?: unknown): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${receipt.url}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: response.status, body: await response.json() }
}
const hears = (name: TopicName, key: string) =>
  vi.waitFor(
    () => {
      const found = heard.find((one) => one.name === name && one.key === key)
      if (!found) throw new Error(`${name} of ${key} was not said`)
      return found.value
    },
    { timeout: 20_000, interval: 50 },
  )

describe('receipt on the real stack', () => {
  test('funds, holds, makes the short wait in turn, and charges', async () => {
    const [first, big, small] = [orderOf('first', 60), orderOf('big', 100), orderOf('small', 5)]

    expect((await ask(`/v1/accounts/${account}/funding`, { credits: 1 })).status).toBe(404)
    await produce(host, 'test', 'agent.registered', {
      ...{ agent_id: account, keys: [], account, registered_at: T0, revision: 0 },
    })
    const funded = await ask(`/v1/accounts/${account}/funding`, { credits: 100, reference: 'one' })
    expect(funded.status).toBe(202)
    expect(funded.body).toMatchObject({ account, reference: 'one' })
    await vi.waitFor(async () => expect((await ask(`/v1/accounts/${account}`)).status).toBe(200), {
      timeout: 20_000,
    })

    await accept(first)
    expect(await hears('credits.held', first.work_order_id)).toMatchObject({
      hold: { credits_held: 60, remaining_credits: 40 },
      settlement_receipt: { object: { provider_reference: 'one' } },
    })

    await accept(big)
    await hears('exception.opened', big.work_order_id)
    await accept(small)
    await hears('exception.opened', small.work_order_id)

    await produce(host, 'test', 'result.accepted', acceptedResult(first, 'failed'))
    expect(await hears('usage-receipt.issued', first.work_order_id)).toMatchObject({
      usage_receipt: {
        object: { credits_debited: 0, credits_released: 60, remaining_credits: 100 },
      },
    })
    // The released credits pay for the oldest that waits, and for nobody behind it.
    await hears('credits.held', big.work_order_id)
    await hears('exception.resolved', big.work_order_id)
    expect((await ask(`/v1/accounts/${account}`)).body).toMatchObject({
      ...{ credits_held: 100, remaining_credits: 0, waiting_orders: 1 },
    })

    await ask(`/v1/accounts/${account}/funding`, { credits: 5, reference: 'two' })
    await hears('credits.held', small.work_order_id)

    await produce(host, 'test', 'result.accepted', acceptedResult(big))
    await hears('usage-receipt.issued', big.work_order_id)
    expect((await ask(`/v1/receipts/${big.work_order_id}`)).body).toMatchObject({
      object: { credits_debited: 100, remaining_credits: 0 },
    })
  })
})
