import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type QuotaLimits, Quotas } from './quotas.ts'

const limits: QuotaLimits = {
  ordersPerMinute: 60,
  bytesPerMinute: 60_000,
  waitingOrders: 10,
  waitingBytes: 1_000,
}

function quotas() {
  let at = 0
  const made = new Quotas(limits, () => at)
  return { made, pass: (ms: number) => (at += ms) }
}

describe('given what one agent may have', () => {
  test('when it has had a minute’s worth at once, then it waits for what comes back', () => {
    const { made, pass } = quotas()
    for (let n = 0; n < 60; n += 1) made.spend('a', 1)
    expect(made.waitMs('a')).toBe(1_000)
    expect(made.waitMs('b')).toBe(0)
    pass(1_000)
    expect(made.waitMs('a')).toBe(0)
  })

  test('when one order is larger than all it may have, then it passes, and is owed', () => {
    const { made, pass } = quotas()
    expect(made.waitMs('a')).toBe(0)
    made.spend('a', 180_000)
    expect(made.waitMs('a')).toBeGreaterThan(119_000)
    pass(121_000)
    expect(made.waitMs('a')).toBe(0)
  })

  test('over any time nobody has more than a minute’s worth and what came back, and one', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(5_000), { maxLength: 400 }), (steps) => {
        const { made, pass } = quotas()
        let had = 0
        let passed = 0
        for (const ms of steps) {
          pass(ms)
          passed += ms
          if (made.waitMs('a') > 0) continue
          made.spend('a', 10)
          had += 1
        }
        expect(had).toBeLessThanOrEqual(60 + passed / 1_000 + 1)
      }),
    )
  })
})
