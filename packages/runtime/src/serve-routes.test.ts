import { pino } from 'pino'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openDoor } from './http/server.ts'
import { makeMetrics } from './metrics.ts'
import { serveRoutes } from './serve-routes.ts'

/** A door that was opened at the start, and what serves the probes of a loop there later. */
async function probed({ turnedAgo = 0, spinningMs = 0, waiting = 'waiting for kafka: away' } = {}) {
  const door = await openDoor({ host: '127.0.0.1', port: 0 }, () => waiting)
  onTestFinished(() => door.close())
  const ask = async (path: string) => {
    const answer = await fetch(`${door.url}${path}`)
    return { status: answer.status, text: await answer.text() }
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
      log: pino({ level: 'silent' }),
      host: { config: { access: { open: true } } },
      store: {},
    }
    // the members that probes ask
    serveRoutes({ name: 'toy', codes: {} } as never, undefined, serving as never)
  }
  return { ask, begin }
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
