import type { OffsetsByTopicPartition } from 'kafkajs'
import { pino } from 'pino'
import { expect, test, vi } from 'vitest'
import { makeOffsets } from './offsets.ts'

const log = pino({ level: 'silent' })
const soon = { timeout: 5_000 }

/** Offsets whose first commits fail. */
function given(failures: number) {
  const committed: OffsetsByTopicPartition[] = []
  let tries = 0
  const offsets = makeOffsets(async (these) => {
    if (tries++ < failures) throw new Error('away')
    committed.push(these)
  }, log)
  const moved = (partition: number, offset: string, topic = 't') =>
    offsets.moved({ topic, partition, offset })
  return { offsets, moved, committed }
}

test('what moved is committed together, each partition as far as it came', async () => {
  const { moved, committed } = given(0)
  moved(0, '5')
  moved(1, '7')
  moved(0, '6')
  moved(0, '1', 'u')
  await vi.waitFor(() => expect(committed).toHaveLength(1), soon)
  expect(committed[0]?.topics).toEqual([
    {
      topic: 't',
      partitions: [
        { partition: 0, offset: '6' },
        { partition: 1, offset: '7' },
      ],
    },
    { topic: 'u', partitions: [{ partition: 0, offset: '1' }] },
  ])
})

test('a commit that failed is tried again, though nothing follows', async () => {
  const { moved, committed } = given(1)
  moved(0, '5')
  await vi.waitFor(() => expect(committed).toHaveLength(1), soon)
  expect(committed[0]?.topics).toEqual([
    { topic: 't', partitions: [{ partition: 0, offset: '5' }] },
  ])
})

test('what the group took away is not committed any more', async () => {
  const { offsets, moved, committed } = given(0)
  moved(0, '5')
  offsets.forget()
  moved(1, '2')
  await offsets.flush()
  expect(committed).toEqual([
    { topics: [{ topic: 't', partitions: [{ partition: 1, offset: '2' }] }] },
  ])
})

test('the last commit is tried once', async () => {
  const { offsets, moved, committed } = given(2)
  moved(0, '5')
  await offsets.flush()
  expect(committed).toEqual([])
})
