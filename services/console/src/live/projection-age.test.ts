import { describe, expect, test } from 'vitest'
import { type Offsets, ProjectionAge } from './projection-age.ts'

const SECOND = 1_000

/** A projection of one partition, on a clock that the test moves. */
function given() {
  const at = { now: Date.parse('2026-11-02T10:00:00.000Z'), end: 10, committed: 10, isAway: false }
  const map = (n: number): Offsets => new Map([['topic/0', n]])
  const age = new ProjectionAge(
    {
      async ends() {
        if (at.isAway) throw new Error('away')
        return map(at.end)
      },
      committed: async () => map(at.committed),
    },
    () => at.now,
  )
  const behind = async () => {
    await age.ask()
    return age.now().behind_seconds
  }
  return { at, age, behind }
}

describe('the age of what is shown', () => {
  test('is not known before it was asked for', () => {
    expect(given().age.now().behind_seconds).toBeNull()
  })

  test('is nothing while everything is read', async () => {
    const { at, behind } = given()
    expect(await behind()).toBe(0)
    at.now += 5 * SECOND
    expect(await behind()).toBe(0)
  })

  test('grows while what came is not read, and is that of the oldest that is missing', async () => {
    const { at, behind } = given()
    await behind()
    at.end = 20
    at.now += 5 * SECOND
    expect(await behind()).toBe(5)
    at.end = 30
    at.now += 5 * SECOND
    expect(await behind()).toBe(10)
    at.committed = 20
    at.now += 5 * SECOND
    expect(await behind()).toBe(10)
    at.committed = 30
    expect(await behind()).toBe(0)
  })

  test('counts from the first look where the projection was behind already', async () => {
    const { at, behind } = given()
    at.committed = 0
    expect(await behind()).toBe(0)
    at.now += 60 * SECOND
    expect(await behind()).toBe(60)
  })

  test('is not known when the broker has not answered for a while, and never silently old', async () => {
    const { at, behind } = given()
    await behind()
    at.isAway = true
    at.now += 5 * SECOND
    expect(await behind()).toBe(5)
    at.now += 20 * SECOND
    expect(await behind()).toBeNull()
  })

  test('of a projection that stays behind takes bounded memory', async () => {
    const { at, behind } = given()
    await behind()
    for (let n = 1; n <= 2_500; n += 1) {
      at.end += 1
      at.now += 5 * SECOND
      expect(await behind()).toBe(5 * n)
    }
    at.committed = at.end
    expect(await behind()).toBe(0)
  })
})
