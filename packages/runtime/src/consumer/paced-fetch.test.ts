import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, test, vi } from 'vitest'
import { runnerOn } from './kafka-runner.fixtures.ts'
import { paceFetches } from './paced-fetch.ts'

describe('a fetch loop', () => {
  test('given a stop while fetchers are made anew because a broker went, then it ends', async () => {
    paceFetches()
    const group = {
      nodes: ['1', '2'],
      // the second broker holds its fetch while the first one's has ended
      fetch: (nodeId: string) => pause(nodeId === '1' ? 10 : 200, []),
    }
    const { runner, crashes, left } = runnerOn(group)
    await runner.start()
    await pause(30)
    group.nodes = ['1']
    // the first broker's next fetch meets the change and waits for the second one's
    await pause(40)
    await runner.stop()
    expect(left).toHaveBeenCalledTimes(1)
    expect(crashes).toEqual([])
  })

  test('given fetches that bring nothing at once, then they are paced', async () => {
    paceFetches()
    const fetch = vi.fn(async () => pause(0, []))
    const { runner } = runnerOn({ nodes: ['1'], fetch })
    await runner.start()
    await pause(1_000)
    await runner.stop()
    // ten by chance, then 10, 20, 40, … ms apart; a slow one of a busy machine begins anew
    expect(fetch.mock.calls.length).toBeGreaterThan(10)
    expect(fetch.mock.calls.length).toBeLessThan(100)
  })

  test('given fetches that wait for what comes, then none is held up', async () => {
    paceFetches()
    const fetch = vi.fn(() => pause(25, []))
    const { runner } = runnerOn({ nodes: ['1'], fetch })
    await runner.start()
    await vi.waitFor(() => expect(fetch.mock.calls.length).toBeGreaterThan(20), 2_000)
    await runner.stop()
  })
})
