import { Refusal } from '@prooftrail/runtime'
import { signRecord } from '@prooftrail/trail/encoding'
import { describe, expect, test } from 'vitest'
import {
  AT,
  aContext,
  agentKey,
  aManifest,
  announcedTool,
  anOrder,
  asJson,
  directedTool,
  otherKey,
  publicKey,
  seconds,
  signed,
  submitted,
  toolKey,
} from './intake.fixtures.ts'
import { intake } from './service.ts'
import type { IntakeInput, State, ToolInput } from './state.ts'

const { decide, evolve } = intake
const absent: State = { status: 'absent' }
const LATER = '2026-11-23T12:30:00.000Z'
const byOperator = aContext({
  policy: { ...aContext().policy, toolRegistration: 'operator' },
})

function after(state: State, input: IntakeInput, context = aContext()): State {
  return decide(state, input, context).reduce(evolve, state)
}

function codeOf(state: State, input: IntakeInput, context = aContext()) {
  try {
    decide(state, input, context)
  } catch (error) {
    if (error instanceof Refusal) return error.isQuiet ? `${error.code} quietly` : error.code
    throw error
  }
  throw new Error('not refused')
}

function toolOf(state: State) {
  if (state.status !== 'tool') throw new Error('no tool')
  return state.tool
}

/** An announcement that names a next key, which shows itself too. */
function rotating(at = AT, version = '1.1.0', next = otherKey, by = toolKey): ToolInput {
  const manifest = asJson(aManifest({ version }))
  const more = { version, manifest, next_key: publicKey(next) }
  const { signature: _, ...said } = announcedTool(more, by, at).data
  const next_signature = signRecord(said, next.privateKey).signature
  const data = signRecord({ ...said, next_signature }, by.privateKey)
  return { ...announcedTool({}, by, at), data }
}

describe('given a deployment whose tools an operator registers', () => {
  test('when a stranger announces a name, then he does not get it', () => {
    expect(codeOf(absent, announcedTool(), byOperator)).toBe('PT-1053')
  })

  test('when an operator registered name and key, then that key announces and no other does', () => {
    const named = after(absent, directedTool({ key: publicKey(toolKey) }), byOperator)
    expect(toolOf(named)).toMatchObject({
      tool: 'settling',
      keys: [{ kid: toolKey.key_id }],
      versions: [],
      revision: 0,
    })
    expect(codeOf(named, announcedTool({}, otherKey), byOperator)).toBe('PT-1042')
    const announced = after(named, announcedTool(), byOperator)
    expect(toolOf(announced)).toMatchObject({ versions: [{ version: '1.0.0' }], revision: 1 })
    expect(toolOf(announced).directed_at).toBe(toolOf(named).directed_at)
  })

  test('when there are as many tools as may be, then no other is registered', () => {
    const full = aContext({ hasRoomForTools: false })
    expect(codeOf(absent, announcedTool(), full)).toBe('PT-1056')
    expect(codeOf(absent, directedTool({ key: publicKey(toolKey) }), full)).toBe('PT-1056')
    const known = after(absent, announcedTool())
    expect(decide(known, rotating(), full)).toHaveLength(1)
  })
})

describe('given a directive', () => {
  const state = after(absent, announcedTool())
  const first = directedTool({ key: publicKey(otherKey) })

  test('when intake did not sign it, then it is parked', () => {
    const key = publicKey(otherKey)
    expect(codeOf(state, directedTool({ key }, AT, toolKey))).toBe('PT-1057')
    const { signature: _, ...unsigned } = first.data
    const changed = { ...first.data, retire: true }
    expect(codeOf(state, { ...first, data: { ...unsigned, signature: '' } })).toBe('PT-1057')
    expect(codeOf(state, { ...first, data: changed })).toBe('PT-1057')
  })

  test('when it is said again later, then it changes nothing, quietly', () => {
    const retired = after(after(state, first), directedTool({ retire: true }))
    expect(codeOf(retired, first)).toBe('PT-1049 quietly')
  })

  test('when it names a key that is another’s, or no tool, then it is parked', () => {
    const holders = new Map([[agentKey.key_id, 'agent/agent-1']])
    const foreign = directedTool({ key: publicKey(agentKey) })
    expect(codeOf(state, foreign, aContext({ holders }))).toBe('PT-1048')
    expect(codeOf(absent, directedTool({ retire: true }))).toBe('PT-1058')
    expect(codeOf(state, directedTool({ revoke: otherKey.key_id, reason: 'lost' }))).toBe('PT-1058')
    expect(codeOf(state, directedTool({ key: { kid: 'k', x: 'AAAA' } }))).toBe('PT-1046')
  })
})

describe('given a tool whose key names a next one', () => {
  const state = after(absent, announcedTool())
  const rotated = after(state, rotating())

  test('then both speak for it', () => {
    expect(toolOf(rotated).keys.map(({ kid }) => kid)).toEqual([toolKey.key_id, otherKey.key_id])
    const manifest = asJson(aManifest({ version: '1.2.0' }))
    for (const key of [toolKey, otherKey]) {
      const next = announcedTool({ version: '1.2.0', manifest }, key)
      expect(toolOf(after(rotated, next)).versions).toHaveLength(3)
    }
  })

  test('then a version that is there already is enough to name one', () => {
    const named = after(state, rotating(AT, '1.0.0'))
    expect(toolOf(named).keys).toHaveLength(2)
    expect(decide(named, rotating(AT, '1.0.0'), aContext())).toEqual([])
  })

  test('when the next key did not sign, then it is parked', () => {
    const { signature: _, next_signature: __, ...said } = rotating().data
    const alone = signRecord(said, toolKey.privateKey)
    const byItself = { ...said, next_signature: signRecord(said, toolKey.privateKey).signature }
    for (const data of [alone, signRecord(byItself, toolKey.privateKey)]) {
      expect(codeOf(state, { ...rotating(), data })).toBe('PT-1041')
    }
  })

  test('when it names a fifth key that would count, then it is parked', () => {
    const kids = ['a', 'b', 'c', 'd'].map((kid) => ({ kid, x: 'x', nbf: 0 }))
    const keys = [...toolOf(state).keys, ...kids.slice(0, 3)]
    const full: State = { status: 'tool', tool: { ...toolOf(state), keys } }
    expect(codeOf(full, rotating())).toBe('PT-1047')
    const ended = keys.map((key, i) => (i === 1 ? { ...key, revoked_at: 1 } : key))
    const room: State = { status: 'tool', tool: { ...toolOf(state), keys: ended } }
    expect(toolOf(after(room, rotating())).keys).toHaveLength(5)
  })

  test('when a thief says that the team’s key expires, then it does not', () => {
    const ending = { ...publicKey(toolKey), exp: seconds(LATER) }
    const manifest = asJson(aManifest({ version: '1.2.0' }))
    const said = announcedTool({ version: '1.2.0', manifest, key: ending })
    expect(toolOf(after(rotated, said)).keys[0]).not.toHaveProperty('exp')
  })
})

describe('given a key that an operator revoked', () => {
  const rotated = after(after(absent, announcedTool()), rotating())
  const word = directedTool({ revoke: toolKey.key_id, reason: 'stolen' }, LATER)
  const revoked = after(rotated, word)
  const manifest = asJson(aManifest({ version: '1.2.0' }))
  const next = (key: typeof toolKey) =>
    announcedTool({ version: '1.2.0', manifest }, key, '2026-11-23T12:40:00.000Z')

  test('then it is told since when and why, for ever', () => {
    expect(toolOf(revoked).keys[0]).toMatchObject({
      kid: toolKey.key_id,
      revoked_at: seconds(LATER),
      revoked_for: 'stolen',
    })
    const again = directedTool(
      { revoke: toolKey.key_id, reason: 'other' },
      '2026-11-24T00:00:00.000Z',
    )
    expect(toolOf(after(revoked, again)).keys).toEqual(toolOf(revoked).keys)
  })

  test('then what it signed in that second, before the word, still counts', () => {
    const within = directedTool(
      { revoke: toolKey.key_id, reason: 'lost' },
      '2026-11-23T12:30:00.300Z',
    )
    expect(toolOf(after(rotated, within)).keys[0]).toMatchObject({ revoked_at: seconds(LATER, 1) })
  })

  test('then it announces nothing more, and the next one does', () => {
    expect(codeOf(revoked, next(toolKey))).toBe('PT-1046')
    expect(toolOf(after(revoked, next(otherKey))).versions).toHaveLength(3)
  })

  test('then an operator may give the tool a new one', () => {
    const given = after(revoked, directedTool({ key: publicKey(agentKey) }, LATER))
    expect(toolOf(given).keys).toHaveLength(3)
  })
})

describe('given a tool that is retired', () => {
  const state = after(after(absent, announcedTool()), directedTool({ retire: true }, LATER))

  test('then new orders are refused with a code, and its name stays its own', () => {
    const tools = new Map([['settling', toolOf(state)]])
    const input = submitted(signed(anOrder()))
    expect(decide(absent, input, aContext({ tools }))).toMatchObject([
      {
        type: 'work-order.rejected',
        data: { decision: { object: { reason_codes: ['PT-1035'] } } },
      },
    ])
    expect(codeOf(state, announcedTool({}, otherKey))).toBe('PT-1042')
  })

  test('when it is taken back, then orders are taken again', () => {
    const back = after(state, directedTool({ retire: false }, LATER))
    expect(toolOf(back)).not.toHaveProperty('retired_at')
  })
})

describe('given announcements that were said before', () => {
  const pinned = announcedTool({ pin: true })
  const manifest = asJson(aManifest({ version: '1.1.0' }))
  const newer = after(after(absent, announcedTool()), announcedTool({ version: '1.1.0', manifest }))

  test('when an old one comes again in other bytes, then it changes nothing, quietly', () => {
    const state = after(newer, announcedTool({ pin: false }))
    expect(decide(newer, announcedTool({ pin: false }), aContext())).toEqual([])
    const free = after(after(state, announcedTool({ pin: true })), announcedTool({ pin: false }))
    expect(codeOf(free, pinned)).toBe('PT-1049 quietly')
  })

  test('when one lies ahead of its time, then it is parked: nothing true would count until then', () => {
    const ahead = announcedTool({ announced_at: '2026-11-23T12:06:00.000Z' })
    expect(codeOf(absent, ahead)).toBe('PT-1054')
    expect(codeOf(absent, announcedTool({ announced_at: 'soon' }))).toBe('PT-1054')
  })
})
