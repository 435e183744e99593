import { makeMetrics } from '@prooftrail/runtime'
import { describe, expect, test } from 'vitest'
import { accepted, attested, goodRun, opened, resolved, runOf, told } from './console.fixtures.ts'
import { memoryTallies } from './live/live.fixtures.ts'
import { countedBy, measureWith } from './measure.ts'
import { metrics as table } from './metric-table.ts'
import { Tally } from './monitor/tally.ts'
import type { ConsoleInput } from './state.ts'

/** What the two histograms hold after these facts, each measured before it is folded: count and sum. */
async function measured(inputs: readonly ConsoleInput[]) {
  const { registry, add } = makeMetrics('console', false)
  const tally = new Tally(memoryTallies()(), 'a')
  const measure = measureWith(add(table), tally)
  for (const [n, input] of inputs.entries()) {
    const [state, next] = [told(inputs.slice(0, n)), told(inputs.slice(0, n + 1))]
    measure({ event: { type: 'fact.folded', data: { input } }, input, state, next })
  }
  const text = await registry.metrics()
  const value = (name: string) =>
    Number(new RegExp(`^prooftrail_${name}\\{[^}]*\\} (.*)$`, 'm').exec(text)?.[1])
  return {
    accepted: [value('order_acceptance_seconds_count'), value('order_acceptance_seconds_sum')],
    sealed: [value('order_seal_seconds_count'), value('order_seal_seconds_sum')],
  }
}

describe('the spans of an order’s life', () => {
  test('end with the acceptance and with the first seal, by the broker’s clock', async () => {
    expect(await measured(goodRun())).toEqual({ accepted: [1, 0], sealed: [1, 25] })
  })

  test('a later revision is no second seal', async () => {
    const { sealed } = await measured([...goodRun(), attested(1, 90)])
    expect(sealed).toEqual([1, 25])
  })
})

describe('a run is counted', () => {
  test('as without a seal from its acceptance until it has one', () => {
    expect(countedBy(runOf([accepted()]))).toMatchObject({ unsealed: expect.any(String) })
    expect(countedBy(runOf(goodRun())).unsealed).toBeUndefined()
  })

  test('by each type of its open exceptions, and no more once they are settled', () => {
    const open = [accepted(), opened('credit_hold', 2), opened('callback_failure', 3)]
    expect(countedBy(runOf(open)).counted).toEqual(
      expect.arrayContaining(['ticket/credit_hold', 'ticket/callback_failure']),
    )
    const { counted } = countedBy(runOf([...open, resolved('credit_hold', 4)]))
    expect(counted).toContain('ticket/callback_failure')
    expect(counted).not.toContain('ticket/credit_hold')
  })
})
