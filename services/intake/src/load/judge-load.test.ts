import { describe, expect, test } from 'vitest'
import { judgeLoad, type LoadLimits, type Sample } from './judge-load.ts'

const limits: LoadLimits = { digestMs: 1_500, atLeast: 64, waitMs: 10_000 }
const STEP_MS = 500

/** How many more orders may be taken at once. */
function roomOf(samples: readonly Sample[]): number {
  const { most, underWay } = judgeLoad(samples, limits)
  return Math.max(0, most - underWay)
}

/** Samples of the stages and of orders that were taken, every half second, the last one now. */
function samples(
  count: number,
  at: (n: number) => { stages?: [number, number][]; taken?: number },
): Sample[] {
  const progress = ([done, end]: [number, number]) => ({ done, end })
  return Array.from({ length: count }, (_, n) => {
    const { stages = [[0, 0]], taken = 0 } = at(n)
    return { at: n * STEP_MS, stages: stages.map(progress), taken }
  })
}

describe('given what is under way in the stages after intake', () => {
  test('when nothing is, then there is room for the least that is always allowed', () => {
    const quiet = samples(3, () => ({ stages: [[7, 7]] }))
    expect(roomOf(quiet)).toBe(64)
  })

  test.each([20, 100, 1_000])(
    'when they digest %i/s, then no more is under way than they digest in the limit',
    (perSecond) => {
      const step = (perSecond * STEP_MS) / 1000
      const busy = samples(12, (n) => ({ stages: [[n * step, n * step + 30]] }))
      const most = Math.max(64, perSecond * 1.5)
      expect(roomOf(busy)).toBe(most - 30)
    },
  )

  test('when the stages together hold what they digest in the limit, then there is no room', () => {
    const full = samples(12, (n) => ({
      stages: [
        [n * 50, n * 50 + 70],
        [n * 50, n * 50 + 80],
      ],
    }))
    expect(roomOf(full)).toBe(0)
  })

  test('when orders are with a tool for a moment, then their places are not filled', () => {
    const wave = samples(12, (n) => ({ stages: [[n * 50, n * 50 + (n === 11 ? 0 : 180)]] }))
    // eight of the last nine samples saw 180
    expect(judgeLoad(wave, limits)).toMatchObject({ most: 150, underWay: 160 })
    expect(roomOf(wave)).toBe(0)
  })

  test('when they stay with a tool, then they hold back nobody', () => {
    const slow = samples(20, (n) => ({ stages: [[n * 50, n * 50 + (n < 10 ? 180 : 10)]] }))
    expect(roomOf(slow)).toBe(140)
  })

  test('when a stage is away, then only the least is let through to it', () => {
    const away = samples(12, () => ({ stages: [[0, 60]] }))
    expect(roomOf(away)).toBe(4)
  })

  test('when a burst follows a quiet time, then its throughput counts, not the quiet', () => {
    const burst = samples(9, (n) => ({ stages: n < 7 ? [[0, 0]] : [[(n - 6) * 100, 300]] }))
    expect(judgeLoad(burst, limits)).toMatchObject({ most: 300, underWay: 100 })
  })

  test('when stages take turns, then what one does in its own counts as its part of the way', () => {
    // a wave of 100, in turn a second with each of four
    const wave = samples(22, (n) => {
      const [lap, turn, taken] = [Math.floor(n / 8), Math.floor((n % 8) / 2), (n % 2) * 50]
      return {
        stages: [0, 1, 2, 3].map((i): [number, number] => {
          const end = 100 * (i > turn ? lap : lap + 1)
          return [i === turn ? end - 100 + taken : end, end]
        }),
      }
    })
    expect(judgeLoad(wave, limits).perMs).toBeCloseTo(100 / 4_000, 6)
  })

  test('when it slows down, then so does what is allowed, within ten seconds', () => {
    const slower = samples(31, (n) => ({
      stages: [n < 10 ? [n * 200, n * 200] : [1_800 + (n - 9) * 50, 1_800 + (n - 9) * 50]],
    }))
    expect(roomOf(slower)).toBe(150)
  })

  /** A stage that did so many in a second, of which so many were of orders, and what is before it. */
  const mixed = (perSecond: number, ofOrders: number, lag: (n: number) => number): Sample[] =>
    Array.from({ length: 12 }, (_, n) => {
      const done = (n * perSecond) / 2
      return {
        at: n * STEP_MS,
        stages: [{ done, end: done + lag(n), came: (n * ofOrders) / 2 }],
        taken: 0,
      }
    })

  test('when strangers flood a stage, then what they wrote takes nobody’s room', () => {
    expect(roomOf(mixed(2_000, 0, () => 5_000))).toBe(64)
    // before the first of it was read nothing is known of it
    expect(roomOf(mixed(0, 0, (n) => (n === 11 ? 5_000 : 0)))).toBe(64)
  })

  test('when a stage that anybody writes to has orders’ alone, then they count as anywhere', () => {
    const own = mixed(100, 100, () => 30)
    const others = own.map(({ stages: [one], ...rest }) => {
      return { ...rest, stages: one ? [{ done: one.done, end: one.end }] : [] }
    })
    expect(roomOf(own)).toBe(roomOf(others))
    expect(roomOf(own)).toBe(120)
  })

  test('when a tenth of what a stage reads is of orders, then a tenth of what waits counts', () => {
    const { underWay, perMs } = judgeLoad(
      mixed(1_000, 100, () => 600),
      limits,
    )
    expect(underWay).toBe(60)
    expect(perMs).toBeCloseTo(0.1)
  })
})

describe('given orders that are before one that comes now', () => {
  const wait = (of: readonly Sample[], ahead: number, closedMs: number) =>
    judgeLoad(of, limits).waitMs({ ahead, closedMs })
  const moving = samples(20, (n) => ({ taken: n * 20 }))
  const stuck = samples(20, () => ({ taken: 7 }))

  test('when there are none, then nobody waits, whatever else there is', () => {
    for (const seen of [moving, stuck, []]) expect(wait(seen, 0, 60_000)).toBe(0)
  })

  test('when there has been no room for a moment only, then nobody waits', () => {
    expect(wait(stuck, 5_000, 900)).toBe(0)
  })

  test('when they are taken, then the wait is as many at the rate of taking', () => {
    expect(wait(moving, 480, 9_000)).toBeCloseTo((1000 * 480) / 40, -1)
  })

  test('when a quiet time went before, then it does not count as slowness', () => {
    const after = samples(20, (n) => ({ taken: n < 14 ? 0 : (n - 14) * 100 }))
    expect(wait(after, 400, 2_500)).toBeLessThan(2_500)
  })

  test('when none is taken yet, then an order waits as long as there has been no room', () => {
    expect(wait(stuck, 10, 3_000)).toBe(3_000)
  })

  test('when none is taken, then there is no end to the wait', () => {
    expect(wait(stuck, 10, 6_000)).toBe(Number.POSITIVE_INFINITY)
  })
})
