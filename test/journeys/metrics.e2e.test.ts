import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { alerts } from '../../deploy/observability/alerts.ts'
import { entryOfSeries, metricsIn } from '../../deploy/observability/metrics.ts'
import { dashboards, TOOLS } from '../../deploy/observability/panels.ts'
import { promql } from '../../deploy/observability/query.ts'
import { scaleOf } from '../../deploy/observability/scale.ts'
import { labelsOf, recordsOf, slos } from '../../deploy/observability/slos.ts'
import { readMetricTables } from '../../packages/contracts/codegen/metrics-page.ts'
import { ROOT } from '../repo/files.ts'
import { example } from '../toolkit/agent.ts'
import { hasPrometheus, type Prometheus, startPrometheus } from '../toolkit/prometheus.ts'
import { startWorld, type TestWorld } from '../world.ts'

/** An hour of a rule is a minute here. */
const SPEED = 60
const WINDOW = '20s'
const PATIENCE_MS = 40_000
const EXPORTERS: Readonly<Record<string, (service: string) => boolean>> = {
  'packages/runtime': () => true,
  'packages/executor-sdk': (service) => TOOLS.includes(service),
}

const isThere = hasPrometheus()
let world: TestWorld
let prometheus: Prometheus | undefined
let load: Promise<void> | undefined
let isOver = false

beforeAll(async () => {
  world = await startWorld()
  if (isThere) {
    const services = world.services.urls
    prometheus = await startPrometheus({ services, speed: SPEED, everySeconds: 1 })
  }
  load = everyKindOfOrder()
})
afterAll(async () => {
  isOver = true
  await load
  await prometheus?.stop()
  await world?.stop()
})

/** What the demo sends, and what goes wrong besides, over and over while the test lasts. */
async function everyKindOfOrder(): Promise<void> {
  const [rich, poor, deaf] = await Promise.all([
    world.newAgent('seen'),
    world.newAgent('poor', { credits: 0 }),
    world.newAgent('deaf', { callbacks: world.receiver.address(() => ({ status: 410 })) }),
  ])
  const examples = ['energyops-complete', 'financeops-matched', 'tokenops-missing-item'].map(
    (name) => {
      const { agent_id: _, callback_url: __, ...asked } = example(name)
      return asked
    },
  )
  await world.publish(poor.order())
  await world.publish(deaf.order())
  while (!isOver) {
    for (const asked of [{}, ...examples]) await world.publish(rich.order(asked))
    await world.publish(rich.order({ callback_url: 'https://169.254.169.254/hook' }))
    await world.publishRaw({ key: 'nobody', value: Buffer.from('no message') })
    await world.post(rich.order())
    await world.get('console', '/v1/queue')
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}

describe('metrics of a running deployment', () => {
  test('the buckets of an order’s life name the trace that they counted last', async () => {
    const ask = async () => (await fetch(`${world.url('console')}/metrics`)).text()
    const text = await world.until('exemplar', async () => {
      const now = await ask()
      return now.includes('trace_id=') ? now : undefined
    })
    expect(text).toMatch(
      /^prooftrail_order_acceptance_seconds_bucket.* # \{trace_id="[0-9a-f]{32}"\}/m,
    )
  })

  test('each service exports what its tables say, and nothing else', async () => {
    const tables = await readMetricTables(ROOT)
    for (const [service, url] of world.services.urls) {
      const exported = typesIn(await (await fetch(`${url}/metrics`)).text())
      const declared = tables.flatMap(({ owner, metrics }) => {
        const does = EXPORTERS[owner]?.(service) ?? owner === `services/${service}`
        return does ? Object.entries(metrics) : []
      })
      expect({ service, exported }).toEqual({
        service,
        exported: Object.fromEntries(
          declared
            .map(([name, { type, help }]) => [`prooftrail_${name}`, `${type} ${help}`])
            .sort(),
        ),
      })
    }
  })

  test('no series has a label that its table does not name', async () => {
    const known = ['service', 'le']
    for (const [, url] of world.services.urls) {
      const text = await (await fetch(`${url}/metrics`)).text()
      for (const [, name = '', labels = ''] of text.matchAll(/^(prooftrail_\w+)\{([^}]*)\} /gm)) {
        const found = [...labels.matchAll(/(\w+)="/g)].map(([, label]) => label ?? '')
        const declared = [...known, ...(entryOfSeries(name)?.labels ?? [])]
        expect({ name, more: found.filter((one) => !declared.includes(one)) }).toEqual({
          name,
          more: [],
        })
      }
    }
  })

  test.skipIf(!isThere)('every panel’s query has data, and the overview numbers', async () => {
    const asked = dashboards.flatMap(({ uid, rows }) =>
      rows.flatMap(({ panels }) =>
        panels.flatMap(({ id, queries }) =>
          queries.map(({ query }) => ({ where: `${uid}/${id}`, expr: promql(query, WINDOW) })),
        ),
      ),
    )
    await allHaveData(asked.filter(({ expr }) => !isElsewhere(expr)))
  })

  test.skipIf(!isThere)(
    'every rule is evaluated without a fault, and what it asks for is there',
    async () => {
      const scale = scaleOf(SPEED)
      const records = slos.flatMap((slo) =>
        recordsOf(slo, scale).map(({ record }) => ({
          where: `${record} of ${slo.name}`,
          expr: `${record}{sloth_slo="${labelsOf(slo).sloth_slo}"}`,
        })),
      )
      const series = alerts(scale).flatMap(({ name, expr }) =>
        metricsIn(expr).map((one) => ({ where: name, expr: one })),
      )
      await allHaveData([...records, ...series.filter(({ expr }) => !isElsewhere(expr))])
      const rules = (await prometheus?.rules()) ?? []
      expect(rules.length).toBeGreaterThan(alerts(scale).length)
      expect(rules.filter(({ health }) => health !== 'ok')).toEqual([])
    },
  )

  test.skipIf(!isThere)('what waits for a person is told, and nothing is down', async () => {
    const waiting = ['CreditsPending', 'CallbackExhausted', 'MessageParked']
    await world.until(
      'alerts of a poor agent, a deaf one, and one that talks nonsense',
      async () => {
        const names = (await prometheus?.firing())?.map(({ name }) => name) ?? []
        return waiting.every((name) => names.includes(`Prooftrail${name}`)) || undefined
      },
      PATIENCE_MS,
    )
    const firing = (await prometheus?.firing()) ?? []
    expect(firing.filter(({ name }) => /ServiceDown|ServiceUnknown|LogStopped/.test(name))).toEqual(
      [],
    )
  })
})

/** Whether a query asks for what is exported only where something else is configured. */
function isElsewhere(expr: string): boolean {
  return metricsIn(expr).some(
    (name) => !name.startsWith('prooftrail_slo') && entryOfSeries(name)?.only !== undefined,
  )
}

/** Asks until all have an answer with a number in it. @throws Error that names those that have none */
async function allHaveData(asked: readonly { where: string; expr: string }[]): Promise<void> {
  let left = [...asked]
  const ask = async () => {
    const answers = await Promise.all(
      left.map(async (one) => {
        const samples = (await prometheus?.query(one.expr)) ?? []
        return samples.length > 0 ? [] : [one]
      }),
    )
    left = answers.flat()
    return left.length === 0 || undefined
  }
  await world.until('data of every query', ask, PATIENCE_MS).catch(() => undefined)
  expect(left).toEqual([])
}

/** Type and help of each metric of ours in a page of metrics, where counters are called without `_total`. */
function typesIn(text: string): Record<string, string> {
  const helps = new Map(
    [...text.matchAll(/^# HELP (prooftrail_\w+) (.*)$/gm)].map(([, name = '', help = '']) => [
      name,
      help,
    ]),
  )
  const types = [...text.matchAll(/^# TYPE (prooftrail_\w+) (\w+)$/gm)]
  const named = types.map(([, name = '', type]) => {
    const series = type === 'counter' ? `${name}_total` : name
    return [series, `${type} ${helps.get(name)}`]
  })
  return Object.fromEntries(named.sort())
}
