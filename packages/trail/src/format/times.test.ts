import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { timeOf } from '../shape.ts'
import { timePlus } from './times.ts'

const LAST = Date.parse('9999-12-31T23:59:59.999Z')
const time = fc.integer({ min: 0, max: LAST }).map((ms) => new Date(ms).toISOString())
const span = fc.integer({ min: -1e12, max: 1e12 })

describe('adding to a time', () => {
  test('keeps the order of instants as the order of texts, or refuses', () => {
    fc.assert(
      fc.property(time, span, (from, ms) => {
        const at = Date.parse(from) + ms
        if (at < 0 || at > LAST) {
          expect(() => timePlus(from, ms)).toThrow(RangeError)
          return
        }
        const to = timePlus(from, ms)
        expect(Date.parse(to)).toBe(at)
        expect(to < from).toBe(ms < 0)
      }),
    )
  })

  test.each(['9999-12-31T23:59:60.000Z', '2026-02-30T00:00:00.000Z', '2026-01-01', 'now', ''])(
    'takes no %s',
    (text) => expect(() => timePlus(text, 0)).toThrow(RangeError),
  )

  test('ends with the year 9999', () => {
    expect(timePlus('9999-12-31T22:59:59.999Z', 3_600_000)).toBe('9999-12-31T23:59:59.999Z')
    expect(() => timePlus('9999-12-31T23:00:00.000Z', 3_600_000)).toThrow(RangeError)
    expect(() => timePlus('2026-01-01T00:00:00.000Z', Number.NaN)).toThrow(RangeError)
  })
})

describe('reading a time', () => {
  const two = fc.integer({ min: 0, max: 99 }).map((n) => String(n).padStart(2, '0'))
  const text = fc
    .tuple(fc.integer({ min: 1960, max: 9999 }), two, two, two, two, two, two)
    .map(([year, month, day, h, m, s, ms]) => `${year}-${month}-${day}T${h}:${m}:${s}.0${ms}Z`)

  test.each([text, time])('answers the instant of exactly those that the calendar has', (texts) => {
    fc.assert(
      fc.property(texts, (one) => {
        const ms = Date.parse(one)
        const isTime = ms >= 0 && new Date(ms).toISOString() === one
        expect(timeOf(one)).toBe(isTime ? ms : undefined)
      }),
    )
  })

  test('knows every day of a common and of a leap year, and no other', () => {
    for (const year of [1970, 1999, 2000, 2023, 2024, 2100]) {
      for (let month = 0; month <= 13; month++) {
        for (let day = 0; day <= 32; day++) {
          const [mm, dd] = [String(month).padStart(2, '0'), String(day).padStart(2, '0')]
          const one = `${year}-${mm}-${dd}T12:34:56.789Z`
          const ms = Date.UTC(year, month - 1, day, 12, 34, 56, 789)
          const isDay = new Date(ms).toISOString() === one
          expect(timeOf(one)).toBe(isDay ? ms : undefined)
        }
      }
    }
  })
})
