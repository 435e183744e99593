import { createRequire } from 'node:module'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { runnerOn } from './kafka-runner.fixtures.ts'
import { leanFetches, withNews } from './lean-fetch.ts'

// kafkajs's own module, without types
const Batch = createRequire(import.meta.url)('kafkajs/src/consumer/batch')

/** A batch of one message, as kafkajs makes it. */
function batchOf(partition: number) {
  const messages = [{ offset: '0', key: null, value: null }]
  return new Batch('t', '0', { partition, highWatermark: '1', messages, abortedTransactions: [] })
}

test('given an answer, then what says nothing is left out of it, and nothing else', () => {
  const empty = { partition: 0, messages: [], preferredReadReplica: -1 }
  const elsewhere = { partition: 1, messages: [], preferredReadReplica: 2 }
  const control = { partition: 2, messages: [{ offset: '7', isControlRecord: true }] }
  const older = { partition: 3, messages: [], preferredReadReplica: null }
  const answer = {
    clientSideThrottleTime: 5,
    responses: [
      { topicName: 'a', partitions: [empty, elsewhere, control, older] },
      { topicName: 'b', partitions: [empty] },
    ],
  }
  expect(withNews(answer)).toEqual({
    clientSideThrottleTime: 5,
    responses: [
      { topicName: 'a', partitions: [elsewhere, control] },
      { topicName: 'b', partitions: [] },
    ],
  })
})

test('given batches of one fetch, then all are in hand at once, no more workers wake up, and the next fetch follows the last', async () => {
  leanFetches()
  const ends: (() => void)[] = []
  const brought = [[0, 1, 2].map(batchOf)]
  const fetch = vi.fn(async () => brought.shift() ?? pause(25, []))
  const eachBatch = () => new Promise<void>((resolve) => void ends.push(resolve))
  const { runner } = runnerOn({ nodes: ['1'], fetch }, { concurrency: 8, eachBatch })
  await runner.start()
  await vi.waitFor(() => expect(ends).toHaveLength(3))
  const workers = runner.fetchManager.getFetchers()[0].getWorkerQueue().getWorkers()
  const woken = vi.spyOn(workers[3], 'run')
  ends[0]?.()
  await new Promise((resolve) => setImmediate(resolve))
  expect(fetch).toHaveBeenCalledTimes(1)
  for (const end of ends) end()
  await vi.waitFor(() => expect(fetch.mock.calls.length).toBeGreaterThan(1))
  brought.push([batchOf(4)])
  await vi.waitFor(() => expect(ends).toHaveLength(4))
  expect(woken).not.toHaveBeenCalled()
  ends[3]?.()
  await runner.stop()
})

test('given more batches than workers, then the rest are taken as workers are free', async () => {
  leanFetches()
  const brought = [[0, 1, 2].map(batchOf)]
  const fetch = async () => brought.shift() ?? pause(25, [])
  const taken = vi.fn(async () => undefined)
  const { runner } = runnerOn({ nodes: ['1'], fetch }, { concurrency: 2, eachBatch: taken })
  await runner.start()
  await vi.waitFor(() => expect(taken).toHaveBeenCalledTimes(3))
  await runner.stop()
})

test('given a batch that fails, then its loop is told once all have ended', async () => {
  leanFetches()
  const brought = [[batchOf(0), batchOf(1)]]
  const fetch = vi.fn(async () => brought.shift() ?? pause(25, []))
  const ends: (() => void)[] = []
  const eachBatch = vi
    .fn(() => new Promise<void>((resolve) => void ends.push(resolve)))
    .mockRejectedValueOnce(new Error('defect'))
  const { runner, crashes } = runnerOn({ nodes: ['1'], fetch }, { concurrency: 2, eachBatch })
  await runner.start()
  await vi.waitFor(() => expect(eachBatch).toHaveBeenCalledTimes(2))
  await pause(50)
  expect(fetch).toHaveBeenCalledTimes(1)
  ends[0]?.()
  // the runner tries its loop again
  await vi.waitFor(() => expect(fetch.mock.calls.length).toBeGreaterThan(1))
  expect(crashes).toEqual([])
  await runner.stop()
})
