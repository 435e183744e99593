import { proveKey, topicFor } from '@prooftrail/contracts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeAgent } from '../toolkit/agent.ts'
import { startWorld, type TestWorld } from '../world.ts'

/** What a service could not decide is found, mended, sent again or given up. */

const INTAKE = topicFor('work-order.submitted')

let world: TestWorld
beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => world?.stop())

interface Listed {
  parked_id: string
  state: string
  code: string
  topic: string
  partition: number
  offset: string
  times: number
  sends: number
  [member: string]: unknown
}

async function post(path: string, body: unknown) {
  const answer = await fetch(`${world.url('console')}/v1/parked${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return { status: answer.status, body: Object(await answer.json()) }
}

/** Other files of the deployment have parked tens of thousands before. */
const BEGAN = Date.now()

async function list(query: Record<string, string>): Promise<Listed[]> {
  const newer_than = String(Math.ceil((Date.now() - BEGAN) / 1000) + 5)
  const entries: Listed[] = []
  let after: string | undefined
  do {
    const more: Record<string, string> = after ? { cursor: after } : {}
    const asked = new URLSearchParams({ limit: '500', newer_than, ...query, ...more })
    const { status, body } = await world.get('console', `/v1/parked?${asked}`)
    expect({ status, body: status === 200 ? {} : body }).toEqual({ status: 200, body: {} })
    entries.push(...(body.entries as Listed[]))
    after = body.next_cursor as string | undefined
  } while (after !== undefined)
  return entries
}

async function shown(id: string): Promise<Listed> {
  const { status, body } = await world.get('console', `/v1/parked/${id}`)
  expect(status).toBe(200)
  return body as Listed
}

/** The entry of a message at its place, once the console has it as it is wanted. */
function entryAt(place: { topic: string; partition: number; offset: string }, state = 'open') {
  return world.until(`the entry of ${JSON.stringify(place)}`, async () => {
    const all = await list({ topic: place.topic, state })
    return all.find(
      ({ partition, offset }) => partition === place.partition && offset === place.offset,
    )
  })
}

function until(id: string, what: Partial<Listed>) {
  return world.until(`${id} to be ${JSON.stringify(what)}`, async () => {
    const now = await shown(id)
    return Object.entries(what).every(([name, value]) => now[name] === value) ? now : undefined
  })
}

/** What stands on a topic's partition from an offset on. */
async function standing(topic: string, partition: number, from: string) {
  const admin = world.kafka.admin()
  await admin.connect()
  const ends = await admin.fetchTopicOffsets(topic)
  await admin.disconnect()
  const high = Number(ends.find((one) => one.partition === partition)?.high)
  const found: { offset: string; key: string; value: Buffer; mark: string | undefined }[] = []
  const consumer = world.kafka.consumer({ groupId: `standing-${Math.random()}` })
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  await new Promise<void>((resolve) => {
    void consumer.run({
      autoCommit: false,
      eachMessage: async ({ partition: of, message }) => {
        if (of !== partition || Number(message.offset) < Number(from)) return
        const { offset, key, value, headers } = message
        const mark = headers?.ce_sentagain?.toString()
        found.push({ offset, key: String(key), value: value ?? Buffer.alloc(0), mark })
        if (Number(offset) >= high - 1) resolve()
      },
    })
    consumer.seek({ topic, partition, offset: from })
  })
  await consumer.disconnect()
  return found
}

describe.concurrent('given a parked message', () => {
  test('whose cause is mended: it is listed and shown, sent again as it was, and its run completes', async () => {
    const agent = makeAgent('parked-late', world.receiver.address().url)
    const order = agent.order()
    const place = await world.publish(order)
    await world.parked(place, 60_000)

    const entry = await entryAt(place)
    expect(entry).toMatchObject({ code: 'PT-1003', service: 'intake', times: 1, sends: 0 })
    const view = await shown(entry.parked_id)
    expect(view).toMatchObject({
      topic: INTAKE,
      what_to_do: expect.stringContaining('egister'),
      acts: [
        { act: 'send', allowed: true },
        { act: 'discard', allowed: true },
      ],
      message: { value: { object: { agent_id: agent.id } } },
    })

    const { kty, crv, x } = agent.keys.publicJwk
    await fetch(`${world.url('intake')}/v1/agents`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        agent_id: agent.id,
        public_key: { kty, crv, x },
        proof: proveKey(agent.id, agent.keys.privateJwk),
      }),
    })
    await world.until('the agent', async () => {
      const { status } = await world.get('intake', `/v1/agents/${agent.id}`)
      return status === 200 || undefined
    })
    await world.fund(agent.account, 1000)

    const sent = await post(`/${entry.parked_id}/send`, { reason: 'the agent is registered now' })
    expect(sent).toMatchObject({ status: 200, body: { status: 'done', state: 'sent' } })
    const twice = await post(`/${entry.parked_id}/send`, {})
    expect(twice).toMatchObject({ status: 409, body: { code: 'PT-7042' } })

    const trail = await world.trailOf(order.object.work_order_id)
    expect(trail.verdict.verdict).toBe('ready')
    const bytes = world.codec.encode('work-order.submitted', order)
    const own = (await standing(INTAKE, place.partition, place.offset)).filter(
      ({ key }) => key === order.object.work_order_id,
    )
    expect(own.map(({ mark }) => mark)).toEqual([undefined, '1'])
    expect(own.map(({ value }) => value.equals(bytes))).toEqual([true, true])
    expect(await shown(entry.parked_id)).toMatchObject({ state: 'sent', times: 1, sends: 1 })
  }, 120_000)

  test('that fails again: it is the same entry, open again; discarded with a reason it is settled', async () => {
    const place = await world.publishRaw({
      key: `noise-${Date.now()}`,
      value: Buffer.from('no frame at all'),
    })
    const { parked_id: id } = await entryAt(place)
    await post(`/${id}/send`, {})
    const again = await until(id, { state: 'open', times: 2 })
    expect(again).toMatchObject({ sends: 1, code: 'PT-9001' })

    expect(await post(`/${id}/discard`, {})).toMatchObject({
      status: 400,
      body: { code: 'PT-7046' },
    })
    const given = await post(`/${id}/discard`, { reason: 'noise' })
    expect(given).toMatchObject({ status: 200, body: { state: 'discarded' } })
    const refused = await Promise.all([
      post(`/${id}/discard`, { reason: 'noise' }),
      post(`/${id}/send`, {}),
    ])
    expect(refused.map(({ body }) => body.code)).toEqual(['PT-7043', 'PT-7043'])
    expect(await shown(id)).toMatchObject({
      decided: [
        { act: 'send', by: 'operator' },
        { act: 'discard', by: 'operator', reason: 'noise' },
      ],
    })
    const said = await world.until('both decisions', () => {
      const acts = world.heard('parked.decided', id).map(({ value }) => value.act)
      return acts.length < 2 ? undefined : acts
    })
    expect(said).toEqual(['send', 'discard'])
  }, 60_000)

  test('that is not there: 404, whatever is asked of it', async () => {
    const id = `pm_${'0'.repeat(24)}`
    const answers = await Promise.all([
      world.get('console', `/v1/parked/${id}`),
      world.get('console', '/v1/parked/nothing'),
      post(`/${id}/send`, {}),
      post('/x/discard', { reason: 'x' }),
    ])
    expect(answers.map(({ status, body }) => [status, body.code])).toEqual(
      Array(4).fill([404, 'PT-7041']),
    )
  })

  test('what a stranger says on the topic of tools names nobody and nothing', async () => {
    await world.codec.ready(['tool.parked'])
    const value = world.codec.encode('tool.parked', {
      ...{ tool: 'tokenops', reason_code: 'PT-9001', detail: 'forged', partition: 0, offset: '1' },
      ...{ topic: topicFor('execution.commanded', 'tokenops'), headers: {}, attempts: 1 },
      ...{ first_time: new Date().toISOString(), document: 'wo_forged' },
    })
    const forged = { key: 'tokenops', value }
    await world.producer.send({ topic: topicFor('tool.parked'), messages: [forged] })
    await world.settle()
    const all = await list({ service: 'tool/tokenops', state: 'any' })
    expect(all.filter(({ detail }) => detail === 'forged')).toEqual([])
  }, 60_000)
})

test('in bulk: what is listed now is sent again, parked again as the same, and discarded; a restart in between loses and doubles nothing', async () => {
  const mark = `bulk-${Date.now()}`
  const many = 400
  const messages = Array.from({ length: many }, (_, n) => ({
    key: `${mark}-${n}`,
    value: Buffer.from(`${mark} ${n}`),
  }))
  await world.producer.send({ topic: INTAKE, acks: -1, messages })
  const own = async (state: string) => {
    const all = await list({ topic: 'work-order.submitted', code: 'PT-9001', state })
    const parked = new Set(
      world
        .heard('parked')
        .filter(({ value }) =>
          Buffer.from(value.key ?? '', 'base64')
            .toString()
            .startsWith(mark),
        )
        .map(({ value }) => `${value.partition}/${value.offset}`),
    )
    return all.filter(({ partition, offset }) => parked.has(`${partition}/${offset}`))
  }
  const listed = await world.until(
    'all to be listed',
    async () => {
      const all = await own('open')
      return all.length === many ? all : undefined
    },
    60_000,
  )
  const ids = listed.map(({ parked_id }) => parked_id)
  const dry = await post('/acts?dry_run', { act: 'send', ids })
  expect(dry.body).toMatchObject({ asked: many, done: many, refused: {} })
  const sent = await post('/acts', { act: 'send', ids })
  expect(sent.body).toMatchObject({ asked: many, done: many, refused: {} })

  await world.stop()
  world = await startWorld()
  const again = await world.until(
    'all to be parked again',
    async () => {
      const all = await list({ topic: INTAKE, code: 'PT-9001' })
      const mine = all.filter(({ parked_id }) => ids.includes(parked_id))
      return mine.length === many ? mine : undefined
    },
    90_000,
  )
  expect(again.filter(({ times, sends }) => times !== 2 || sends !== 1)).toEqual([])

  await world.until('the gauge of what is open', async () => {
    const text = await (await fetch(`${world.url('console')}/metrics`)).text()
    const [, count] = /prooftrail_parked_open\{[^}]*code="PT-9001"[^}]*\} (\d+)/.exec(text) ?? []
    return Number(count) >= many || undefined
  })

  const discarded = await post('/acts', { act: 'discard', ids, reason: 'noise of a test' })
  expect(discarded.body).toMatchObject({ asked: many, done: many })
  const after = await post('/acts', { act: 'discard', ids, reason: 'noise of a test' })
  expect(after.body).toMatchObject({ done: 0, refused: { 'PT-7043': many } })
}, 240_000)
