import { topicFor } from '@prooftrail/contracts'
import { makeLog } from '@prooftrail/runtime'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { anAdmissionAt } from './admission.fixtures.ts'
import { type Standings, watchLoad } from './watch-load.ts'

const log = makeLog('intake', 'silent')
const now = () => performance.now()
const limits = { digestMs: 1_500, atLeast: 10, waitMs: 10_000 }

/** Every topic ends at offset 8 in each of two partitions; groups have committed what is given. */
function standings(committed: (group: string, topic: string) => number): Standings {
  return {
    committed: async (group, topics) =>
      new Map(topics.map((topic) => [topic, new Map([[0, committed(group, topic)]])])),
    bounds: async () =>
      new Map([
        [0, { low: 0, high: 8 }],
        [1, { low: 8, high: 8 }],
      ]),
    close: async () => {},
  }
}

async function roomOf(of: Standings): Promise<number> {
  const admission = anAdmissionAt(now, limits)
  admission.assigned(2)
  const watch = await watchLoad(admission, of, { log, now })
  onTestFinished(() => watch.stop())
  let room = 0
  while (room < 100 && admission.grant('agent-1', 0)) room += 1
  return room
}

describe('given where groups and topics stand', () => {
  test('when all is done, then there is room before the first order is taken', async () => {
    expect(await roomOf(standings(() => 8))).toBe(10)
  })

  test.each([
    ['prooftrail.receipt', 'work-order.accepted'],
    ['prooftrail.dispatch', 'credits.held'],
    ['prooftrail.receipt', 'result.accepted'],
    ['prooftrail.callback', 'usage-receipt.issued'],
    ['prooftrail.attestation', 'callback.attempted'],
  ] as const)('when %s lags on %s, then so much less is taken', async (group, name) => {
    const lagging = (one: string, topic: string) =>
      one === group && topic === topicFor(name) ? 5 : 8
    expect(await roomOf(standings(lagging))).toBe(7)
  })

  test('when results wait of which nothing is known yet, then they are nobody’s load', async () => {
    const lagging = (_: string, topic: string) => (topic === topicFor('result.produced') ? 5 : 8)
    expect(await roomOf(standings(lagging))).toBe(10)
  })

  test('when a group has not committed anything yet, then it begins at the beginning', async () => {
    const fresh = (group: string) => (group === 'prooftrail.callback' ? -1 : 8)
    expect(await roomOf(standings(fresh))).toBe(2)
  })

  test('when a transaction ended on the topic of orders, then its offset is nobody’s wait', async () => {
    const admission = anAdmissionAt(now, limits)
    const marker = standings((group) => (group === 'prooftrail.intake' ? 0 : 8))
    const watch = await watchLoad(admission, marker, { log, now })
    onTestFinished(() => watch.stop())
    expect(admission.readings()).toMatchObject({ waitSeconds: 0, waiting: 0 })
    expect(admission.turnAway()).toBeUndefined()
  })

  test('when Kafka does not tell, then nothing is held back', async () => {
    const away: Standings = {
      ...standings(() => 0),
      committed: () => Promise.reject(new Error('not authorized')),
    }
    expect(await roomOf(away)).toBe(100)
  })

  test('when Kafka tells again, then it is asked over a new connection and admission control grants no more than its room again', async () => {
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    const admission = anAdmissionAt(now, limits)
    admission.assigned(2)
    let isAway = true
    let closed = 0
    const told = standings(() => 8)
    const flaky: Standings = {
      ...told,
      committed: (...asked) =>
        isAway ? Promise.reject(new Error('away')) : told.committed(...asked),
      close: async () => {
        closed += 1
      },
    }
    const watch = await watchLoad(admission, flaky, { log, now })
    expect(closed).toBe(1)
    isAway = false
    await vi.advanceTimersByTimeAsync(2_000)
    let room = 0
    while (room < 100 && admission.grant('agent-1', 0)) room += 1
    expect(room).toBe(10)
    await watch.stop()
    expect(closed).toBe(2)
  })
})
