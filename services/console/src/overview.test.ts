import { isServed, memoryReader } from '@prooftrail/testing/runtime'
import { describe, expect, test } from 'vitest'
import { accepted, goodRun, rejected, runOf, WO } from './console.fixtures.ts'
import { overviewOf } from './overview.ts'
import { listRuns } from './runs.ts'
import { consoleService } from './service.ts'
import { History } from './sre/history.ts'
import type { State } from './state.ts'

const OTHER = `wo_${'b'.repeat(32)}`
const REFUSED = `wo_${'c'.repeat(32)}`

const nothing = new History([], { stepSeconds: 5, keptSeconds: 60 })

function given(): Record<string, State> {
  return {
    [WO]: runOf(goodRun()),
    [OTHER]: { ...runOf([accepted()]), work_order_id: OTHER },
    [REFUSED]: { ...runOf([rejected]), work_order_id: REFUSED },
  }
}

describe('given runs in several states', () => {
  test('then each counter is the length of the list that it leads to', async () => {
    const store = memoryReader(consoleService, given())
    const { counters, waits } = await overviewOf(store, nothing)()
    for (const { count, more, list } of [...Object.values(counters), ...Object.values(waits)]) {
      const page = await listRuns(store, list)
      expect({ list, count, more }).toEqual({
        ...{ list, more: false },
        count: 'runs' in page ? page.runs.length : -1,
      })
    }
    expect(counters.receipts_issued.count).toBe(1)
    expect(waits.service.count).toBe(1)
  })

  test('then every count and list is an index’s own', async () => {
    const store = memoryReader(consoleService, given())
    await overviewOf(store, nothing)()
    const { indexes = [] } = consoleService
    expect(store.asked.length).toBeGreaterThan(8)
    expect(store.asked.filter((one) => !isServed(indexes, one))).toEqual([])
  })

  test('when two ask within a moment, then it is counted once', async () => {
    const store = memoryReader(consoleService, given())
    const overview = overviewOf(store, nothing)
    const first = await overview()
    const asked = store.asked.length
    expect(await overview()).toBe(first)
    expect(store.asked).toHaveLength(asked)
  })
})

test('given more runs than are counted, then the count says that there are more', async () => {
  const overview = overviewOf(
    { hoisted: async () => [], count: async (_, { most = 0 } = {}) => Math.min(most, 1_000_000) },
    nothing,
  )
  const { counters } = await overview()
  expect(counters.pending).toEqual({ count: 10_000, more: true, list: { waits_for: 'service' } })
})

test('given sampled metrics, then credits, rates and spans are those of the newest moment', async () => {
  const panel = (id: string, lines: [string, (number | null)[]][]) => ({
    ...{ id, title: id, description: id, unit: 'count' as const, kind: 'lines' as const },
    ...{ promql: [], left_out: 0 },
    lines: lines.map(([legend, values]) => ({ legend, values })),
  })
  const history = {
    draw: (uid: string) => ({
      ...{ uid, title: uid, description: uid, step_seconds: 5, times: [1, 2] },
      rows: [
        {
          title: 'all',
          panels: [
            panel('credits', [
              ['held', [1, 2]],
              ['free', [900, 850]],
            ]),
            panel('orders', [
              ['accepted', [1, 0.5]],
              ['sealed', [1, null]],
            ]),
          ],
        },
      ],
    }),
  }
  const store = memoryReader(consoleService, {})
  const { credits_available, rates, spans, latest } = await overviewOf(store, history)()
  expect({ credits_available, rates, spans, latest }).toEqual({
    ...{ credits_available: 850, spans: [], latest: undefined },
    rates: [{ legend: 'accepted', value: 0.5 }],
  })
})
