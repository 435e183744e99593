import { describe, expect, test } from 'vitest'
import { makeOrderAdmission, type OrderAdmission } from './admission-control.ts'
import type { Sample } from './judge-load.ts'

const limits = { digestMs: 1_500, atLeast: 10, waitMs: 10_000 }

/** Admission control whose clock and samples the test moves. */
function anAdmission() {
  let at = 0
  const admission = makeOrderAdmission('orders', limits, () => at)
  return {
    admission,
    pass(ms: number) {
      at += ms
    },
    see(
      { stage = [0, 0], orders = [0, 0] }: { stage?: number[]; orders?: number[] },
      mark?: number,
    ) {
      const progress = ([done = 0, end = 0]: number[]) => ({ done, end })
      const sample: Sample = { at, stages: [progress(stage)], orders: progress(orders) }
      admission.sampled(sample, 4, mark ?? admission.begin())
    },
  }
}

/** How many of so many are granted. */
function taken(admission: OrderAdmission, wanted = 1_000): number {
  let count = 0
  while (count < wanted && admission.grant()) count += 1
  return count
}

describe('given admission control of intake', () => {
  test('when nothing was ever seen, then everything is taken', () => {
    expect(taken(anAdmission().admission)).toBe(1_000)
  })

  test('when it stops seeing for half a minute, then it opens', () => {
    const { admission, see, pass } = anAdmission()
    admission.assigned(4)
    see({ stage: [0, 50] })
    expect(taken(admission)).toBe(0)
    pass(30_001)
    expect(taken(admission)).toBe(1_000)
  })

  test('when it grants, then what was granted counts until a sample began after it ended', () => {
    const { admission, see } = anAdmission()
    admission.assigned(4)
    see({})
    expect(taken(admission, 6)).toBe(6)
    const mark = admission.begin()
    admission.taken(6)
    see({ stage: [0, 0] }, mark)
    expect(taken(admission)).toBe(4)
    admission.taken(4)
    see({ stage: [0, 7] })
    expect(taken(admission)).toBe(3)
  })

  test('when stages go on as they did, then what they digest makes room before the next sample', () => {
    const { admission, see, pass } = anAdmission()
    admission.assigned(4)
    for (let n = 0; n < 10; n += 1) {
      see({ stage: [n * 10, n * 10 + 10] })
      pass(500)
    }
    see({ stage: [100, 130] })
    expect(taken(admission)).toBe(0)
    pass(300)
    expect(taken(admission)).toBe(6)
    pass(5_000)
    expect(taken(admission)).toBe(14)
  })

  test('when it ticks while orders wait, then whoever holds them is told', () => {
    const { admission, see, pass } = anAdmission()
    admission.assigned(4)
    see({ stage: [0, 50] })
    taken(admission)
    let told = 0
    admission.onRoom(() => {
      told += 1
    })
    admission.tick()
    pass(3_001)
    admission.tick()
    expect(told).toBe(1)
  })

  test('when it has a part of the partitions, then it takes that part of the room', () => {
    const { admission, see } = anAdmission()
    admission.assigned(2)
    see({})
    expect(taken(admission)).toBe(5)
  })

  test('when there may be room again, then whoever holds messages is told', () => {
    const { admission, see } = anAdmission()
    let told = 0
    admission.onRoom(() => {
      told += 1
    })
    see({})
    see({})
    expect(told).toBe(2)
  })

  test('when orders wait for room, then it tells for how long; when they do not, then zero', () => {
    const { admission, see, pass } = anAdmission()
    admission.assigned(4)
    for (let n = 0; n < 10; n += 1) {
      see({ stage: [0, 50] })
      taken(admission)
      pass(500)
    }
    expect(admission.readings().closedSeconds).toBe(5)
    see({ stage: [50, 50] })
    pass(3_000)
    expect(admission.readings().closedSeconds).toBe(0)
    see({ stage: [50, 90] })
    taken(admission)
    pass(1_000)
    expect(admission.readings().closedSeconds).toBe(1)
  })
})

describe('given the door', () => {
  test('when orders are expected to wait longer than its limit, then it says when to come again', () => {
    const { admission, see, pass } = anAdmission()
    for (let n = 0; n < 20; n += 1) {
      see({ orders: [n * 10, n * 10 + 500] })
      pass(500)
    }
    expect(admission.turnAway()).toBe(25)
    expect(admission.turnAway()).toBe(25)
    expect(admission.readings()).toMatchObject({ shed: 2, waitSeconds: 25 })
  })

  test('when the wait is within its limit, then it is open', () => {
    const { admission, see, pass } = anAdmission()
    for (let n = 0; n < 20; n += 1) {
      see({ orders: [n * 10, n * 10 + 150] })
      pass(500)
    }
    expect(admission.turnAway()).toBeUndefined()
    expect(admission.readings()).toMatchObject({ shed: 0, waitSeconds: 7.5 })
  })

  test('when nothing is taken at all, then it names a time that people wait for', () => {
    const { admission, see, pass } = anAdmission()
    for (let n = 0; n < 20; n += 1) {
      see({ orders: [0, 500] })
      pass(500)
    }
    expect(admission.turnAway()).toBe(120)
  })
})
