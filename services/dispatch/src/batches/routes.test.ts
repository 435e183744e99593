import { request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Lookup, makeAccess } from '@prooftrail/runtime'
import { given } from '@prooftrail/testing/runtime'
import { verifiedBy } from '@prooftrail/testing/trail'
import express from 'express'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  context,
  contextTool,
  heldInput,
  produced,
  toolKey,
  WORK_ORDER_ID,
} from '../dispatch.fixtures.ts'
import { dispatch } from '../service.ts'
import type { State } from '../state.ts'
import type { BatchDoors } from './answer.ts'
import { BatchWorld } from './batch-world.fixtures.ts'
import { mountBatches } from './routes.ts'

const TOKEN = 'operator-token-of-32-characters!'
const CLOSE = { recovery_action: 'close', reason: 'the pilot is over' }

const judging = context({
  tools: new Map([['tokenops', contextTool]]),
  verified: verifiedBy(toolKey),
})
/** A run with a ready result. */
const settled = given(dispatch, judging)
  .when(heldInput())
  .events.flatMap((event) => (event.type === 'execution.bound' ? [event.data] : []))
  .reduce<State>((_, one) => given(dispatch, judging).when(heldInput(), produced(one)).state, {
    status: 'absent',
  })

/** The doors on a real port, over documents that are folded as the loop does. */
async function open(says: Partial<BatchDoors> = {}) {
  const world = new BatchWorld()
  const runs = Array.from({ length: 300 }, (_, n) => (n === 0 ? WORK_ORDER_ID : `wo_ready_${n}`))
  for (const id of runs) world.states.set(id, settled)
  const said: string[] = []
  const read = async (ids: readonly string[]) =>
    new Map(
      ids.flatMap((id) => {
        const state = world.states.get(id)
        return state ? [[id, { state, version: 1 }] as const] : []
      }),
    )
  const app = express()
  mountBatches(app, {
    reader: { read },
    store: {
      find: async (filter, { limit }) => {
        const { $gt, $lt } = Object(filter._id)
        return [...world.states]
          .filter(([id]) => id > $gt && id < $lt)
          .sort(([one], [other]) => (one < other ? 1 : -1))
          .map(([id, state]) => ({ id, state }))
          .slice(0, limit)
      },
    },
    // only what the doors ask of it
    lookup: { get: async () => new Map() } as unknown as Lookup<State>,
    access: makeAccess({ open: false, operatorToken: TOKEN }),
    batchLimits: { maxRuns: 250, perSecond: 50 },
    now: () => world.now,
    requestBatch: async (asked) => {
      said.push(asked.request)
      world.deliver(world.say('batch.requested', asked))
      world.deliverFrom(0)
    },
    ...says,
  })
  const server = app.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  onTestFinished(() => void server.close())
  // a listening TCP server has an AddressInfo
  const { port } = server.address() as AddressInfo
  const ask = async (
    method: string,
    path: string,
    body?: unknown,
    token: string | null = TOKEN,
  ) => {
    const answer = await fetch(`http://127.0.0.1:${port}/v1/batches${path}`, {
      method,
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    return { status: answer.status, body: Object(await answer.json()), headers: answer.headers }
  }
  return { ask, world, said, runs, url: `http://127.0.0.1:${port}/v1/batches` }
}

describe('a batch that is asked for', () => {
  const whole = { act: CLOSE, work_order_ids: [WORK_ORDER_ID] }
  const many = Array.from({ length: 251 }, (_, n) => `wo_${n}`)
  test.each([
    ['an unknown act', { ...whole, act: { ...CLOSE, recovery_action: 'explode' } }, 400, 'PT-2062'],
    ['no act', { work_order_ids: [WORK_ORDER_ID] }, 400, 'PT-2062'],
    ['no reason', { ...whole, act: { recovery_action: 'close' } }, 400, 'PT-2062'],
    ['an act of one run', { ...whole, act: { ...CLOSE, work_order_id: 'wo_x' } }, 400, 'PT-2062'],
    ['a surplus member', { ...whole, act: { ...CLOSE, colour: 'red' } }, 400, 'PT-2062'],
    ['a surplus limit', { ...whole, colour: 'red' }, 400, 'PT-2062'],
    [
      'an act too large',
      { ...whole, act: { ...CLOSE, reason: 'x'.repeat(5_000) } },
      400,
      'PT-2062',
    ],
    [
      'no type of the tickets to close',
      { ...whole, act: { ...CLOSE, recovery_action: 'close_exception' } },
      400,
      'PT-2062',
    ],
    ['a ticket for an act of none', { ...whole, exception_type: 'credit_hold' }, 400, 'PT-2062'],
    ['a rate above the deployment’s', { ...whole, per_second: 51 }, 400, 'PT-2062'],
    ['a time of more than a week', { ...whole, hours: 169 }, 400, 'PT-2062'],
    ['no list of runs', { ...whole, work_order_ids: 'all' }, 400, 'PT-2062'],
    ['an id that is none', { ...whole, work_order_ids: [7] }, 400, 'PT-2062'],
    ['an empty selection', { ...whole, work_order_ids: [] }, 422, 'PT-2063'],
    ['a selection over the limit', { ...whole, work_order_ids: many }, 422, 'PT-2064'],
  ])('with %s is refused, and nothing is said', async (_, body, status, code) => {
    const { ask, said } = await open()
    expect(await ask('POST', '', body)).toMatchObject({ status, body: { code } })
    expect(said).toEqual([])
  })

  test('by nobody who may is refused before it is read', async () => {
    const { ask, said } = await open()
    for (const [method, path] of [
      ['POST', ''],
      ['GET', ''],
      ['GET', '/bt_x'],
      ['GET', '/bt_x/dry-run'],
      ['POST', '/bt_x/run'],
    ] as const) {
      const body = method === 'POST' ? whole : undefined
      expect(await ask(method, path, body, null)).toMatchObject({
        ...{ status: 401, body: { code: 'PT-8001' } },
      })
    }
    expect(said).toEqual([])
  })

  test('is frozen: the batch, then its runs in chunks, each run once', async () => {
    const { ask, said, runs } = await open()
    const made = await ask('POST', '', {
      ...{ act: CLOSE, work_order_ids: [...runs.slice(0, 240), ...runs.slice(0, 10)] },
      selected: 'state=ready',
    })
    expect(made).toMatchObject({
      status: 201,
      body: {
        ...{ status: 'created', total: 240, selected: 'state=ready', requested_by: 'operator' },
        ...{ act: CLOSE, counts: { waiting: 240 }, allowed: ['run', 'stop'], settled: false },
      },
    })
    expect(made.headers.get('location')).toBe(`/v1/batches/${made.body.batch_id}`)
    expect(said).toEqual(['create', 'select', 'select', 'select'])
  })

  test('by somebody who dies in the middle is not run, whoever asks; it can be stopped', async () => {
    let messages = 0
    const { ask, world, runs } = await open({
      requestBatch: async (asked) => {
        messages += 1
        if (messages === 3) throw new Error('the process dies')
        world.deliver(world.say('batch.requested', asked))
        world.deliverFrom(0)
      },
    })
    const body = { act: CLOSE, work_order_ids: runs.slice(0, 240) }
    // what a dead process answers is of no matter
    await ask('POST', '', body).catch(() => undefined)
    const [{ batch_id }] = (await ask('GET', '')).body.batches
    expect(await ask('POST', `/${batch_id}/run`, {})).toMatchObject({
      ...{ status: 409, body: { code: 'PT-2065', batch_status: 'created', allowed: ['stop'] } },
    })
    expect((await ask('POST', `/${batch_id}/stop`, {})).body.status).toBe('stopped')
  })

  test('beyond the number of open batches is refused', async () => {
    const { ask } = await open()
    for (let n = 0; n < 32; n += 1) expect((await ask('POST', '', whole)).status).toBe(201)
    expect(await ask('POST', '', whole)).toMatchObject({ status: 409, body: { code: 'PT-2066' } })
    const { body } = await ask('GET', '')
    const [{ batch_id }] = body.batches
    expect((await ask('POST', `/${batch_id}/stop`, {})).status).toBe(200)
    expect((await ask('POST', '', whole)).status).toBe(201)
  })

  test('slowly keeps nobody else from asking', async () => {
    const { ask, url } = await open()
    const headers = { authorization: `Bearer ${TOKEN}` }
    const slow = request(url, { method: 'POST', headers })
    onTestFinished(() => void slow.destroy())
    slow.on('error', () => undefined).write('{"act":')
    // its headers were read once a later request on the same server is answered
    await ask('GET', '')
    expect((await ask('POST', '', whole)).status).toBe(201)
  })

  test('many at once: one is read at a time, the others are told to come again', async () => {
    let letGo = () => {}
    const held = new Promise<void>((resolve) => {
      letGo = resolve
    })
    const reached = { looks: 0 }
    const { ask, said, world } = await open({
      requestBatch: async (asked) => {
        reached.looks += 1
        await held
        world.deliver(world.say('batch.requested', asked))
        world.deliverFrom(0)
      },
    })
    const first = ask('POST', '', whole)
    await expect.poll(() => reached.looks).toBe(1)
    const others = await Promise.all(Array.from({ length: 40 }, () => ask('POST', '', whole)))
    for (const one of others) {
      expect([one.status, one.body.code]).toEqual([429, 'PT-2067'])
      expect(one.headers.get('retry-after')).toBe('1')
    }
    letGo()
    expect((await first).status).toBe(201)
    expect(reached.looks).toBe(2)
    expect(said).toEqual([])
    expect((await ask('POST', '', whole)).status).toBe(201)
  })
})

describe('a dry run', () => {
  test('judges every run as the loop would, sums up, and writes nothing', async () => {
    const { ask, said, runs } = await open()
    const body = { act: CLOSE, work_order_ids: [WORK_ORDER_ID, 'wo_none', ...runs.slice(1, 150)] }
    const asked = await ask('POST', '?dry_run', body)
    expect(asked).toMatchObject({
      status: 200,
      body: { dry_run: true, total: 151, credits: 0, by_code: { 'PT-2021': 1 } },
    })
    expect(asked.body.refusals[0]).toMatchObject({ index: 1, work_order_id: 'wo_none' })
    expect(said).toEqual([])
    const { body: made } = await ask('POST', '', body)
    const dry = await ask('GET', `/${made.batch_id}/dry-run`)
    expect(dry.body).toEqual(asked.body)
    expect(said).toEqual(['create', 'select', 'select'])
  })

  test('lists refusals page by page', async () => {
    const { ask } = await open()
    const ids = Array.from({ length: 25 }, (_, n) => `wo_none_${n}`)
    const { body: made } = await ask('POST', '', { act: CLOSE, work_order_ids: ids })
    const seen: number[] = []
    for (let after: number | undefined = -1; after !== undefined; ) {
      const query: string = after < 0 ? '' : `&after=${after}`
      const { body } = await ask('GET', `/${made.batch_id}/dry-run?limit=10${query}`)
      expect(body).toMatchObject({ refused: 25, by_code: { 'PT-2021': 25 } })
      seen.push(...body.refusals.map(({ index }: { index: number }) => index))
      after = body.next
    }
    expect(seen).toEqual([...ids.keys()])
  })

  test('a run that went on since it was frozen is refused, the others are not', async () => {
    const { ask, world, runs } = await open()
    const { body: made } = await ask('POST', '', { act: CLOSE, work_order_ids: runs.slice(0, 1) })
    const before = await ask('GET', `/${made.batch_id}/dry-run`)
    expect(before.body).toMatchObject({ accepted: 1 })
    if (settled.status !== 'settled' || settled.course?.newest === undefined) throw new Error('?')
    const newest = {
      ...settled.course.newest,
      ref: { name: 'result_contract', digest: `sha256:${'d'.repeat(64)}` },
    }
    world.states.set(WORK_ORDER_ID, { ...settled, course: { ...settled.course, newest } })
    const after = await ask('GET', `/${made.batch_id}/dry-run`)
    expect(after.body).toMatchObject({ accepted: 0, by_code: { 'PT-2027': 1 } })
  })
})

describe('a batch that is there', () => {
  test('is run, paused, resumed and stopped, each where it stands, with who and why', async () => {
    const { ask } = await open()
    const { body: made } = await ask('POST', '', { act: CLOSE, work_order_ids: ['wo_ready_1'] })
    const path = `/${made.batch_id}`
    expect(await ask('POST', `${path}/pause`, {})).toMatchObject({
      status: 409,
      body: { code: 'PT-2065', batch_status: 'created', allowed: ['run', 'stop'] },
    })
    expect((await ask('POST', `${path}/run`, { reason: 'go' })).body.status).toBe('running')
    expect(await ask('POST', `${path}/run`)).toMatchObject({
      ...{ status: 409, body: { code: 'PT-2065', allowed: ['pause', 'stop'] } },
    })
    expect((await ask('POST', `${path}/pause`)).body.status).toBe('paused')
    expect((await ask('POST', `${path}/resume`, {})).body.status).toBe('running')
    expect(await ask('POST', `${path}/stop`, { reason: 7 })).toMatchObject({ status: 400 })
    const stopped = await ask('POST', `${path}/stop`, { reason: 'enough' })
    expect(stopped.body).toMatchObject({
      ...{ status: 'stopped', settled: true, allowed: [] },
      ended_at: '2026-11-01T10:00:00.000Z',
    })
    const history = stopped.body.changes.map((one: Record<string, unknown>) => [
      ...[one.status, one.changed_by, one.reason],
    ])
    expect(history[1]).toEqual(['running', 'operator', 'go'])
    expect(history.at(-1)).toEqual(['stopped', 'operator', 'enough'])
    expect(await ask('POST', `${path}/resume`)).toMatchObject({ status: 409 })
  })

  test('shows its runs page by page, and by what became of them', async () => {
    const { ask, world, runs } = await open()
    const ids = [...runs.slice(0, 229), 'wo_none']
    const { body: made } = await ask('POST', '', {
      act: CLOSE,
      work_order_ids: ids,
      per_second: 50,
    })
    await ask('POST', `/${made.batch_id}/run`)
    const page = await ask('GET', `/${made.batch_id}/runs?limit=150`)
    expect(page.body.runs).toHaveLength(150)
    expect(page.body.next).toBe(149)
    const rest = await ask('GET', `/${made.batch_id}/runs?limit=150&after=149`)
    expect(rest.body.runs).toHaveLength(80)
    expect(rest.body.next).toBeUndefined()
    expect(rest.body.runs.at(-1)).toMatchObject({ status: 'waiting', code: 'PT-2021' })
    const none = await ask('GET', `/${made.batch_id}/runs?status=refused`)
    expect(none.body.runs).toEqual([])
    expect(await ask('GET', `/${made.batch_id}/runs?status=odd`)).toMatchObject({
      status: 400,
      body: { code: 'PT-9033' },
    })
    expect(world.states.size).toBeGreaterThan(300)
  })

  test('stands in the list, newest first, page by page', async () => {
    const { ask, world } = await open()
    const ids: string[] = []
    for (let n = 0; n < 5; n += 1) {
      world.now += 10
      ids.unshift((await ask('POST', '', { act: CLOSE, work_order_ids: ['wo_1'] })).body.batch_id)
    }
    const first = await ask('GET', '?limit=3')
    const named = (body: { batches: { batch_id: string }[] }) =>
      body.batches.map(({ batch_id }) => batch_id)
    expect(named(first.body)).toEqual(ids.slice(0, 3))
    const second = await ask('GET', `?limit=3&after=${first.body.next}`)
    expect([named(second.body), second.body.next]).toEqual([ids.slice(3), undefined])
  })

  test('a batch that is not there is not known', async () => {
    const { ask } = await open()
    for (const path of ['/bt_x', `/bt_${'0'.repeat(32)}`, `/bt_${'0'.repeat(32)}/runs`]) {
      expect(await ask('GET', path)).toMatchObject({ status: 404, body: { code: 'PT-2061' } })
    }
    expect(await ask('POST', `/bt_${'0'.repeat(32)}/run`)).toMatchObject({ status: 404 })
    expect(await ask('GET', '?after=yesterday')).toMatchObject({ body: { code: 'PT-9033' } })
  })
})
