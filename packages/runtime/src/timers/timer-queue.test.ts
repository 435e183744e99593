import { describe, expect, it } from 'vitest'
import { TimerQueue } from './timer-queue.ts'

describe('timers', () => {
  it('given times that moved, were put off or removed, then only what is due now is taken', () => {
    const timers = new TimerQueue()
    timers.set('moved', '2026-01-01T00:00:01.000Z')
    timers.set('moved', '2026-01-01T00:00:09.000Z')
    timers.set('gone', '2026-01-01T00:00:01.000Z')
    timers.set('gone', undefined)
    timers.set('put off', '2026-01-01T00:00:01.000Z', '2026-01-01T00:00:05.000Z')
    timers.set('due', '2026-01-01T00:00:02.000Z')
    expect(timers.take('2026-01-01T00:00:02.000Z', 10).map(({ id }) => id)).toEqual(['due'])
    const later = timers.take('2026-01-01T00:00:09.000Z', 10)
    expect(later.map(({ id, at }) => `${id} ${at}`)).toEqual([
      'put off 2026-01-01T00:00:01.000Z',
      'moved 2026-01-01T00:00:09.000Z',
    ])
    expect(timers.size).toBe(0)
  })

  it('given many moves, then memory holds little more than what is live', () => {
    const timers = new TimerQueue()
    for (let n = 0; n < 10_000; n += 1) timers.set('one', new Date(n).toISOString())
    expect(timers.take(new Date(20_000).toISOString(), 10)).toHaveLength(1)
  })
})
