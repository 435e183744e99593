import { expect, test } from 'vitest'
import { digestOf, drawSchedule } from './schedule.ts'

const SERVICES = ['intake', 'dispatch', 'console']

test('the same seed draws the same course, in whatever order services are named, another one another', () => {
  const [one, same, other] = [7, 7, 8].map((seed) => drawSchedule(seed, 60, SERVICES, true))
  expect(same).toEqual(one)
  expect(drawSchedule(7, 60, [...SERVICES].reverse(), true)).toEqual(one)
  expect(other).not.toEqual(one)
})

test('the digest tells one course from another', () => {
  const drawn = [7, 7, 8].map((seed) => digestOf(drawSchedule(seed, 60, SERVICES, true)))
  expect(drawn[1]).toBe(drawn[0])
  expect(drawn[2]).not.toBe(drawn[0])
})

test('everything is begun in order and early enough to end, some of each, and what is shared is left alone', () => {
  for (let seed = 1; seed <= 200; seed += 1) {
    const schedule = drawSchedule(seed, 20, SERVICES, false)
    for (const list of Object.values<{ at: number }[]>({ ...schedule })) {
      const times = list.map(({ at }) => at)
      expect(times).toEqual([...times].sort((a, b) => a - b))
      expect(times.length).toBeGreaterThan(1)
      expect(times.filter((at) => at > 18_000)).toEqual([])
    }
    const { doings } = schedule
    expect(doings.filter(({ what }) => what.startsWith('server'))).toEqual([])
    // nobody waits for what does not come: the console publishes nothing
    expect(doings.filter((one) => one.what === 'crash' && one.who === 'console')).toEqual([])
  }
})

test('there is load, and somebody who breaks things, until the last half minute of an hour', () => {
  const { doings, haste } = drawSchedule(1, 3_600, SERVICES, true)
  for (const list of [doings, haste]) {
    expect(list.at(-1)?.at).toBeGreaterThan(3_570_000)
    expect(list.at(-1)?.at).toBeLessThan(3_581_000)
  }
})
