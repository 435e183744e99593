/**
 * Messages of earlier releases, byte by byte: what they said is what is read now, and what is written now
 * an earlier release reads, by Avro's rules.
 */
import { nameOfTopic, openCodec, parseTopic, subjectFor, topics } from '@prooftrail/contracts'
import { type FakeRegistry, startFakeRegistry } from '@prooftrail/testing/contracts'
import { verifyTrail } from '@prooftrail/trail'
import avsc from 'avsc'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
// biome-ignore lint/style/noRestrictedImports: what a package's tests are made of is exported by nobody
import { exactLong } from '../../packages/contracts/src/avro/exact-long.fixtures.ts'
import { RELEASES, readRelease } from './release.ts'
import { digestOf } from './samples.ts'

test('there is a release to compare with', () => {
  expect(RELEASES.length).toBeGreaterThan(0)
})

describe.each(RELEASES)('given what release %s wrote', (version) => {
  const release = readRelease(version)
  const { schemas, samples, messages } = release
  const topicsOf = [...new Set(samples.map(({ topic }) => topic))]
  let registry: FakeRegistry
  beforeAll(async () => {
    registry = await startFakeRegistry()
    registry.schemas.clear()
    for (const { id, schema } of Object.values(schemas)) registry.schemas.set(id, schema)
  })
  afterAll(() => registry.close())

  test('then each of its topics is one of today', () => {
    const gone = Object.keys(schemas).filter((subject) => !subjectsNow().has(subject))
    expect(gone).toEqual([])
    const all = [...topicsOf, ...messages.map(({ topic }) => topic)]
    expect(all.filter((topic) => nameOfTopic(topic) === undefined)).toEqual([])
    expect(new Set(topicsOf).size).toBeGreaterThan(20)
  })

  test.each(topicsOf)('when %s is read, then it says what it said', async (topic) => {
    const codec = openCodec({ url: registry.url })
    const own = samples.filter((one) => one.topic === topic)
    expect(own.length).toBeGreaterThan(1)
    for (const { value, digest } of own) {
      const read = await codec.decode(topic, Buffer.from(value, 'base64'))
      expect(digestOf(read)).toBe(digest)
    }
  })

  test.each(topicsOf)('when %s is written now, then the release reads it', (topic) => {
    const then = typeOf(schemas[subjectOf(topic)]?.schema ?? '')
    const now = typeOf(topics[nameOfTopic(topic) ?? never()].schema)
    const [reading, going] = [now.createResolver(then), then.createResolver(now)]
    for (const { value } of samples.filter((one) => one.topic === topic)) {
      const bytes = Buffer.from(value, 'base64').subarray(5)
      const written = now.toBuffer(now.fromBuffer(bytes, reading))
      expect(then.toBuffer(then.fromBuffer(written, going)).equals(bytes)).toBe(true)
    }
  })

  test('when every message of its deployment is read, then none is unreadable but the one that was parked', async () => {
    const codec = openCodec({ url: registry.url })
    const unreadable: string[] = []
    for (const { topic, value } of messages) {
      const bytes = Buffer.from(value ?? '', 'base64')
      // a topic that is compacted may hold that something is gone
      if (value === null) continue
      try {
        await codec.decode(topic, bytes)
      } catch {
        unreadable.push(bytes.toString())
      }
    }
    expect(unreadable).toEqual(['no message'])
  })

  test.each(Object.keys(release.bundles))('then its bundle of %s verifies', (id) => {
    expect(verifyTrail(release.bundles[id] ?? '', release.key_set)).toMatchObject({ ok: true })
  })
})

const tools = ['tokenops', 'energyops', 'financeops']

/** Every subject that a deployment of the repository has. */
function subjectsNow(): Set<string> {
  return new Set(
    Object.entries(topics).flatMap(([name, { per_tool }]) =>
      per_tool === true
        ? tools.map((tool) => subjectFor(name as keyof typeof topics, tool))
        : [subjectFor(name as keyof typeof topics)],
    ),
  )
}

function subjectOf(topic: string): string {
  const { name, tool } = parseTopic(topic) ?? never()
  return subjectFor(name, tool)
}

function typeOf(schema: string): avsc.Type {
  return avsc.Type.forSchema(JSON.parse(schema), { registry: { long: exactLong } })
}

function never(): never {
  throw new Error('no topic of the catalogue')
}
