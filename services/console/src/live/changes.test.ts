import { describe, expect, test } from 'vitest'
import { goodRun, runOf, WO } from '../console.fixtures.ts'
import type { RunState } from '../state.ts'
import { Changes } from './changes.ts'
import { memoryChunks } from './live.fixtures.ts'

const run = runOf(goodRun())
const document = (id: string, state: RunState = run) => ({ id, version: 1, state })
const MINUTE = 60_000

/** Two processes over one feed, on a clock that the test moves. */
function given() {
  const clock = { now: Date.parse('2026-11-02T10:00:00.000Z') }
  const feed = memoryChunks()
  const open = (by: string) => new Changes(feed(by), by, () => clock.now)
  const heard = (changes: Changes) => {
    const ids: string[] = []
    changes.listen((changed) => ids.push(...changed.keys()))
    return ids
  }
  return { clock, one: open('one'), other: open('other'), open, heard }
}

describe('changes', () => {
  test('of this process are told at once, and not again when they are saved', async () => {
    const { one, heard } = given()
    const ids = heard(one)
    one.changed([document(WO)], false)
    await one.flush()
    one.changed([document(WO)], true)
    await one.flush()
    expect(ids).toEqual([WO])
    one.changed([document(WO, { ...run, events: [...run.events, ...run.events] })], true)
    await one.flush()
    expect(ids).toEqual([WO, WO])
  })

  test('of another process are told once that has saved them', async () => {
    const { one, other, heard } = given()
    const ids = heard(other)
    one.changed([document(WO)], false)
    await one.flush()
    await other.poll()
    expect(ids).toEqual([])
    one.changed([document(WO)], true)
    await one.flush()
    await other.poll()
    await other.poll()
    expect(ids).toEqual([WO])
  })

  test('what a document of another kind does is nobody’s news', async () => {
    const { one, heard } = given()
    const ids = heard(one)
    const tool = { status: 'tool', tool: 't', revision: 1, versions: [] } as const
    one.changed([{ id: 'tool/t', version: 1, state: tool }], true)
    await one.flush()
    expect(ids).toEqual([])
  })
})

describe('whoever comes back', () => {
  test('is told what changed since, wherever it changed, and at any process', async () => {
    const { clock, one, other, open, heard } = given()
    heard(one)
    heard(other)
    clock.now += MINUTE
    const mark = String(clock.now)
    one.changed([document('wo_1')], true)
    other.changed([document('wo_2')], true)
    await one.flush()
    await other.flush()
    clock.now += MINUTE
    for (const process of [one, other]) {
      expect([...((await process.since(mark)) ?? [])].sort()).toEqual(['wo_1', 'wo_2'])
    }
    clock.now += MINUTE
    expect(await one.since(String(clock.now))).toEqual([])
    const started = open('started since')
    heard(started)
    expect([...((await started.since(mark)) ?? [])].sort()).toEqual(['wo_1', 'wo_2'])
  })

  test.each(['', 'x', '-1', '1e3', '99999999999999', '0', '1'])(
    'with a mark that nobody gave reads anew: %s',
    async (mark) => {
      const { one, heard } = given()
      heard(one)
      expect(await one.since(mark)).toBeUndefined()
    },
  )

  test('after too long, or after too much, reads anew', async () => {
    const { clock, one, heard } = given()
    heard(one)
    await one.poll()
    const early = String(clock.now - 6 * MINUTE)
    expect(await one.since(early)).toBeUndefined()
    const mark = String(clock.now)
    one.changed(
      Array.from({ length: 2_001 }, (_, n) => document(`wo_${n}`)),
      true,
    )
    await one.flush()
    expect(await one.since(mark)).toBeUndefined()
  })

  test('after others were not listened to for long reads anew', async () => {
    const { clock, one, heard } = given()
    const end = one.listen(() => {})
    await one.poll()
    const mark = String(clock.now)
    end()
    clock.now += 20 * MINUTE
    heard(one)
    expect(await one.since(mark)).toBeUndefined()
  })

  test('while the database is away reads anew', async () => {
    const feed = memoryChunks()('one')
    const changes = new Changes(
      { ...feed, idsSince: () => Promise.reject(new Error('away')) },
      'one',
    )
    changes.listen(() => {})
    expect(await changes.since(String(changes.mark))).toBeUndefined()
  })
})
