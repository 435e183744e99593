import express from 'express'
import { expect, onTestFinished, test, vi } from 'vitest'
import { makeMetrics } from '../metrics.ts'
import { countRequests } from './count-requests.ts'

/** A door with one route; answers what was counted of the requests for these paths. */
async function counted(...paths: string[]) {
  const metrics = makeMetrics('toy', false)
  const app = express()
  app.use(countRequests(metrics))
  app.get('/v1/tasks/:token', (req, res) => {
    res.status(Number(req.query.status ?? 200)).json({})
  })
  const server = app.listen(0)
  onTestFinished(() => void server.close())
  // listening on a port always yields an AddressInfo
  const { port } = server.address() as { port: number }
  for (const path of paths) await (await fetch(`http://127.0.0.1:${port}${path}`)).text()
  const { values } = await metrics.requests.get()
  return values
    .filter(({ value }) => value > 0)
    .map(({ labels, value }) => [labels.route, labels.outcome, value])
}

test('requests are counted by their route’s pattern and what they came to', async () => {
  const paths = ['a', 'b', 'c?status=404', 'd?status=429', 'e?status=503']
  expect(await counted(...paths.map((path) => `/v1/tasks/tt_${path}`))).toEqual([
    ['GET /v1/tasks/:token', 'ok', 2],
    ['GET /v1/tasks/:token', 'refused', 1],
    ['GET /v1/tasks/:token', 'shed', 1],
    ['GET /v1/tasks/:token', 'failed', 1],
  ])
})

test('the time of a request names the trace that it comes in, as an exemplar', async () => {
  const metrics = makeMetrics('toy', false)
  const app = express()
  app.use(countRequests(metrics))
  app.get('/a', (_req, res) => void res.json({}))
  const server = app.listen(0)
  onTestFinished(() => void server.close())
  const { port } = server.address() as { port: number }
  const trace = '0af7651916cd43dd8448eb211c80319c'
  const headers = { traceparent: `00-${trace}-b7ad6b7169203331-01` }
  await (await fetch(`http://127.0.0.1:${port}/a`, { headers })).text()
  await vi.waitFor(async () =>
    expect(await metrics.registry.metrics()).toMatch(
      new RegExp(`http_request_seconds_bucket.*GET /a.*# \\{trace_id="${trace}"\\}`),
    ),
  )
})

test('whatever paths strangers ask for, they make no more series', async () => {
  expect(await counted('/a', '/b', '/c/d')).toEqual([['none', 'refused', 3]])
})
