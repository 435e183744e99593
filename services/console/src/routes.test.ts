import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { STUCK_AFTER } from '@prooftrail/contracts'
import { makeAccess } from '@prooftrail/runtime'
import { memoryReader } from '@prooftrail/testing/runtime'
import express from 'express'
import { describe, expect, onTestFinished, test } from 'vitest'
import { memoryActs } from './act-trail/acts.fixtures.ts'
import type { ConsoleConfig } from './config.ts'
import {
  accepted,
  bound,
  consoleKey,
  goodRun,
  held,
  registered,
  rejected,
  runOf,
  TOKEN,
  told,
  WO,
} from './console.fixtures.ts'
import { liveOver } from './live/live.fixtures.ts'
import { parkedOf } from './parked/decide.ts'
import { queueOf } from './parked/entry.ts'
import { claimed, entryOf, parked, rowsOf } from './parked/parked.fixtures.ts'
import { mountRoutes } from './routes.ts'
import { consoleService } from './service.ts'
import { openSampler } from './sre/open.ts'
import type { State } from './state.ts'
import { memoryViews } from './views/views.fixtures.ts'

const OPERATOR = 'operator-token'

/** The console's doors on a port of their own, over these documents. */
async function given(states: Record<string, State>, config: Partial<ConsoleConfig> = {}) {
  const store = memoryReader(consoleService, states)
  const app = express()
  mountRoutes(app, {
    access: makeAccess({ open: false, operatorToken: OPERATOR }),
    ...{ store, ...liveOver(store, { states }) },
    sampler: openSampler(config.metricsOf ?? []),
    ...{ acts: memoryActs(), views: memoryViews(), forget: async () => undefined },
    parked: {
      rows: rowsOf(() => Object.values(states).flatMap((state) => parkedOf(state) ?? []), queueOf),
      codec: { decode: () => undefined },
      ask: async () => undefined,
      read: async () => new Map(),
    },
    config: {
      port: 0,
      key: consoleKey,
      serviceKeys: [],
      publicUrl: 'https://console.example',
      attestationUrl: 'https://attestation.example',
      dispatchUrl: 'https://dispatch.example',
      intakeUrl: 'https://intake.example',
      receiptUrl: 'https://receipt.example',
      stuckAfter: STUCK_AFTER,
      actsKeptDays: 400,
      metricsOf: [],
      ...config,
    },
  })
  const server = app.listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  // A server that listens on a port has an address with one.
  const { port } = server.address() as AddressInfo
  return async (path: string, headers: Record<string, string> = {}, method = 'GET') => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
      ...{ headers, method },
      redirect: 'manual',
    })
    const text = await answer.text()
    const isJson = answer.headers.get('content-type')?.includes('json')
    return {
      status: answer.status,
      headers: answer.headers,
      text,
      body: isJson ? JSON.parse(text) : {},
    }
  }
}

const sealed = { [WO]: runOf(goodRun()), 'tool/energyops': told([registered]) }
const asOperator = { authorization: `Bearer ${OPERATOR}` }

describe('who may read', () => {
  test('the handle opens its own task, without more', async () => {
    const ask = await given(sealed)
    expect((await ask(`/v1/tasks/${TOKEN}`)).body.work_order_id).toBe(WO)
  })

  test.each(['', '/pilot', '/steps', '/report', '/usage-receipt', '/events'])(
    'a work order id alone opens nothing: %s',
    async (part) => {
      const ask = await given(sealed)
      const { status, body } = await ask(`/v1/tasks/${WO}${part}`)
      expect([status, body.code]).toEqual([401, 'PT-8001'])
    },
  )

  test('a work order id opens its task for an operator and for the handle as Bearer', async () => {
    const ask = await given(sealed)
    expect((await ask(`/v1/tasks/${WO}`, asOperator)).status).toBe(200)
    const asAgent = { authorization: `Bearer ${TOKEN}` }
    expect((await ask(`/v1/tasks/${WO}`, asAgent)).status).toBe(200)
  })

  test("another task's handle opens nothing, and answers as if there were nothing", async () => {
    const ask = await given(sealed)
    const forbidden = await ask(`/v1/tasks/${WO}`, { authorization: 'Bearer tt_other' })
    const absent = await ask('/v1/tasks/wo_nothing', { authorization: 'Bearer tt_other' })
    expect(forbidden.status).toBe(absent.status)
    expect(forbidden.body.code).toBe(absent.body.code)
  })

  test("a tool's document is no task, not even for an operator", async () => {
    const ask = await given(sealed)
    const { status, body } = await ask('/v1/tasks/tool%2Fenergyops', asOperator)
    expect([status, body.code]).toEqual([404, 'PT-7001'])
  })

  test('nothing of a task is cached, and its address is not passed on', async () => {
    const ask = await given(sealed)
    const { headers } = await ask(`/v1/tasks/${TOKEN}/report`)
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('referrer-policy')).toBe('no-referrer')
  })
})

describe('parts of a task', () => {
  test.each([
    ['/lifecycle', { lifecycle_state: 'attested' }],
    ['/events?after=8', { events: [{ sequence: 9, type: 'trail.attested' }] }],
    ['/result-contract', { object_type: 'agent_result_contract' }],
    ['/receipts', { usage_receipt: { credits_debited: 15 } }],
    ['/usage-receipt', { object_type: 'usage_receipt' }],
    ['/attestation', { revision: 0, verdict: 'ready' }],
    ['/ledger', { entries: [{ object: { revision: 0 } }] }],
    ['/exceptions', { exceptions: [] }],
    ['/callback', { callback_status: 'delivered' }],
    ['/pilot', { runtime_state: 'ready_for_operator_review' }],
    ['/steps', { events: { 0: { step: 'Validate' }, length: 5 } }],
    ['/tool-events', { events: { 0: { event_type: 'execution_started' } } }],
    ['/report', { object_type: 'pilot_report', offer_readiness: { ready: true } }],
  ])('%s', async (part, expected) => {
    const ask = await given(sealed)
    const { status, body } = await ask(`/v1/tasks/${TOKEN}${part}`)
    expect(status).toBe(200)
    expect(body).toMatchObject(expected)
  })

  test.each(['/settlement-receipt', '/result-contract', '/usage-receipt', '/attestation'])(
    '%s answers PT-7002 while the run has none',
    async (part) => {
      const ask = await given({ [WO]: runOf([accepted()]) })
      const { status, body } = await ask(`/v1/tasks/${TOKEN}${part}`)
      expect([status, body.code]).toEqual([404, 'PT-7002'])
    },
  )
})

describe('the report', () => {
  test.each([
    [undefined, 'application/json'],
    ['*/*', 'application/json'],
    ['text/plain', 'text/plain'],
    ['text/html,application/xhtml+xml,*/*;q=0.8', 'text/html'],
    ['image/png', 'application/json'],
  ])('for Accept %s is %s', async (accept, type) => {
    const ask = await given(sealed)
    const { headers, status } = await ask(`/v1/tasks/${TOKEN}/report`, accept ? { accept } : {})
    expect(status).toBe(200)
    expect(headers.get('content-type')).toContain(type)
    expect(headers.get('vary')?.toLowerCase()).toContain('accept')
  })

  test('as a page runs no script and loads nothing', async () => {
    const ask = await given(sealed)
    const { headers } = await ask(`/v1/tasks/${TOKEN}/report`, { accept: 'text/html' })
    expect(headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(headers.get('x-content-type-options')).toBe('nosniff')
  })

  test('is there from the first fact on, and for a refused order', async () => {
    const early = await given({ [WO]: runOf([accepted()]) })
    expect((await early(`/v1/tasks/${TOKEN}/report`)).body.runtime_state).toBe('not_sealed')
    const refused = await given({ [WO]: runOf([rejected]) })
    expect((await refused(`/v1/tasks/${TOKEN}/report`)).body.reasons).toHaveLength(1)
  })
})

describe('the queue', () => {
  test('counts every lifecycle state, and names the oldest that waits', async () => {
    const other = runOf([accepted(), held, bound(1, 3)])
    const ask = await given({ ...sealed, wo_2: { ...other, work_order_id: 'wo_2' } })
    const { status, body } = await ask('/v1/queue', asOperator)
    expect(status).toBe(200)
    expect(Object.keys(body.lifecycle_counts)).toHaveLength(20)
    expect(body).toMatchObject({
      lifecycle_counts: { attested: 1, queued: 1, operating: 0 },
      waiting: 1,
      open_exceptions: 0,
      oldest_waiting: [
        { lifecycle_state: 'queued', work_order_id: 'wo_2', since: '2026-11-01T10:00:01.000Z' },
      ],
    })
  })

  test('opens to operators only', async () => {
    const ask = await given(sealed)
    expect((await ask('/v1/queue')).status).toBe(401)
    expect((await ask('/v1/queue', { authorization: `Bearer ${TOKEN}` })).status).toBe(401)
  })
})

/** A service that answers with what it was asked. */
async function owner(): Promise<string> {
  const server = createServer((req, res) => {
    res.setHeader('content-type', 'application/json')
    res.end(JSON.stringify({ path: req.url, authorization: req.headers.authorization }))
  })
  server.listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  // A server that listens on a port has an address with one.
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

describe('what other services own', () => {
  test('is asked of its owner with the credentials of whoever asks', async () => {
    const ask = await given({}, { attestationUrl: await owner() })
    const authorization = `Bearer ${TOKEN}`
    const answer = await ask(`/v1/trails/${WO}`, { authorization })
    expect(answer.body).toEqual({ path: `/v1/trails/${WO}`, authorization })
    expect((await ask('/tile/0/x001/000')).body).toEqual({ path: '/tile/0/x001/000' })
  })

  test('is told apart from what nobody has when its owner is away', async () => {
    const ask = await given({}, { receiptUrl: 'http://127.0.0.1:1' })
    const answer = await ask('/v1/settlements/stl_x')
    expect(answer.status).toBe(503)
    expect(answer.body).toMatchObject({ code: 'PT-7003' })
  })

  test('is acted on at its owner', async () => {
    const ask = await given({})
    const answer = await ask('/v1/work-orders', {}, 'POST')
    expect(answer.headers.get('location')).toBe('https://intake.example/v1/work-orders')
    const batch = await ask('/v1/batches/bt_1/pause', {}, 'POST')
    expect(batch.headers.get('location')).toBe('https://dispatch.example/v1/batches/bt_1/pause')
  })

  test('of batches, every door that only reads', async () => {
    const ask = await given({}, { dispatchUrl: await owner() })
    for (const path of ['', '/bt_1', '/bt_1/runs?status=refused', '/bt_1/dry-run']) {
      expect((await ask(`/v1/batches${path}`)).body).toMatchObject({ path: `/v1/batches${path}` })
    }
  })
})

test('an agent hears by its handle what of its run is parked, and not what a stranger says is', async () => {
  const blocked = entryOf(parked({ document: WO }))
  const forged = entryOf(claimed({ document: WO }))
  const of = (state: State & { parked_id: string }) => [`parked/${state.parked_id}`, state] as const
  const ask = await given({ ...sealed, ...Object.fromEntries([of(blocked), of(forged)]) })
  const { status, body } = await ask(`/v1/tasks/${TOKEN}/parked`)
  expect({ status, body }).toMatchObject({
    ...{ status: 200, body: { work_order_id: WO, parked: [{ code: 'PT-9005', blocks: true }] } },
  })
  expect(body.parked).toHaveLength(1)
  expect(JSON.stringify(body)).not.toContain(blocked.original.value)
})
