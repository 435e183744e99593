import { type OpenMetricsContentType, Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { exemplarOf } from './message.ts'
import { registerTable } from './metric-handles.ts'

const table = {
  held: { type: 'gauge', unit: 'credits', help: 'Credits held' },
  by_state: { type: 'gauge', unit: 'runs', help: 'Runs by state', labels: ['state'] },
  seen_total: { type: 'counter', unit: 'messages', help: 'Messages seen' },
} as const

async function shown(value: number | undefined) {
  const registry = new Registry<OpenMetricsContentType>()
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE)
  registerTable(registry, table, {
    held: () => value,
    by_state: () => (value === undefined ? undefined : [{ labels: { state: 'open' }, value }]),
    seen_total: () => value,
  })
  const text = await registry.metrics()
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
}

test('a gauge shows what is read, each time anew', async () => {
  const lines = [
    'prooftrail_held 7',
    'prooftrail_by_state{state="open"} 7',
    'prooftrail_seen_total 7',
  ]
  expect(await shown(7)).toEqual(lines)
})

test('what is not known has no value, which is not 0', async () => {
  expect(await shown(undefined)).toEqual([])
})

test('a histogram with exemplars names the trace that its bucket counted last', async () => {
  const registry = new Registry<OpenMetricsContentType>()
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE)
  const { took_seconds } = registerTable(registry, {
    took_seconds: {
      type: 'histogram',
      unit: 'seconds',
      help: 'Time taken',
      exemplars: true,
      buckets: [1, 10],
    },
  } as const)
  const trace = 'a1'.repeat(16)
  took_seconds.observe({ value: 5, exemplarLabels: exemplarOf(trace) })
  took_seconds.observe({ value: 0.5, exemplarLabels: exemplarOf(undefined) })
  const text = await registry.metrics()
  expect(text).toContain(`took_seconds_bucket{le="10"} 2 # {trace_id="${trace}"} 5`)
  expect(text).toContain('took_seconds_bucket{le="1"} 1\n')
})
