import type { EachBatchPayload, KafkaMessage } from 'kafkajs'
import { describe, expect, test } from 'vitest'
import { type AdmissionControl, AdmissionQueue, type Handled } from './admission.ts'

/** A queue with so much room at first, whose partitions and handler the test watches. */
function aQueue(room: number, answer: () => Handled = () => 'taken') {
  let onRoom: () => void = () => {}
  let left = room
  let inHand = 0
  const taken: string[] = []
  const paused = new Set<number>()
  const admission: AdmissionControl = {
    topic: 'orders',
    grant() {
      if (left === 0) return false
      left -= 1
      inHand += 1
      return true
    },
    taken(count) {
      inHand -= count
    },
    assigned() {},
    onRoom(listener) {
      onRoom = listener
    },
    readings: () => ({ closedSeconds: 0, waitSeconds: 0, shed: 0 }),
  }
  const queue = new AdmissionQueue(admission, async ({ batch }, messages) => {
    for (const { offset } of messages) taken.push(`${batch.partition}/${offset}`)
    return answer()
  })
  return {
    ...{ queue, taken, paused },
    inHand: () => inHand,
    async open(more: number) {
      left += more
      onRoom()
      await new Promise((resolve) => setImmediate(resolve))
    },
    /** Messages with these append times. */
    batch(partition: number, ...times: number[]): EachBatchPayload {
      const messages = times.map((time, n) => ({ offset: String(n), timestamp: String(time) }))
      const pause = () => {
        paused.add(partition)
        return () => paused.delete(partition)
      }
      // of a payload, a queue looks at these only
      return {
        batch: { topic: 'orders', partition, messages: messages as KafkaMessage[] },
        pause,
      } as unknown as EachBatchPayload
    },
  }
}

describe('given a topic with admission control', () => {
  test('when there is room for all, then all are taken and no partition stays paused', async () => {
    const { queue, batch, taken, paused, inHand } = aQueue(10)
    await Promise.all([queue.add(batch(0, 1, 2)), queue.add(batch(1, 3))])
    expect(taken).toEqual(['0/0', '0/1', '1/0'])
    expect([...paused]).toEqual([])
    expect(inHand()).toBe(0)
  })

  test('when there is less, then the oldest go first, and partitions with messages left are paused', async () => {
    const { queue, batch, taken, paused } = aQueue(3)
    await Promise.all([
      queue.add(batch(0, 10, 40)),
      queue.add(batch(1, 20, 30)),
      queue.add(batch(2, 50)),
    ])
    expect(taken).toEqual(['0/0', '1/0', '1/1'])
    expect([...paused]).toEqual([0, 2])
  })

  test('when room comes, then what is held is taken in order, without being fetched again', async () => {
    const { queue, batch, taken, paused, open } = aQueue(0)
    await queue.add(batch(0, 1, 2, 3))
    expect(taken).toEqual([])
    await open(2)
    expect(taken).toEqual(['0/0', '0/1'])
    expect([...paused]).toEqual([0])
    await open(5)
    expect(taken).toEqual(['0/0', '0/1', '0/2'])
    expect([...paused]).toEqual([])
  })

  test('when a slice was left, then the rest is let go and the partition is fetched again', async () => {
    const { queue, batch, taken, paused, open, inHand } = aQueue(1, () => 'left')
    await queue.add(batch(0, 1, 2, 3))
    expect([...paused]).toEqual([])
    expect(inHand()).toBe(0)
    await open(5)
    expect(taken).toEqual(['0/0'])
  })

  test('when whoever handles paused the partition, then it stays so until they resume it', async () => {
    const { queue, batch, taken, paused, open } = aQueue(1, () => 'paused')
    await queue.add(batch(0, 1, 2, 3))
    await open(5)
    expect(taken).toEqual(['0/0'])
    expect([...paused]).toEqual([0])
  })

  test('when the group is joined again, then what is held is let go', async () => {
    const { queue, batch, taken, paused, open } = aQueue(0)
    await queue.add(batch(0, 1, 2, 3))
    queue.drop()
    await open(5)
    expect(taken).toEqual([])
    expect([...paused]).toEqual([])
  })

  test('when it stops, then nothing more is taken', async () => {
    const { queue, batch, taken, open } = aQueue(0)
    await queue.add(batch(0, 1, 2, 3))
    await queue.stop()
    await open(5)
    expect(taken).toEqual([])
  })
})
