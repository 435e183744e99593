import type { Admin, Kafka } from 'kafkajs'
import { pino } from 'pino'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { Backlog } from './backlog.ts'

/** A broker with one topic of two partitions; `committed` may change while it is asked. */
function given(committed: [string, string], ends: [string, string] = ['5', '0']) {
  let fails = 0
  let asked = 0
  const partitions = () => committed.map((offset, partition) => ({ partition, offset }))
  const admin = {
    connect: async () => {
      if (fails-- > 0) throw new Error('away')
    },
    disconnect: async () => undefined,
    fetchTopicOffsets: async () =>
      ends.map((high, partition) => ({ partition, offset: high, high, low: '0' })),
    fetchOffsets: async () => {
      asked += 1
      return [{ topic: 't', partitions: partitions() }]
    },
  }
  // Only what is asked of it.
  const kafka = { admin: () => admin as unknown as Admin } satisfies Pick<Kafka, 'admin'>
  const open = (away = 0, holdMs = 60_000) => {
    fails = away
    const log = pino({ level: 'silent' })
    const backlog = new Backlog({ kafka, group: 'g', topics: ['t'], log, holdMs })
    onTestFinished(() => backlog.stop())
    return backlog
  }
  return { open, committed, asked: () => asked }
}

const soon = { timeout: 5_000 }

describe('a backlog', () => {
  test('is read once the group has read what was there at the start', async () => {
    const { open, committed } = given(['3', '-1'])
    const backlog = open()
    await vi.waitFor(() => expect(backlog.isRead).toBe(false))
    committed[0] = '5'
    await vi.waitFor(() => expect(backlog.isRead).toBe(true), soon)
  })

  test('that is none holds nothing up, even of a new group', async () => {
    const { open } = given(['-1', '-1'], ['0', '0'])
    const backlog = open()
    await vi.waitFor(() => expect(backlog.isRead).toBe(true), soon)
  })

  test('is looked for until the broker answers', async () => {
    const { open } = given(['5', '-1'])
    const backlog = open(2)
    await vi.waitFor(() => expect(backlog.isRead).toBe(true), soon)
  })

  test('that is long is waited for as long as the group reads on, and then for a while', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    onTestFinished(() => void vi.useRealTimers())
    const { open, committed, asked } = given(['0', '-1'], ['100', '0'])
    const backlog = open(0, 60_000)
    const later = async (seconds: number) => {
      vi.setSystemTime(Date.now() + seconds * 1_000)
      const before = asked()
      await vi.waitFor(() => expect(asked()).toBeGreaterThan(before + 1), soon)
    }
    for (const read of [10, 20, 30]) {
      committed[0] = String(read)
      await later(50)
      expect(backlog.isRead).toBe(false)
    }
    vi.setSystemTime(Date.now() + 70_000)
    await vi.waitFor(() => expect(backlog.isRead).toBe(true), soon)
  }, 20_000)
})
