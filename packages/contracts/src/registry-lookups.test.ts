import { type FakeRegistry, startFakeRegistry } from '@prooftrail/testing/contracts'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { Poison } from './poison.ts'
import { RegistryUnavailable } from './registry.ts'
import { RegistryLookups } from './registry-lookups.ts'
import { subjectFor, topicFor } from './topics.ts'

const topic = topicFor('work-order.submitted')
const other = topicFor('result.produced')
const subject = subjectFor('work-order.submitted')

let registry: FakeRegistry
beforeAll(async () => {
  registry = await startFakeRegistry()
})
afterAll(() => registry.close())

/** A clock that the test sets, and ids that nobody ever had. */
let now = 0
let unmet = 1_000
beforeEach(() => {
  now = 0
})
const lookups = () =>
  new RegistryLookups(
    { url: registry.url },
    (schema) => schema.length,
    () => now,
  )
const next = () => ++unmet

/** Registers a schema under a subject. */
function register(id: number, under = subject): void {
  registry.schemas.set(id, '"string"')
  registry.subjects.set(under, [...(registry.subjects.get(under) ?? []), id])
}

type Answer = string | number

async function ask(one: RegistryLookups<number>, id: number, on = topic): Promise<Answer> {
  try {
    return await one.find(id, on)
  } catch (error) {
    if (error instanceof Poison) return error.code
    throw error
  }
}

/** Asks for many ids that nobody has, one after the other as a partition does. */
async function flood(one: RegistryLookups<number>, count: number, on = topic) {
  const before = registry.requests
  const answers = new Map<Answer, number>()
  for (let i = 0; i < count; i += 1) {
    const answer = await ask(one, next(), on)
    answers.set(answer, (answers.get(answer) ?? 0) + 1)
  }
  return { requests: registry.requests - before, answers: Object.fromEntries(answers) }
}

describe('given more unknown ids than there are schemas', () => {
  test('then few are asked for one by one, and all others cost one list a second', async () => {
    const one = lookups()
    // 20 ids, then the list and the one version that it names
    expect(await flood(one, 5_000)).toEqual({
      requests: 22,
      answers: { 'PT-9002': 20, 'PT-9015': 4_980 },
    })
    let requests = 0
    for (now = 100; now <= 10_000; now += 100) requests += (await flood(one, 50)).requests
    // five ids and one list a second; the version is met already
    expect(requests).toBeLessThanOrEqual(60)
    expect(requests).toBeGreaterThanOrEqual(50)
  })

  test('then what is known is read at once, and other topics ask as before', async () => {
    const one = lookups()
    const met = await one.find(1, topic)
    await flood(one, 100)
    expect(one.find(1, topic)).toBe(met)
    register(900, subjectFor('result.produced'))
    const before = registry.requests
    expect(await ask(one, 900, other)).toBe(8)
    expect(registry.requests - before).toBe(1)
  })

  test('then a schema that was registered a second ago is found, whoever floods', async () => {
    const one = lookups()
    await flood(one, 100)
    register(901)
    expect(await ask(one, 901)).toBe('PT-9015')
    now = 1_000
    await flood(one, 100)
    expect(await ask(one, 901)).toBe(8)
    expect(one.find(901, topic)).toBe(8)
  })

  test('then an id that was not asked for is asked for later: it was not called unknown', async () => {
    const one = lookups()
    await flood(one, 100)
    const id = next()
    expect(await ask(one, id)).toBe('PT-9015')
    // under a subject of its own
    register(id, 'elsewhere')
    now = 500
    expect(await ask(one, id)).toBe(8)
  })
})

describe('given few unknown ids', () => {
  test('then each is asked for once, and again a minute later', async () => {
    const one = lookups()
    const id = next()
    const before = registry.requests
    for (let i = 0; i < 50; i += 1) expect(await ask(one, id)).toBe('PT-9002')
    expect(registry.requests - before).toBe(1)
  })

  test('then many first meetings make one request', async () => {
    const one = lookups()
    register(902)
    const before = registry.requests
    expect(await Promise.all([1, 2, 3].map(() => ask(one, 902)))).toEqual([8, 8, 8])
    expect(registry.requests - before).toBe(1)
  })

  test('then an outage stays an outage, also of the list', async () => {
    const one = lookups()
    onTestFinished(() => {
      registry.broken = undefined
    })
    registry.broken = { status: 503, body: '{}' }
    for (let i = 0; i < 30; i += 1) {
      await expect(ask(one, 903)).rejects.toThrow(RegistryUnavailable)
    }
    registry.broken = undefined
    register(903)
    expect(await ask(one, 903)).toBe(8)
  })
})
