import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isAhead, isBefore, isOlderThan, isOver, readTime, type Time } from './dates.ts'

const DAY = 86_400_000
const now = Date.parse('2026-03-02T09:00:00Z')
const time = (text: string): Time => {
  const read = readTime(text)
  if ('reason' in read) throw new Error(`${text}: ${read.reason}`)
  return read.time
}

describe('a time', () => {
  test.each([
    ['2026-03-02T09:00:00Z', '2026-03-02T09:00:00.000Z'],
    ['2026-03-02t09:00:00z', '2026-03-02T09:00:00.000Z'],
    ['2026-03-02T10:00:00+01:00', '2026-03-02T09:00:00.000Z'],
    ['2026-03-01T23:30:00.5-09:30', '2026-03-02T09:00:00.500Z'],
    ['2026-03-02T09:00:00-00:00', '2026-03-02T09:00:00.000Z'],
    ['2026-03-02T09:00:00.123456789Z', '2026-03-02T09:00:00.123Z'],
    ['2016-12-31T23:59:60Z', '2017-01-01T00:00:00.000Z'],
    ['1990-12-31T15:59:60-08:00', '1991-01-01T00:00:00.000Z'],
    ['1970-01-01T00:00:00Z', '1970-01-01T00:00:00.000Z'],
    ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
  ])('%s is an instant', (text, instant) => {
    const at = Date.parse(instant)
    expect(readTime(text)).toEqual({ time: { form: 'instant', text, start: at, end: at } })
  })

  test('that is a bare date is its whole day in UTC', () => {
    const { form, start, end } = time('2024-02-29')
    expect([form, new Date(start).toISOString(), new Date(end).toISOString()]).toEqual([
      'day',
      '2024-02-29T00:00:00.000Z',
      '2024-02-29T23:59:59.999Z',
    ])
  })

  test.each([
    ['2026-03-02T09:00:00', 'no zone'],
    ['2026-03-02T09:00', 'no zone'],
    ['2026-03-02 09:00:00', 'no zone'],
    ['2026-03-02 09:00:00Z', 'neither'],
    ['2026-03-02T09:00:00+01', 'neither'],
    ['2026-03-02T09:00:00+0100', 'neither'],
    ['2026-03-02T09:00Z', 'neither'],
    ['2026-03-02T09:00:00,5Z', 'neither'],
    ['2026-03-02T09:00:00.Z', 'neither'],
    [' 2026-03-02', 'neither'],
    ['02/03/2026', 'neither'],
    ['02.03.2026', 'neither'],
    ['2026-3-2', 'neither'],
    ['20260302', 'neither'],
    ['1772442000', 'neither'],
    ['', 'neither'],
    ['2026-02-29', 'no calendar'],
    ['2026-13-01', 'no calendar'],
    ['2026-00-10T00:00:00Z', 'no calendar'],
    ['2026-03-02T24:00:00Z', 'no clock'],
    ['2026-03-02T09:60:00Z', 'no clock'],
    ['2026-03-02T09:00:61Z', 'no clock'],
    ['2026-03-02T09:00:00+24:00', 'no clock'],
    ['2026-03-02T09:00:60Z', 'no leap second'],
    ['2026-03-30T23:59:60Z', 'no leap second'],
    ['2016-12-31T23:59:60+01:00', 'no leap second'],
    ['1969-12-31', '1970 to 9999'],
    ['0099-01-01T00:00:00Z', '1970 to 9999'],
    ['9999-12-31T23:59:59-01:00', '1970 to 9999'],
    ['9999-12-31T23:59:60Z', '1970 to 9999'],
  ])('%j is none', (text, reason) => {
    expect(readTime(text)).toEqual({ reason: expect.stringContaining(reason) })
  })

  test.each([[1_772_442_000_000], [null], [undefined], [new Date(now)], [['2026-03-02']]])(
    'the value %j is none',
    (value) => {
      expect(readTime(value)).toEqual({ reason: 'it is no text' })
    },
  )

  test('is what Date writes, for every instant of its years, in whatever zone it is written', () => {
    const instants = fc.integer({ min: DAY, max: Date.parse('9999-12-30T00:00:00Z') })
    fc.assert(
      fc.property(instants, fc.integer({ min: -1439, max: 1439 }), (at, zone) => {
        const local = new Date(at + zone * 60_000).toISOString().slice(0, -1)
        const two = (n: number) => String(n).padStart(2, '0')
        const minutes = Math.abs(zone)
        const offset = `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`
        expect(time(`${local}${zone < 0 ? '-' : '+'}${offset}`).start).toBe(at)
        expect(time(new Date(at).toISOString()).end).toBe(at)
      }),
    )
  })

  test('is never thrown over, whatever the value', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        const read = readTime(value)
        expect('reason' in read || read.time.start <= read.time.end).toBe(true)
      }),
    )
  })
})

describe('comparing', () => {
  test('is by instant, not by text', () => {
    expect(isBefore(time('2026-03-02T10:30:00+02:00'), time('2026-03-02T09:00:00Z'))).toBe(true)
    expect(isBefore(time('2026-03-02T09:00:00Z'), time('2026-03-02T10:30:00+02:00'))).toBe(false)
  })
  test('a day is before an instant when all of it is', () => {
    expect(isBefore(time('2026-03-01'), time('2026-03-02T00:00:00Z'))).toBe(true)
    expect(isBefore(time('2026-03-02'), time('2026-03-02T09:00:00Z'))).toBe(false)
    expect(isBefore(time('2026-03-02T09:00:00Z'), time('2026-03-02'))).toBe(false)
  })
  test('an instant is over from itself on, a day when it has ended', () => {
    expect(isOver(time('2026-03-02T09:00:00Z'), now)).toBe(true)
    expect(isOver(time('2026-03-02T09:00:00.001Z'), now)).toBe(false)
    expect(isOver(time('2026-03-02'), now)).toBe(false)
    expect(isOver(time('2026-03-01'), now)).toBe(true)
  })
  test('five minutes ahead is a clock, more is the future', () => {
    expect(isAhead(time('2026-03-02T09:05:00Z'), now)).toBe(false)
    expect(isAhead(time('2026-03-02T09:05:00.001Z'), now)).toBe(true)
    expect(isAhead(time('2026-03-02'), now)).toBe(false)
    expect(isAhead(time('2026-03-03'), now)).toBe(true)
  })
  test('so many days old is not older than so many days', () => {
    expect(isOlderThan(time('2026-02-28T09:00:00Z'), 2, now)).toBe(false)
    expect(isOlderThan(time('2026-02-28T08:59:59.999Z'), 2, now)).toBe(true)
    expect(isOlderThan(time('2026-02-28'), 2, now)).toBe(false)
    expect(isOlderThan(time('2026-02-27'), 2, now)).toBe(true)
  })
})
