import { type ExecutionProgressed, genuineProgress } from '@prooftrail/contracts'
import { Refusal, RetryLater, WAIT_SECONDS } from '@prooftrail/runtime'
import { codeOf, given } from '@prooftrail/testing/runtime'
import { deriveId } from '@prooftrail/trail'
import { describe, expect, test } from 'vitest'
import {
  after,
  context,
  dueAt,
  heldInput,
  progressed,
  strangerKey,
  tool,
  toolKey,
  WORK_ORDER_ID,
} from './dispatch.fixtures.ts'
import { mayMove } from './progress.ts'
import { dispatch } from './service.ts'
import type { DispatchInput, State } from './state.ts'

const { decide } = dispatch
const fresh = given(dispatch, context())
const heard = fresh.when(heldInput(), progressed(1, 5, after(10))).state

/** The code of a quiet refusal; undefined where the beat was taken, or changed nothing. */
function refused(state: State, input: DispatchInput): string | undefined {
  try {
    decide(state, input, context())
    return undefined
  } catch (error) {
    expect(error).toMatchObject({ isQuiet: true })
    return codeOf(() => {
      throw error
    })
  }
}

describe('a heartbeat', () => {
  test('that is said again, or was said before the last one, moves nothing', () => {
    for (const said of [
      progressed(1, 5, after(10), {}, { arrived: after(20) }),
      progressed(1, 4, after(10), {}, { arrived: after(20) }),
      progressed(1, 9, after(9), {}, { arrived: after(20) }),
    ]) {
      expect(decide(heard, said, context())).toEqual([])
    }
  })

  test('of a process that began again at 1 keeps the attempt alive', () => {
    const [event] = decide(heard, progressed(1, 1, after(20)), context())
    expect(event).toMatchObject({ type: 'attempt.heard', data: { sequence: 1 } })
  })

  test('of a clock that is fast shuts out nobody whose clock is right', () => {
    const fast = progressed(1, 6, after(260), {}, { arrived: after(20) })
    const state = fresh.when(heldInput(), fast).state
    expect(decide(state, progressed(1, 7, after(25)), context())).toHaveLength(1)
  })

  test('that nobody signed, or another, or that was changed, moves nothing and is counted', () => {
    const good = progressed(1, 6, after(20))
    if (good.type !== 'execution.progressed') throw new Error('no heartbeat')
    const { signature: _, ...unsigned } = good.data
    const data: ExecutionProgressed[] = [
      unsigned,
      { ...unsigned, signature: 'AAAA' },
      { ...good.data, note: 'a stranger was here' },
    ]
    for (const one of data) expect(refused(heard, { ...good, data: one })).toBe('PT-2011')
    const other = progressed(1, 6, after(20), {}, { key: strangerKey })
    expect(refused(heard, other)).toBe('PT-2011')
  })

  test('of a tool whose registration was not read yet waits for it, until its time is over', () => {
    const unread = context({ tools: new Map(), genuine: { has: () => false } })
    const beat = progressed(1, 6, after(20))
    expect(() => decide(heard, beat, unread)).toThrow(RetryLater)
    const late = { ...beat, waited: WAIT_SECONDS } as DispatchInput
    expect(() => decide(heard, late, unread)).toThrow(Refusal)
  })

  test.each([
    ['another tool', progressed(1, 6, after(20), { tool: 'other' })],
    ['another command', progressed(1, 6, after(20), { tool_command_id: 'any' })],
    ['a later attempt', progressed(2, 6, after(20))],
  ])('of %s moves nothing and is counted', (_, input) => {
    expect(refused(heard, input)).toBe('PT-2012')
  })

  test('of an attempt that was superseded does not keep the next one alive', () => {
    const second = fresh.when(heldInput(), dueAt(after(3600))).state
    expect(refused(second, progressed(1, 6, after(3601)))).toBe('PT-2012')
  })

  test.each([
    ['a sequence that nobody can have reached', progressed(1, 2 ** 53 - 1, after(20))],
    ['a sequence below 1', progressed(1, 0, after(20))],
    ['a time that is none', progressed(1, 6, 'soon', {}, { arrived: after(20) })],
    ['a time to come', progressed(1, 6, after(400), {}, { arrived: after(20) })],
  ])('with %s moves nothing and is counted', (_, input) => {
    expect(refused(heard, input)).toBe('PT-2013')
  })
})

describe('whose word a heartbeat is', () => {
  const beat = progressed(1, 6, after(20))
  if (beat.type !== 'execution.progressed') throw new Error('no heartbeat')
  const keyed = (more: object) => {
    const key = { kid: toolKey.key_id, x: toolKey.privateKey.x, ...more }
    return new Map([['tokenops', { ...tool, keys: [key] }]])
  }
  const seconds = (n: number) => Date.parse(after(n)) / 1000

  test.each([
    ['a key of the tool', keyed({}), true],
    ['a key that counts from later on', keyed({ nbf: seconds(21) }), false],
    ['a key that had ended', keyed({ exp: seconds(20) }), false],
    ['no key of the tool', new Map(), false],
  ])('by %s', async (_, tools, isGenuine) => {
    expect((await genuineProgress([beat], tools)).has(beat.data)).toBe(isGenuine)
  })

  test('is not asked where it would move nothing', () => {
    const old = progressed(1, 5, after(10))
    const foreign = progressed(1, 6, after(20), {
      tool_command_id: deriveId('cmd', WORK_ORDER_ID, 1),
    })
    for (const input of [old, foreign]) {
      if (input.type !== 'execution.progressed') throw new Error('no heartbeat')
      expect(mayMove(heard, input)).toBe(false)
    }
    expect(mayMove(heard, beat)).toBe(true)
  })
})
