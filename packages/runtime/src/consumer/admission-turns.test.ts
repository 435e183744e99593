import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FairTurns } from './admission-turns.ts'

const all = () => true

function turns(...waiting: [sender: string, at: number, bytes?: number][]) {
  const made = new FairTurns<number>()
  for (const [sender, at, bytes = 0] of waiting) made.add({ sender, at, bytes, item: at })
  return made
}

/** Takes so many turns; whose they were. */
function served(from: FairTurns<number>, count: number, may: (sender: string) => boolean = all) {
  return Array.from({ length: count }, () => {
    const turn = from.next(may)
    if (turn) from.take(turn)
    return turn && `${turn.sender}${turn.item}`
  })
}

describe('given inputs of several senders', () => {
  test('when one sent thousands before, then another’s first is served next but one', () => {
    const from = turns()
    for (let n = 0; n < 5_000; n += 1) from.add({ sender: 'a', at: n, bytes: 0, item: n })
    served(from, 100)
    from.add({ sender: 'b', at: 9_000, bytes: 0, item: 0 })
    expect(from.ahead('c')).toBe(2)
    expect(served(from, 2)).toContain('b0')
  })

  test('when nobody had anything, then the oldest goes first, and of one sender too', () => {
    const from = turns(['a', 3], ['b', 2], ['a', 1], ['c', 4])
    expect(served(from, 5)).toEqual(['a1', 'b2', 'c4', 'a3', undefined])
  })

  test('when somebody comes back, then it has no claim on turns that went by', () => {
    const from = turns(['a', 1])
    served(from, 1)
    for (let n = 0; n < 50; n += 1) from.add({ sender: 'b', at: n, bytes: 0, item: n })
    served(from, 40)
    for (let n = 0; n < 9; n += 1) from.add({ sender: 'a', at: 100 + n, bytes: 0, item: n })
    const names = served(from, 10).map((one) => one?.[0])
    expect(names.filter((one) => one === 'b').length).toBeGreaterThanOrEqual(4)
  })

  test('when one may not be served, then the others are, and it keeps its place', () => {
    const from = turns(['a', 1], ['b', 2], ['a', 3])
    expect(served(from, 2, (sender) => sender !== 'a')).toEqual(['b2', undefined])
    expect(served(from, 2)).toEqual(['a1', 'a3'])
  })

  test('when one sends what is large, then it has fewer turns', () => {
    const from = turns()
    for (let n = 0; n < 20; n += 1) {
      from.add({ sender: 'large', at: n, bytes: 1_000_000, item: n })
      from.add({ sender: 'small', at: n, bytes: 0, item: n })
    }
    const first = served(from, 20).map((one) => one?.replace(/\d+/, ''))
    expect(first.filter((one) => one === 'large').length).toBeLessThanOrEqual(2)
  })
})

describe('properties', () => {
  const waiting = fc.array(
    fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.nat(100), fc.nat(200_000)),
    { maxLength: 60 },
  )

  test('all are served, each once, and what is held is counted to the byte', () => {
    fc.assert(
      fc.property(waiting, (list) => {
        const from = turns(...list)
        expect(from.all).toEqual({
          count: list.length,
          bytes: list.reduce((sum, [, , bytes]) => sum + bytes, 0),
        })
        const got = served(from, list.length)
        expect([...got].sort()).toEqual(list.map(([sender, at]) => `${sender}${at}`).sort())
        expect(from.all).toEqual({ count: 0, bytes: 0 })
        expect(from.senders).toBe(0)
      }),
    )
  })

  test('whoever had nothing waiting is served within one turn of each other sender', () => {
    fc.assert(
      fc.property(waiting, fc.nat(30), (list, before) => {
        const from = turns(...list.map(([sender, at]): [string, number] => [sender, at]))
        served(from, before)
        const others = from.senders
        expect(from.ahead()).toBe(others)
        from.add({ sender: 'new', at: 1_000, bytes: 0, item: 7 })
        expect(served(from, others + 1)).toContain('new7')
      }),
    )
  })
})
