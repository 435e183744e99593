import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { PageDashboard } from './panels.ts'
import { Sampler } from './sampler.ts'

const DASHBOARD: PageDashboard = {
  ...{ uid: 'one', title: 'One', description: 'a dashboard' },
  rows: [
    {
      title: 'Row',
      panels: [
        {
          ...{ id: 'made', title: 'Made', description: 'made', unit: 'per second', kind: 'lines' },
          queries: [
            {
              legend: '{{service}}',
              promql: 'sum by (service) (rate(made_total[$__rate_interval]))',
              read: { read: 'rate', metric: 'made_total', where: {}, by: ['service'] },
              series: ['made_total'],
            },
          ],
        },
      ],
    },
  ],
}

/** A service whose counter grows by 10 each time it is asked. @param says its series, by that counter */
async function aService(says = (made: number) => `made_total{service="intake"} ${made}`) {
  let made = 0
  let isSilent = false
  const server = createServer((_req, res) => {
    made += 10
    if (isSilent) res.writeHead(503).end()
    else res.end(`${says(made)}\nother_total 1\n`)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = () => new Promise<void>((resolve) => server.close(() => resolve()))
  onTestFinished(() => {
    server.closeAllConnections()
    return close()
  })
  const { port } = server.address() as AddressInfo
  const silence = (now: boolean) => {
    isSilent = now
  }
  return { named: { service: 'intake', url: `http://127.0.0.1:${port}` }, silence, close }
}

function samplerOf(named: readonly { service: string; url: string }[], keptSeconds = 60): Sampler {
  return new Sampler(named, [DASHBOARD], { everySeconds: 5, windowSeconds: 20, keptSeconds })
}

const linesOf = (sampler: Sampler, range = 60) =>
  sampler.history.draw('one', range)?.rows[0]?.panels[0]?.lines

describe('given a service that is read every five seconds', () => {
  test('then its panel has the growth of its counter by a second at each moment', async () => {
    const { named } = await aService()
    const sampler = samplerOf([named])
    for (let at = 0; at <= 40; at += 5) await sampler.sample(1_000 + at)
    const [line] = linesOf(sampler) ?? []
    expect(line?.legend).toBe('intake')
    expect(line?.values[0]).toBeNull()
    expect(line?.values.slice(4)).toEqual([2, 2, 2, 2, 2])
    expect(sampler.history.draw('one', 60)?.times).toHaveLength(9)
    expect(sampler.history.draw('other', 60)).toBeUndefined()
  })

  test('when it does not answer, then that is told with the reason and since when, and its line ends', async () => {
    const { named, silence } = await aService()
    const closed = await aService()
    await closed.close()
    const away = { ...closed.named, service: 'callback' }
    const sampler = samplerOf([named, away])
    for (let at = 0; at <= 20; at += 5) await sampler.sample(1_000 + at)
    silence(true)
    for (let at = 25; at <= 60; at += 5) await sampler.sample(1_000 + at)
    expect(sampler.targets()).toMatchObject([
      { service: 'intake', up: false, since: '1970-01-01T00:17:05.000Z', reason: 'answered 503' },
      { service: 'callback', up: false, reason: 'ECONNREFUSED' },
    ])
    const [line] = linesOf(sampler) ?? []
    expect(line?.values.at(-1)).toBeNull()
    silence(false)
    await sampler.sample(1_065)
    expect(sampler.targets()[0]).toMatchObject({ up: true, since: '1970-01-01T00:17:45.000Z' })
  })

  test('when more is taken than is kept, then the oldest is forgotten, and a line of which nothing is left', async () => {
    const { named, silence } = await aService()
    const sampler = samplerOf([named], 30)
    for (let at = 0; at <= 20; at += 5) await sampler.sample(1_000 + at)
    silence(true)
    for (let at = 25; at <= 100; at += 5) await sampler.sample(1_000 + at)
    expect(sampler.history.draw('one', 60)?.times).toEqual([
      1_075, 1_080, 1_085, 1_090, 1_095, 1_100,
    ])
    expect(linesOf(sampler)).toEqual([])
  })
})

test('a long range is answered in wider steps, whose moments stay the same from one answer to the next', async () => {
  const { named } = await aService()
  const sampler = new Sampler([named], [DASHBOARD], { everySeconds: 5, keptSeconds: 3_600 })
  for (let at = 0; at < 60; at += 5) await sampler.sample(1_000 + at)
  const before = sampler.history.draw('one', 3_600)
  await sampler.sample(1_060)
  const after = sampler.history.draw('one', 3_600)
  expect(before).toMatchObject({ step_seconds: 15, times: [1_000, 1_015, 1_030, 1_045] })
  expect(after?.times).toEqual([1_000, 1_015, 1_030, 1_045, 1_060])
})

describe('a process of somebody else, which says what it likes', () => {
  async function besides(says: (made: number) => string) {
    const [own, { named }] = [await aService(), await aService(says)]
    const sampler = samplerOf([{ ...named, service: 'some-tool' }, own.named])
    // the other one comes first
    own.silence(true)
    for (let at = 0; at <= 40; at += 5) {
      await sampler.sample(1_000 + at)
      own.silence(false)
    }
    return linesOf(sampler)?.map(({ legend, values }) => [legend, values.at(-1)])
  }

  test('speaks in no service’s name', async () => {
    const lines = await besides((made) => `made_total{service="intake"} ${made * 100}`)
    expect(lines).toEqual([
      ['some-tool', 200],
      ['intake', 2],
    ])
  })

  test('takes no room of others by how much it says', async () => {
    const flood = Array.from({ length: 25_000 }, (_, n) => `made_total{n="${n}"} 1`).join('\n')
    const lines = await besides(() => flood)
    expect(lines).toContainEqual(['intake', 2])
  })
})
