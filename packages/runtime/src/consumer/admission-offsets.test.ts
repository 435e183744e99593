import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DoneOffsets } from './admission-offsets.ts'

describe('given messages that end in any order', () => {
  test('when one before is on its way, then nothing behind it is committed', () => {
    const offsets = new DoneOffsets()
    const [a, b, c] = ['5', '6', '9'].map((offset) => offsets.came(offset))
    if (!a || !b || !c) throw new Error('three came')
    expect(offsets.done(b)).toBeUndefined()
    expect(offsets.done(a)).toBe('7')
    expect(offsets.readTo('12')).toBeUndefined()
    expect(offsets.done(c)).toBe('13')
    expect(offsets.open).toBe(0)
  })

  test('when there was nothing but ends of transactions, then they are passed', () => {
    expect(new DoneOffsets().readTo('7')).toBe('8')
  })

  test('for every order, the commit is behind all that ended from the front, and nothing else', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...Array(3_000).keys()], { minLength: 1 }), (order) => {
        const offsets = new DoneOffsets()
        const places = Array.from({ length: 3_000 }, (_, n) => offsets.came(String(n)))
        const ended = new Set<number>()
        let committed = 0
        for (const n of order) {
          const place = places[n]
          if (place === undefined) throw new Error('it came')
          ended.add(n)
          committed = Number(offsets.done(place) ?? committed)
        }
        let front = 0
        while (ended.has(front)) front += 1
        expect(committed).toBe(front)
        expect(offsets.open).toBe(3_000 - front)
      }),
      { numRuns: 20 },
    )
  })
})
