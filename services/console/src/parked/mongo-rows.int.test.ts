import { randomUUID } from 'node:crypto'
import { connectHost, type Host, readHostConfig } from '@prooftrail/runtime'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ParkedState, parkedDocument, withDecided } from './entry.ts'
import { PARKED_INDEXES } from './indexes.ts'
import { mongoRows } from './mongo-rows.ts'
import { at, claimed, decided, entryOf, parked } from './parked.fixtures.ts'
import { indexOfParked } from './row.ts'

let host: Host
beforeAll(async () => {
  const own = { MONGODB_DATABASE: `console_${randomUUID().slice(0, 8)}` }
  const config = { ...process.env, ...own, OPEN_ACCESS: '1', LOG_LEVEL: 'error' }
  host = await connectHost(readHostConfig(config), 'parked-test')
})
afterAll(async () => {
  await host?.db.dropDatabase()
  await host?.close()
})

/** A collection of these entries, and of a run, which is none of them. */
async function given(name: string, entries: readonly ParkedState[]) {
  const docs = host.db.collection<{ _id: string; ix: object }>(name)
  await docs.createIndexes(PARKED_INDEXES.map((one) => ({ ...one })))
  const found = entries.map((entry) => ({
    _id: parkedDocument(entry.parked_id),
    ix: Object.fromEntries(
      Object.entries(indexOfParked(entry)).filter(([, value]) => value !== undefined),
    ),
  }))
  await docs.insertMany([...found, { _id: 'wo_1', ix: { lifecycle_state: 'attested' } }])
  return mongoRows(host.db, name)
}

const strangers = (count: number, code = 'PT-1005') =>
  Array.from({ length: count }, (_, n) =>
    entryOf(claimed({ input: `${code}-${n}`, offset: String(n), reason_code: code }), n % 7),
  )

describe('rows on a real database', () => {
  test('pages hold each entry once, oldest first; filters combine', async () => {
    const all = [...strangers(23), ...strangers(9, 'PT-1003'), entryOf(parked(), 3)]
    const rows = await given('pages', all)
    const seen: string[] = []
    let after: { since: string; parked_id: string } | undefined
    for (;;) {
      const page = await rows.page({ state: 'open' }, { after, limit: 5 })
      seen.push(...page.map(({ parked_id }) => parked_id))
      if (page.length < 5) break
      after = page.at(-1)
    }
    expect(seen).toHaveLength(33)
    expect(new Set(seen).size).toBe(33)
    const some = { service: 'intake', code: 'PT-1003', until: at(3) }
    expect(await rows.page(some, { limit: 100 })).toHaveLength(6)
    expect(await rows.page({ ...some, from: at(3) }, { limit: 100 })).toHaveLength(1)
    expect(await rows.page({ document: 'wo_1' }, { limit: 100 })).toMatchObject([
      { service: 'dispatch' },
    ])
    expect(await rows.openOf('dispatch wo_1')).toHaveLength(1)
  })

  test('what is open is counted by topic and code, with the oldest', async () => {
    const settled = withDecided(entryOf(parked(), 1), decided())
    const rows = await given('counts', [...strangers(4), ...strangers(2, 'PT-1003'), settled])
    expect(await rows.counts()).toMatchObject([
      { code: 'PT-1005', count: 4, oldest: at(0) },
      { code: 'PT-1003', count: 2, oldest: at(0) },
    ])
  })

  test('what is dropped is settled long ago, or too much; never what blocks, never a run', async () => {
    const discarded = withDecided(
      entryOf(claimed({ input: 'old' }), 1),
      decided({ act: 'discard', reason: 'r' }),
    )
    const blocking = entryOf(parked(), 0)
    const rows = await given('drops', [...strangers(10), discarded, blocking])
    expect(await rows.dropSettled(at(9))).toBe(0)
    expect(await rows.dropSettled(at(11))).toBe(1)
    expect(await rows.dropBeyond(20)).toBe(0)
    expect(await rows.dropBeyond(4)).toBe(7)
    const left = await rows.page({}, { limit: 100 })
    expect(left).toHaveLength(4)
    expect(left).toContainEqual(expect.objectContaining({ blocks: true }))
    expect(await host.db.collection('drops').countDocuments({})).toBe(5)
  })
})
