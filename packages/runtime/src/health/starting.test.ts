import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Starting } from './starting.ts'

const away = () => Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

function start(signal?: AbortSignal) {
  const lines: string[] = []
  return { lines, starting: new Starting((line) => lines.push(line), signal ? { signal } : {}) }
}

describe('a start', () => {
  test('given that all is there, then it says nothing', async () => {
    const { lines, starting } = start()
    expect(await starting.step('kafka', async () => 1)).toBe(1)
    expect(lines).toEqual([])
  })

  test('given what passes, then it waits, says so when it begins, every ten seconds, and when it is over', async () => {
    const { lines, starting } = start()
    const until = Date.now() + 25_000
    const act = vi.fn(async () => {
      if (Date.now() < until) throw away()
      return 'there'
    })
    const step = starting.step('kafka', act)
    await vi.advanceTimersByTimeAsync(1_000)
    expect(starting.waiting()).toBe('waiting for kafka: connect ECONNREFUSED')
    await vi.advanceTimersByTimeAsync(40_000)
    expect(await step).toBe('there')
    expect(starting.waiting()).toBeUndefined()
    expect(lines).toEqual([
      'waiting for kafka: connect ECONNREFUSED',
      'waiting for kafka after 10 s: connect ECONNREFUSED',
      'waiting for kafka after 20 s: connect ECONNREFUSED',
      expect.stringMatching(/^kafka is there after 2\d s$/),
    ])
    // no faster than the backoff allows: 0.2, 0.4, … 5 s
    expect(act.mock.calls.length).toBeLessThan(12)
  })

  test('given a first attempt that hangs, then that is told of', async () => {
    const { lines, starting } = start()
    const step = starting.step(
      'mongodb',
      () => new Promise<void>((resolve) => setTimeout(resolve, 12_000)),
    )
    await vi.advanceTimersByTimeAsync(12_000)
    await step
    expect(lines).toEqual([
      'waiting for mongodb after 10 s: no answer yet',
      'mongodb is there after 12 s',
    ])
  })

  test('given what does not pass, then it ends at once with that', async () => {
    const { lines, starting } = start()
    const wrong = new Error('Authentication failed')
    const act = vi.fn(async () => Promise.reject(wrong))
    await expect(starting.step('mongodb', act)).rejects.toBe(wrong)
    expect(act).toHaveBeenCalledTimes(1)
    expect(lines).toEqual([])
    expect(starting.waiting()).toBeUndefined()
  })

  test('given a part of it that waits, then the whole says so, under its name', async () => {
    const { lines, starting } = start()
    const until = Date.now() + 1_000
    const step = starting.of('intake').step('kafka', async () => {
      if (Date.now() < until) throw away()
    })
    await vi.advanceTimersByTimeAsync(100)
    expect(starting.waiting()).toBe('waiting for kafka: connect ECONNREFUSED')
    expect(lines).toEqual(['intake: waiting for kafka: connect ECONNREFUSED'])
    await vi.advanceTimersByTimeAsync(5_000)
    await step
    expect(starting.waiting()).toBeUndefined()
  })

  test('given that it is given up, then the wait ends', async () => {
    const stop = new AbortController()
    const { starting } = start(stop.signal)
    const step = starting.step('kafka', async () => Promise.reject(away()))
    const ended = expect(step).rejects.toThrow()
    await vi.advanceTimersByTimeAsync(1_000)
    stop.abort()
    await ended
    expect(starting.waiting()).toBeUndefined()
  })
})
