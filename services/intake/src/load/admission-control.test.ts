import { FairTurns } from '@prooftrail/runtime'
import { describe, expect, test } from 'vitest'
import { anAdmissionAt, GENEROUS } from './admission.fixtures.ts'
import type { OrderAdmission } from './admission-control.ts'
import type { QuotaLimits } from './quotas.ts'

const limits = { digestMs: 1_500, atLeast: 10, waitMs: 10_000 }

/** Admission control whose clock and samples the test moves. */
function anAdmission(quotas: Partial<QuotaLimits> = {}) {
  let at = 0
  const turns = new FairTurns<number>()
  const admission = anAdmissionAt(() => at, limits, { ...GENEROUS, ...quotas }, turns)
  return {
    admission,
    /** So many orders of an agent wait for their turn. */
    wait(agent: string, count: number) {
      for (let n = 0; n < count; n += 1) turns.add({ sender: agent, at: n, bytes: 100, item: n })
    },
    pass(ms: number) {
      at += ms
    },
    see({ stage: [done = 0, end = 0] = [] }: { stage?: number[] }, mark?: number) {
      admission.sampled({ at, stages: [{ done, end }] }, 4, mark ?? admission.begin())
    },
  }
}

/** How many of so many are granted. */
function taken(admission: OrderAdmission, wanted = 1_000): number {
  let count = 0
  while (count < wanted && admission.grant('agent-1', 100)) count += 1
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
    const { admission, wait } = anAdmission()
    let told = 0
    admission.onRoom(() => {
      told += 1
    })
    admission.tick()
    expect(told).toBe(0)
    wait('agent-1', 1)
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
  /** No room for ten seconds, in which 20 orders a second were taken. */
  function busy(quotas: Partial<QuotaLimits> = {}) {
    const made = anAdmission(quotas)
    made.admission.assigned(4)
    for (let n = 0; n < 20; n += 1) {
      made.see({ stage: [0, 50] })
      taken(made.admission)
      made.admission.taken(10)
      made.pass(500)
    }
    return made
  }

  test('when orders of one agent wait, then it alone is told when to come again', () => {
    const { admission, wait } = busy()
    wait('agent-1', 500)
    expect(admission.turnAwayAgent('agent-1')).toEqual({ code: 'PT-1062', seconds: 25 })
    expect(admission.turnAway()).toBeUndefined()
    expect(admission.turnAwayAgent('agent-2')).toBeUndefined()
    expect(admission.readings()).toMatchObject({ shed: 1, waiting: 500 })
  })

  test('when so many agents wait that anybody would, then it says so before it reads', () => {
    const { admission, wait } = busy()
    for (let n = 0; n < 500; n += 1) wait(`agent-${n}`, 1)
    expect(admission.turnAway()).toBe(25)
    expect(admission.readings()).toMatchObject({ shed: 1, waitSeconds: 25 })
  })

  test('when the wait is within its limit, then it is open', () => {
    const { admission, wait } = busy()
    wait('agent-1', 150)
    expect(admission.turnAwayAgent('agent-1')).toBeUndefined()
    expect(admission.readings()).toMatchObject({ shed: 0 })
  })

  test('when nothing is taken at all, then it names a time that people wait for', () => {
    const { admission, see, pass, wait } = anAdmission()
    admission.assigned(4)
    wait('agent-1', 500)
    for (let n = 0; n < 20; n += 1) {
      see({ stage: [0, 50] })
      taken(admission)
      pass(500)
    }
    expect(admission.turnAway()).toBe(120)
  })

  test('when nothing waits, then it is open, however long there was no room', () => {
    const { admission } = busy()
    expect(admission.turnAway()).toBeUndefined()
    expect(admission.turnAwayAgent('agent-1')).toBeUndefined()
    expect(admission.readings().waitSeconds).toBe(0)
  })

  test('when an agent has used its quota up, then it alone is sent away, with a code of its own', () => {
    const { admission, pass } = anAdmission({ ordersPerMinute: 60 })
    for (let n = 0; n < 62; n += 1) admission.refused('agent-1', 10, `signature ${n}`)
    expect(admission.turnAwayAgent('agent-1')).toEqual({ code: 'PT-1064', seconds: 3 })
    expect(admission.turnAwayAgent('agent-2')).toBeUndefined()
    expect(admission.mayServe('agent-1')).toBe(false)
    pass(3_100)
    expect(admission.turnAwayAgent('agent-1')).toBeUndefined()
  })

  test('when anybody sends a refused order again and again, then its agent pays for it once', () => {
    const { admission } = anAdmission({ ordersPerMinute: 60 })
    for (let n = 0; n < 1_000; n += 1) admission.refused('agent-1', 10, 'the same signature')
    expect(admission.turnAwayAgent('agent-1')).toBeUndefined()
    expect(admission.mayServe('agent-1')).toBe(true)
  })

  test('when as many orders of an agent wait as may, then the next is refused, and at the door sent away', () => {
    const { admission, wait } = anAdmission({ waitingOrders: 3 })
    wait('agent-1', 3)
    const all = { count: 3, bytes: 300, senders: 1 }
    expect(admission.refusal('agent-1', { count: 3, bytes: 300 }, all)?.code).toBe('PT-1065')
    expect(admission.refusal('agent-2', { count: 0, bytes: 0 }, all)).toBeUndefined()
    expect(admission.turnAwayAgent('agent-1')).toEqual({ code: 'PT-1064', seconds: 1 })
  })

  test('when all together hold too much, then only who holds more than its share is refused', () => {
    const { admission } = anAdmission()
    const all = { count: 100, bytes: 1e9, senders: 4 }
    expect(admission.refusal('agent-1', { count: 90, bytes: 9e8 }, all)?.code).toBe('PT-1065')
    expect(admission.refusal('agent-2', { count: 1, bytes: 1e6 }, all)).toBeUndefined()
  })
})
