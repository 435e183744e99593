import { once } from 'node:events'
import { type IncomingMessage, type OutgoingHttpHeaders, request } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Express } from 'express'
import { pino } from 'pino'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openDoor } from './http/server.ts'
import { aboutDocument } from './log.ts'
import { makeMetrics } from './metrics.ts'
import { serveRoutes } from './serve-routes.ts'

/** A door that was opened at the start, and what serves the probes of a loop there later. */
async function probed({
  turnedAgo = 0,
  spinningMs = 0,
  waiting = 'waiting for kafka: away',
  routes = (_app: Express) => {},
} = {}) {
  const lines: string[] = []
  const door = await openDoor({ host: '127.0.0.1', port: 0 }, () => waiting)
  onTestFinished(() => door.close())
  const ask = async (path: string, headers: OutgoingHttpHeaders = {}, method = 'GET') => {
    // fetch names the host itself
    const asked = request(`${door.url}${path}`, { method, headers }).end()
    const [answer]: IncomingMessage[] = await once(asked, 'response')
    return { status: answer?.statusCode, text: answer ? await text(answer) : '' }
  }
  const begin = () => {
    const loop = {
      turnedAt: () => Date.now() - turnedAgo,
      failing: () => undefined,
      turns: () => ({ turns: 0, progress: 0 }),
    }
    const serving = {
      ...{ door, loop, folds: [], watchdog: { spinningMs } },
      metrics: makeMetrics('toy', false),
      log: pino({ level: 'error' }, { write: (line: string) => void lines.push(line) }),
      host: { config: { access: { open: true } } },
      store: {},
    }
    // the members that probes ask
    serveRoutes({ name: 'toy', codes: {}, routes } as never, undefined, serving as never)
  }
  return { ask, begin, lines }
}

describe('probes', () => {
  test('given a start that waits, then it is alive, not ready, and says for what', async () => {
    const { ask, begin } = await probed()
    expect((await ask('/healthz')).status).toBe(200)
    const ready = await ask('/readyz')
    expect(ready.status).toBe(503)
    expect(JSON.parse(ready.text)).toMatchObject({
      code: 'PT-9031',
      title: 'Not ready',
      detail: 'starting; waiting for kafka: away',
    })
    expect((await ask('/v1/anything')).status).toBe(503)
    begin()
    expect((await ask('/readyz')).status).toBe(200)
    expect((await ask('/v1/anything')).status).toBe(404)
  })

  test('given a loop that turns without doing anything for half a minute, then it is to be restarted', async () => {
    const { ask, begin } = await probed({ spinningMs: 31_000 })
    begin()
    const health = await ask('/healthz')
    expect(health.status).toBe(503)
    expect(JSON.parse(health.text)).toMatchObject({ code: 'PT-9035' })
    expect((await ask('/metrics')).text).toMatch(/loop_spinning_seconds\{service="toy"\} 31/)
  })

  test('given one that has done so for a moment, then not yet', async () => {
    const { ask, begin } = await probed({ spinningMs: 29_000 })
    begin()
    expect((await ask('/healthz')).status).toBe(200)
  })

  test('given a loop that does not turn at all, then that is told', async () => {
    const { ask, begin } = await probed({ turnedAgo: 61_000 })
    begin()
    expect(JSON.parse((await ask('/healthz')).text)).toMatchObject({ code: 'PT-9030' })
  })
})

describe('open doors', () => {
  const act = async (headers: OutgoingHttpHeaders) => {
    const { ask, begin } = await probed()
    begin()
    const { status, text } = await ask('/v1/parked/discard', headers, 'POST')
    return [status, JSON.parse(text).code]
  }

  test.each([
    [{ 'sec-fetch-site': 'cross-site' }],
    [{ 'sec-fetch-site': 'same-site' }],
    [{ origin: 'https://evil.example' }],
    [{ origin: 'http://127.0.0.1:7007' }],
    [{ origin: 'null' }],
    [{ host: 'rebound.example' }],
  ])('take no act from a page that their user visits: %j', async (headers) => {
    expect(await act({ 'content-type': 'text/plain', ...headers })).toEqual([403, 'PT-9043'])
  })

  test('take what a program says, or their own page', async () => {
    expect(await act({})).toEqual([400, 'PT-9033'])
    expect(await act({ 'sec-fetch-site': 'same-origin' })).toEqual([400, 'PT-9033'])
  })

  test('are read by whoever names this machine, and by no name that was pointed at it', async () => {
    const { ask, begin } = await probed()
    begin()
    expect((await ask('/v1/runs', { 'sec-fetch-site': 'cross-site' })).status).toBe(404)
    expect((await ask('/v1/runs', { host: 'localhost:7007' })).status).toBe(404)
    expect((await ask('/v1/runs', { host: 'rebound.example' })).status).toBe(403)
  })
})

test('given a request that fails, then its line says whose order and which trace it was about', async () => {
  const order = `wo_${'a2'.repeat(16)}`
  const routes = (app: Express) =>
    void app.get('/v1/orders/:id', () => {
      throw new Error('boom')
    })
  const { ask, begin, lines } = await probed({ routes })
  begin()
  expect((await ask(`/v1/orders/${order}`)).status).toBe(503)
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    code: 'PT-9034',
    alert: 'ProoftrailDoorsFail',
    ...aboutDocument(order),
  })
})
