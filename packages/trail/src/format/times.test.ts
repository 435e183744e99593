import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
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
