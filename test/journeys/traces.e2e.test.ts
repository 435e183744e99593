import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { traceOf } from '@prooftrail/runtime'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startWorld, type TestWorld } from '../world.ts'

/** What is read of a span, as OTLP/HTTP has it in JSON. */
interface Span {
  service: string
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  kind: number
  attributes: Record<string, unknown>
}

/** A receiver of OTLP/HTTP that keeps all spans. */
async function startCollector() {
  const spans: Span[] = []
  const bodies: string[] = []
  const server = createServer(async (req, res) => {
    const parts: Buffer[] = []
    for await (const part of req) parts.push(part)
    const body = Buffer.concat(parts).toString()
    bodies.push(body)
    for (const { resource, scopeSpans } of JSON.parse(body).resourceSpans) {
      const { 'service.name': service } = valuesOf(resource.attributes)
      for (const { spans: told } of scopeSpans) {
        for (const span of told) {
          spans.push({ ...span, service, attributes: valuesOf(span.attributes) })
        }
      }
    }
    res.setHeader('content-type', 'application/json').end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // of a host and port
  return { spans, bodies, url: `http://127.0.0.1:${port}`, close: () => server.close() }
}

function valuesOf(attributes: { key: string; value: object }[] = []): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]))
}

let collector: Awaited<ReturnType<typeof startCollector>>
let world: TestWorld
beforeAll(async () => {
  collector = await startCollector()
  world = await startWorld({
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url },
  })
})
afterAll(async () => {
  await world?.stop()
  collector?.close()
})

const SERVICES = ['intake', 'dispatch', 'tokenops', 'receipt', 'callback', 'attestation', 'console']

test('given orders from topic and door, then each is one trace across all services, and every parent was told', async () => {
  const agent = await world.newAgent('traced')
  const [published, posted] = [agent.order(), agent.order()]
  await world.publish(published)
  await world.post(posted)
  for (const { object } of [published, posted]) {
    const id = object.work_order_id
    await world.trailOf(id)
    const traceId = traceOf(id)
    const own = () => collector.spans.filter((span) => span.traceId === traceId)
    // what the agent's own producer would tell of its message
    const [first] = own().filter(({ name }) => /^process .*work-order\.submitted/.test(name))
    const ofAgent = first?.parentSpanId
    const orphans = () => {
      const told = new Set(own().map(({ spanId }) => spanId))
      return own().filter(
        ({ parentSpanId }) => parentSpanId && !told.has(parentSpanId) && parentSpanId !== ofAgent,
      )
    }
    await world.until(
      `whole trace of ${id}`,
      () => {
        const working = new Set(own().map(({ service }) => service))
        const isWhole = SERVICES.every((name) => working.has(name)) && orphans().length === 0
        return isWhole || undefined
      },
      30_000,
    )
    expect(orphans()).toEqual([])

    // one trace: whatever names the order is in it
    const naming = collector.spans.filter((span) => span.attributes['prooftrail.document'] === id)
    expect(new Set(naming.map((span) => span.traceId))).toEqual(new Set([traceId]))
    // no span is told twice
    expect(new Set(own().map(({ spanId }) => spanId)).size).toBe(own().length)
    const commanded = own().find(({ name }) => /^send .*execution\.commanded/.test(name))
    const run = own().find(({ name }) => /^process .*execution\.commanded/.test(name))
    expect(run?.parentSpanId).toBe(commanded?.spanId)
    expect(run?.attributes).toMatchObject({
      'messaging.system': 'kafka',
      'messaging.operation.type': 'process',
      'prooftrail.outcome': 'decided',
    })
  }
  const door = collector.spans.find(({ name }) => name === 'POST /v1/work-orders')
  expect(door).toMatchObject({
    service: 'intake',
    attributes: { 'http.route': '/v1/work-orders', 'http.request.method': 'POST' },
  })
  expect(door?.traceId).not.toBe(traceOf(posted.object.work_order_id))
}, 120_000)

test('then no span holds a handle, a secret or what an order says', async () => {
  const agent = await world.newAgent('untold')
  const order = agent.order()
  await world.publish(order)
  const trail = await world.trailOf(order.object.work_order_id)
  await world.settle()
  const token = String(trail.object('execution_command').task_token)
  expect(token).toMatch(/^tt_/)
  // spans are sent every few seconds
  const told = await world.until('spans of the order', () => {
    const text = collector.bodies.join('\n')
    const isSealed = /"process prooftrail\.trail\.attested/.test(text)
    return isSealed && text.includes(order.object.work_order_id) ? text : undefined
  })
  expect(told.includes(token)).toBe(false)
  expect(told.includes(agent.secret)).toBe(false)
  const said = [...JSON.stringify(order.object.evidence).matchAll(/:"([^"]{9,})"/g)].map(
    ([, text = '']) => text,
  )
  expect(said.length).toBeGreaterThan(0)
  expect(said.filter((text) => told.includes(text))).toEqual([])
}, 120_000)

test('then no line of any log does either, whatever went wrong; and lines name order, trace and code', async () => {
  const mark = 'marked-7f3a91c5'
  const failing = world.receiver.address(() => ({ status: 500 }))
  const agent = await world.newAgent('logged', { callbacks: failing })
  const begun = new Date().toISOString()
  const [taken, refused] = [agent.order(), agent.order({ requested_tool: 'nobodys_tool' })]
  const evidence = JSON.parse(JSON.stringify(taken.object.evidence), (name, value) =>
    name === 'note' || name === 'reference' ? `${value} ${mark}-evidence` : value,
  )
  const marked = agent.order({ evidence })
  expect(JSON.stringify(marked.object)).toContain(`${mark}-evidence`)
  await world.publish(marked)
  await world.publish(refused)
  const wrong = { ...agent.order({ evidence }).toJSON(), signature: 'A'.repeat(86) }
  const raw = Buffer.concat([Buffer.alloc(5, 1), Buffer.from(JSON.stringify(wrong))])
  const parked = await world.parked(await world.publishRaw({ key: `${mark}-key`, value: raw }))
  await world.post(JSON.stringify(wrong))
  const { work_order_id } = marked.object
  const trail = await world.trailOf(work_order_id)
  const token = String(trail.object('execution_command').task_token)
  await world.get('console', `/v1/tasks/${token}/events?after=${mark}-door`)
  await world.until('an attempt at the callback', () => failing.received[0])

  const text = readFileSync(world.services.logFile, 'utf8')
  const all = text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
  const lines = all.filter(({ time }) => time >= begun)
  for (const line of lines)
    expect(line).toMatchObject({ level: expect.any(Number), msg: expect.any(String) })
  const own = lines.find(
    ({ offset, code }) => offset === parked.offset && code === parked.reason_code,
  )
  expect(own).toMatchObject({ service: 'intake', level: 30 })
  for (const secret of [token, agent.secret, `${mark}-evidence`, `${mark}-door`]) {
    expect(lines.filter((line) => JSON.stringify(line).includes(secret))).toEqual([])
    expect(collector.bodies.some((body) => body.includes(secret))).toBe(false)
  }
  expect(lines.filter(({ level }) => level >= 50)).toEqual([])
}, 120_000)
