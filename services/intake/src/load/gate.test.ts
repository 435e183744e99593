import { describe, expect, test } from 'vitest'
import { type Gate, makeGate } from './gate.ts'
import type { Sample } from './judge-load.ts'

const limits = { digestMs: 1_500, atLeast: 10, waitMs: 10_000 }

/** A gate whose clock and samples the test moves. */
function aGate() {
  let at = 0
  const gate = makeGate('orders', limits, () => at)
  return {
    gate,
    pass(ms: number) {
      at += ms
    },
    see(
      { stage = [0, 0], orders = [0, 0] }: { stage?: number[]; orders?: number[] },
      mark?: number,
    ) {
      const progress = ([done = 0, end = 0]: number[]) => ({ done, end })
      const sample: Sample = { at, stages: [progress(stage)], orders: progress(orders) }
      gate.sampled(sample, 4, mark ?? gate.begin())
    },
  }
}

/** How many of so many are granted. */
function taken(gate: Gate, wanted = 1_000): number {
  let count = 0
  while (count < wanted && gate.grant()) count += 1
  return count
}

describe('given a gate of intake', () => {
  test('when nothing was ever seen, then everything is taken', () => {
    expect(taken(aGate().gate)).toBe(1_000)
  })

  test('when it stops seeing for half a minute, then it opens', () => {
    const { gate, see, pass } = aGate()
    gate.assigned(4)
    see({ stage: [0, 50] })
    expect(taken(gate)).toBe(0)
    pass(30_001)
    expect(taken(gate)).toBe(1_000)
  })

  test('when it grants, then what was granted counts until a sample began after it ended', () => {
    const { gate, see } = aGate()
    gate.assigned(4)
    see({})
    expect(taken(gate, 6)).toBe(6)
    const mark = gate.begin()
    gate.taken(6)
    see({ stage: [0, 0] }, mark)
    expect(taken(gate)).toBe(4)
    gate.taken(4)
    see({ stage: [0, 7] })
    expect(taken(gate)).toBe(3)
  })

  test('when stages go on as they did, then what they digest makes room before the next sample', () => {
    const { gate, see, pass } = aGate()
    gate.assigned(4)
    for (let n = 0; n < 10; n += 1) {
      see({ stage: [n * 10, n * 10 + 10] })
      pass(500)
    }
    see({ stage: [100, 130] })
    expect(taken(gate)).toBe(0)
    pass(300)
    expect(taken(gate)).toBe(6)
    pass(5_000)
    expect(taken(gate)).toBe(14)
  })

  test('when it ticks while orders wait, then whoever holds them is told', () => {
    const { gate, see, pass } = aGate()
    gate.assigned(4)
    see({ stage: [0, 50] })
    taken(gate)
    let told = 0
    gate.onRoom(() => {
      told += 1
    })
    gate.tick()
    pass(3_001)
    gate.tick()
    expect(told).toBe(1)
  })

  test('when it has a part of the partitions, then it takes that part of the room', () => {
    const { gate, see } = aGate()
    gate.assigned(2)
    see({})
    expect(taken(gate)).toBe(5)
  })

  test('when there may be room again, then whoever holds messages is told', () => {
    const { gate, see } = aGate()
    let told = 0
    gate.onRoom(() => {
      told += 1
    })
    see({})
    see({})
    expect(told).toBe(2)
  })

  test('when orders wait for room, then it tells for how long; when they do not, then zero', () => {
    const { gate, see, pass } = aGate()
    gate.assigned(4)
    for (let n = 0; n < 10; n += 1) {
      see({ stage: [0, 50] })
      taken(gate)
      pass(500)
    }
    expect(gate.readings().closedSeconds).toBe(5)
    see({ stage: [50, 50] })
    pass(3_000)
    expect(gate.readings().closedSeconds).toBe(0)
    see({ stage: [50, 90] })
    taken(gate)
    pass(1_000)
    expect(gate.readings().closedSeconds).toBe(1)
  })
})

describe('given the door', () => {
  test('when orders are expected to wait longer than its limit, then it says when to come again', () => {
    const { gate, see, pass } = aGate()
    for (let n = 0; n < 20; n += 1) {
      see({ orders: [n * 10, n * 10 + 500] })
      pass(500)
    }
    expect(gate.turnAway()).toBe(25)
    expect(gate.turnAway()).toBe(25)
    expect(gate.readings()).toMatchObject({ shed: 2, waitSeconds: 25 })
  })

  test('when the wait is within its limit, then it is open', () => {
    const { gate, see, pass } = aGate()
    for (let n = 0; n < 20; n += 1) {
      see({ orders: [n * 10, n * 10 + 150] })
      pass(500)
    }
    expect(gate.turnAway()).toBeUndefined()
    expect(gate.readings()).toMatchObject({ shed: 0, waitSeconds: 7.5 })
  })

  test('when nothing is taken at all, then it names a time that people wait for', () => {
    const { gate, see, pass } = aGate()
    for (let n = 0; n < 20; n += 1) {
      see({ orders: [0, 500] })
      pass(500)
    }
    expect(gate.turnAway()).toBe(120)
  })
})
