import { genuineProgress } from '@prooftrail/contracts'
import { RetryLater, WAIT_SECONDS } from '@prooftrail/runtime'
import { exampleKey } from '@prooftrail/testing/trail'
import { signRecord } from '@prooftrail/trail/encoding'
import { describe, expect, test } from 'vitest'
import {
  accepted,
  at,
  bound,
  context,
  progressed,
  registered,
  runOf,
  told,
  toolKey,
} from './console.fixtures.ts'
import { consoleService } from './service.ts'
import type { ConsoleInput, Context } from './state.ts'

const run = [accepted(), bound(1, 3), progressed(1, 1, 5)]
const shown = runOf(run)

describe('a heartbeat that dispatch would not count is shown to nobody', () => {
  const good = progressed(1, 2, 6)
  if (good.type !== 'execution.progressed') throw new Error('no heartbeat')
  const { signature: _, ...unsigned } = good.data
  const stranger = exampleKey('stranger', ['executor'])
  const cases: [string, ConsoleInput][] = [
    ['unsigned', { ...good, data: unsigned }],
    ['of another key', { ...good, data: signRecord(unsigned, stranger.privateKey) }],
    ['changed', { ...good, data: { ...good.data, note: 'a stranger was here' } }],
    ['of another tool', progressed(1, 2, 6, { tool: 'other' })],
    ['of another command', progressed(1, 2, 6, { tool_command_id: 'any' })],
    ['ahead of its time', progressed(1, 2, 6, { at: at(1_000) })],
    ['with a sequence that nobody can have reached', progressed(1, 2 ** 53 - 1, 6)],
    ['of an attempt that nobody bound', progressed(7, 1, 6)],
    ['of an attempt that can be none', progressed(7, 1, 6, { tool_command_id: 'any' })],
    ['said before', progressed(1, 1, 5)],
  ]
  test.each(cases)('%s', (_, input) => {
    expect(runOf([...run, input])).toEqual(shown)
  })

  test('one of a process that began again at 1 is shown', () => {
    const { progress } = runOf([...run, progressed(1, 9, 7), progressed(1, 1, 8)])
    expect(progress).toMatchObject([{ first: { at: at(5) }, latest: { sequence: 1, at: at(8) } }])
  })
})

test('what a tool says is kept up to a length', () => {
  const { events, progress } = runOf([...run, progressed(1, 2, 6, { note: '😀'.repeat(100_000) })])
  expect(progress[0]?.latest.note?.length).toBeLessThanOrEqual(501)
  expect(JSON.stringify(events).length).toBeLessThan(3_000)
})

test('a heartbeat that comes before its attempt waits for it', () => {
  expect(runOf([accepted(), progressed(1, 1, 5), bound(1, 3)]).progress).toHaveLength(1)
})

describe('given a tool whose announcement was not read yet', () => {
  const { decide } = consoleService
  const unknown: Context = {
    ...context,
    genuine: { has: () => false },
    tools: { has: () => false },
  }
  const state = told([accepted(), bound(1, 3)])
  const asked = (one: ConsoleInput, waited: number) => () =>
    decide(state, { ...one, waited } as ConsoleInput, unknown)

  test('a heartbeat of what it was commanded waits for it, until its time is over', () => {
    expect(asked(progressed(1, 1, 5), 0)).toThrow(RetryLater)
    expect(asked(progressed(1, 1, 5), WAIT_SECONDS)()).toEqual([])
  })

  test.each([
    ['of another tool', progressed(1, 1, 5, { tool: 'other' })],
    ['of another command', progressed(1, 1, 5, { tool_command_id: 'any' })],
    ['of an attempt that nobody bound', progressed(2, 1, 5)],
  ])('one %s does not wait', (_, one) => {
    expect(asked(one, 0)()).toEqual([])
  })
})

test('whose word it is follows from the keys of the tool as it is registered', async () => {
  const beat = progressed(1, 1, 5)
  const tool = told([registered])
  if (tool.status !== 'tool' || beat.type !== 'execution.progressed') throw new Error('not so')
  const keyed = { ...tool, keys: [{ kid: toolKey.key_id, x: toolKey.privateKey.x }] }
  const isGenuine = async (one: typeof tool) =>
    (await genuineProgress([beat], new Map([['energyops', one]]))).has(beat.data)
  expect(await isGenuine(tool)).toBe(false)
  expect(await isGenuine(keyed)).toBe(true)
})
