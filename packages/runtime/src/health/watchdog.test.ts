import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Watchdog } from './watchdog.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

/** Watches a loop that turns as often a second, in a process that takes this share of a core. */
function watch(loop: { turns: number; progress: number }, share: number) {
  const lines: { code?: string; level: number }[] = []
  const log = pino({ level: 'info' }, { write: (line: string) => lines.push(JSON.parse(line)) })
  const begun = performance.now()
  const seconds = () => (performance.now() - begun) / 1_000
  vi.spyOn(process, 'cpuUsage').mockImplementation(() => ({
    user: seconds() * share * 1_000_000,
    system: 0,
  }))
  let stopped: number | undefined
  const turning = {
    turns: () => ({
      turns: loop.turns * (stopped ?? seconds()),
      progress: loop.progress * (stopped ?? seconds()),
    }),
  }
  const watchdog = new Watchdog([turning], log)
  return {
    watchdog,
    lines,
    end() {
      stopped = seconds()
    },
  }
}

describe('the watchdog', () => {
  test('given a loop that turns without doing anything, then it is told once, and that it is over', async () => {
    const { watchdog, lines, end } = watch({ turns: 20_000, progress: 0 }, 0.99)
    await vi.advanceTimersByTimeAsync(40_000)
    expect(watchdog.spinningMs).toBeGreaterThan(30_000)
    expect(lines).toEqual([expect.objectContaining({ code: 'PT-9035', level: 50 })])
    end()
    await vi.advanceTimersByTimeAsync(2_000)
    expect(watchdog.spinningMs).toBe(0)
    expect(lines.map(({ level }) => level)).toEqual([50, 40])
    await watchdog.stop()
  })

  test('given a loop that waits in long polls, then nothing is told', async () => {
    const { watchdog, lines } = watch({ turns: 6, progress: 0 }, 0.01)
    await vi.advanceTimersByTimeAsync(40_000)
    expect(watchdog.spinningMs).toBe(0)
    expect(lines).toEqual([])
    await watchdog.stop()
  })
})
