import { describe, expect, test } from 'vitest'
import { anAdmissionAt, GENEROUS } from './admission.fixtures.ts'

const STEP_MS = 50
const STAGES = 6
/** The tool comes after this one. */
const TOOL_AFTER = 1
const MOST_IN_ROUND = 500
const limits = { digestMs: 3_000, atLeast: 32, waitMs: 10_000 }

interface Plan {
  /** Orders per second that the slowest stage digests at a time in seconds. */
  capacity(at: number): number
  /** Orders per second that arrive on the topic. */
  arrivals(at: number): number
  seconds: number
  /** What a step takes an order besides waiting for its turn. */
  travelMs?: number
  /**
   * All stages, and a tool among them that admission control does not see, share one processor: in turn each
   * takes all that is before it and passes it on as a whole. `capacity` is that of all together.
   */
  isShared?: boolean
}

interface Outcome {
  perSecond: number
  /** From acceptance to the end of the last stage, in seconds. */
  p50: number
  p99: number
  /** Left on the topic. */
  backlog: number
  taken: number
}

/**
 * Intake's admission control before six stages in a row by a clock of its own; each on a machine of its own, the
 * slowest in the middle, or all on one.
 */
function simulate({ capacity, arrivals, seconds, travelMs = 100, isShared }: Plan): Outcome {
  let at = 0
  const admission = anAdmissionAt(() => at, limits, GENEROUS)
  admission.assigned(4)
  const queues = Array.from({ length: STAGES }, () => [] as { accepted: number; ready: number }[])
  const done = Array.from({ length: STAGES }, () => 0)
  const end = Array.from({ length: STAGES }, () => 0)
  const credit = Array.from({ length: STAGES }, () => 0)
  const sojourns: number[] = []
  let arrived = 0
  let taken = 0
  const withTool: number[] = []
  let turn = 0
  let round: { stage: number; orders: number[] } | undefined
  let work = 0

  function put(stage: number, accepted: number): void {
    queues[stage]?.push({ accepted, ready: at + travelMs })
    end[stage] = (end[stage] ?? 0) + 1
  }

  function digest(stage: number): void {
    const perSecond = capacity(at / 1000) * (stage === 3 ? 1 : 2)
    const queue = queues[stage] ?? []
    credit[stage] = Math.min(perSecond, (credit[stage] ?? 0) + (perSecond * STEP_MS) / 1000)
    for (let head = queue[0]; head && head.ready <= at && credit[stage] >= 1; head = queue[0]) {
      queue.shift()
      credit[stage] -= 1
      done[stage] = (done[stage] ?? 0) + 1
      if (stage + 1 < STAGES) put(stage + 1, head.accepted)
      else sojourns.push((at - head.accepted) / 1000)
    }
  }

  function leave(stage: number, accepted: number): void {
    done[stage] = (done[stage] ?? 0) + 1
    if (stage === TOOL_AFTER) withTool.push(accepted)
    else if (stage + 1 < STAGES) put(stage + 1, accepted)
    else sojourns.push((at - accepted) / 1000)
  }

  /** One processor's step: the rounds of the stages, one after the other. */
  function share(): void {
    work += (capacity(at / 1000) * (STAGES + 1) * STEP_MS) / 1000
    for (;;) {
      for (let tries = 0; !round && tries <= STAGES; tries += 1) {
        const stage = turn++ % (STAGES + 1)
        const orders =
          stage === STAGES ? withTool : (queues[stage] ?? []).map((one) => one.accepted)
        if (orders.length > 0) round = { stage, orders: orders.slice(0, MOST_IN_ROUND) }
      }
      if (!round) work = 0
      if (!round || work < round.orders.length) return
      const { stage, orders } = round
      round = undefined
      work -= orders.length
      if (stage === STAGES) {
        withTool.splice(0, orders.length)
        for (const accepted of orders) put(TOOL_AFTER + 1, accepted)
      } else {
        queues[stage]?.splice(0, orders.length)
        for (const accepted of orders) leave(stage, accepted)
      }
    }
  }

  for (; at < seconds * 1000; at += STEP_MS) {
    if (at % 500 === 0) {
      const stages = queues.map((_, i) => ({ done: done[i] ?? 0, end: end[i] ?? 0 }))
      admission.sampled({ at, stages }, 4, admission.begin())
    }
    arrived += (arrivals(at / 1000) * STEP_MS) / 1000
    let count = 0
    while (taken + count < Math.floor(arrived) && admission.grant('agent-1', 0)) count += 1
    for (let n = 0; n < count; n += 1) put(0, at)
    taken += count
    admission.taken(count)
    if (isShared) share()
    else for (let stage = STAGES - 1; stage >= 0; stage -= 1) digest(stage)
  }
  sojourns.sort((a, b) => a - b)
  const percentile = (share: number) => sojourns[Math.ceil(share * sojourns.length) - 1] ?? 0
  return {
    perSecond: sojourns.length / seconds,
    ...{ p50: percentile(0.5), p99: percentile(0.99) },
    ...{ backlog: Math.floor(arrived) - taken, taken },
  }
}

describe('given stages of any capacity', () => {
  test.each([10, 20, 50, 300, 2_000])(
    'when twice the %i orders/s that they digest arrive, then they digest as many as without admission control, each in its time',
    (capacity) => {
      const { perSecond, p99, backlog } = simulate({
        ...{ capacity: () => capacity, arrivals: () => 2 * capacity, seconds: 90 },
      })
      expect(perSecond).toBeGreaterThan(0.9 * capacity)
      // however slow they are, the least that is always allowed is under way
      expect(p99).toBeLessThan(
        Math.max((1.5 * limits.digestMs) / 1000, (1.1 * limits.atLeast) / capacity),
      )
      expect(backlog).toBeGreaterThan(0.8 * capacity * 90)
    },
  )

  test.each([20, 70, 300])(
    'when stages that share a machine digest %i orders/s and twice as many arrive, then they do not go through in ever larger waves',
    (capacity) => {
      const { perSecond, p99 } = simulate({
        ...{ capacity: () => capacity, arrivals: () => 2 * capacity, seconds: 180 },
        isShared: true,
      })
      expect(perSecond).toBeGreaterThan(0.9 * capacity)
      // a wave waits for another one at most
      expect(p99).toBeLessThan((2.2 * limits.digestMs) / 1000)
    },
  )

  test('when less arrives than they digest, then nothing waits', () => {
    const { p99, backlog } = simulate({
      ...{ capacity: () => 300, arrivals: () => 200, seconds: 60 },
    })
    expect(backlog).toBeLessThan(20)
    expect(p99).toBeLessThan(1)
  })

  test('when a burst follows a quiet time, then it is taken at full speed within seconds', () => {
    const { backlog } = simulate({
      ...{ capacity: () => 500, arrivals: (at) => (at >= 20 && at < 21 ? 2_000 : 1), seconds: 28 },
    })
    expect(backlog).toBe(0)
  })

  test('when they lose three quarters of their capacity, then what is accepted waits little longer', () => {
    const { p99 } = simulate({
      ...{ capacity: (at) => (at < 30 ? 200 : 50), arrivals: () => 400, seconds: 120 },
    })
    // what was accepted before: four times as long
    expect(p99).toBeLessThan(13)
  })

  test('when they come back after a minute, then all that waited is taken', () => {
    const { backlog, taken } = simulate({
      capacity: (at) => (at < 60 ? 0 : 100),
      arrivals: (at) => (at < 60 ? 20 : 0),
      seconds: 120,
    })
    expect(backlog).toBe(0)
    expect(taken).toBe(1_200)
  })

  test.each([200, 400])(
    'when a step takes an order %i ms without any load, then nearly as many pass as without admission control',
    (travelMs) => {
      const { perSecond } = simulate({
        ...{ capacity: () => 300, arrivals: () => 600, seconds: 240, travelMs },
      })
      expect(perSecond).toBeGreaterThan(240)
    },
  )
})
