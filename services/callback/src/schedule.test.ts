import { describe, expect, test } from 'vitest'
import { GAPS_MS, MAX_ATTEMPTS, nextAttemptAt, parseRetryAfter } from './schedule.ts'

const ENDED = '2026-01-01T00:00:00.000Z'
const HOUR = 3_600_000

const waitAfter = (attempt: number, answer = {}, id = 'cb_a') =>
  Date.parse(nextAttemptAt(id, attempt, ENDED, answer) ?? '') - Date.parse(ENDED)

describe('the schedule', () => {
  test('ten attempts take about 75 hours', () => {
    expect(MAX_ATTEMPTS).toBe(10)
    const hours = GAPS_MS.reduce((sum, gap) => sum + gap, 0) / HOUR
    expect(hours).toBeGreaterThan(75)
    expect(hours).toBeLessThan(76)
  })

  test.each(GAPS_MS.map((gap, i) => [i + 1, gap]))(
    'attempt %i is followed after %i ms, give or take a tenth',
    (attempt, gap) => {
      expect(waitAfter(attempt)).toBeGreaterThanOrEqual(gap * 0.9)
      expect(waitAfter(attempt)).toBeLessThanOrEqual(gap * 1.1)
    },
  )

  test('nothing follows the tenth', () => {
    expect(nextAttemptAt('cb_a', 10, ENDED)).toBeUndefined()
  })

  test('a deployment that names other gaps has as many attempts as gaps, and one', () => {
    const next = (attempt: number) => nextAttemptAt('cb_a', attempt, ENDED, {}, [1_000, 2_000])
    expect(Date.parse(next(2) ?? '') - Date.parse(ENDED)).toBeGreaterThanOrEqual(1_800)
    expect(Date.parse(next(2) ?? '') - Date.parse(ENDED)).toBeLessThanOrEqual(2_200)
    expect(next(3)).toBeUndefined()
  })

  test('jitter: the same callback always waits the same, others differ', () => {
    expect(waitAfter(3)).toBe(waitAfter(3))
    const waits = new Set(['cb_a', 'cb_b', 'cb_c', 'cb_d'].map((id) => waitAfter(3, {}, id)))
    expect(waits.size).toBe(4)
  })

  test('Retry-After is obeyed when later than the schedule, and at most for a day', () => {
    expect(waitAfter(1, { retry_after: '2026-01-01T01:00:00.000Z' })).toBe(HOUR)
    expect(waitAfter(4, { retry_after: '2026-01-01T00:00:01.000Z' })).toBe(waitAfter(4))
    expect(waitAfter(1, { retry_after: '2026-02-01T00:00:00.000Z' })).toBe(24 * HOUR)
  })

  test('429 without Retry-After waits at least a minute', () => {
    expect(waitAfter(1, { http_status: 429 })).toBe(60_000)
    expect(waitAfter(1, { http_status: 500 })).toBeLessThan(6_000)
  })
})

describe('parseRetryAfter', () => {
  const now = Date.parse('2026-01-01T00:00:00.000Z')

  test.each([
    ['120', '2026-01-01T00:02:00.000Z'],
    [' 3 ', '2026-01-01T00:00:03.000Z'],
    ['9999999999', '2026-01-02T00:00:00.000Z'],
    ['Thu, 01 Jan 2026 00:05:00 GMT', '2026-01-01T00:05:00.000Z'],
    ['Fri, 01 Jan 2027 00:00:00 GMT', '2026-01-02T00:00:00.000Z'],
  ])('%s', (value, at) => {
    expect(parseRetryAfter(value, now)).toBe(at)
  })

  test.each([
    undefined,
    '',
    '0',
    '-5',
    '1.5',
    'soon',
    '2026-01-01T00:05:00Z',
    'Wed, 31 Dec 2025 23:00:00 GMT',
  ])('says nothing: %s', (value) => {
    expect(parseRetryAfter(value, now)).toBeUndefined()
  })
})
