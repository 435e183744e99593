import type { Manifest, ToolAnnounced } from '@prooftrail/contracts'
import { describe, expect, test } from 'vitest'
import { AnnouncementBudget } from './announcement-budget.ts'
import {
  AT,
  aContext,
  aManifest,
  announcedTool,
  asJson,
  otherKey,
  publicKey,
  toolKey,
} from './intake.fixtures.ts'
import { intake } from './service.ts'
import type { State, ToolInput } from './state.ts'

const MINUTE_MS = 60_000
function budgetAt() {
  let at = 0
  const pass = (ms: number) => {
    at += ms
  }
  return { budget: new AnnouncementBudget(() => at), pass }
}

/** The tool after these announcements, none of which is too soon. */
function after(...inputs: ToolInput[]): State {
  return inputs.reduce<State>(
    (state, input) => intake.decide(state, input, aContext()).reduce(intake.evolve, state),
    { status: 'absent' },
  )
}

const known = after(announcedTool())
const ofVersion = (
  n: number,
  more: Partial<Manifest> = {},
  said: Partial<ToolAnnounced> = {},
  key = toolKey,
) => {
  const version = `1.1.${n}`
  const manifest = asJson({ ...aManifest(), version, ...more })
  return announcedTool({ version, manifest, ...said }, key)
}
const large = (n: number) =>
  ofVersion(n, { result_package_schema: { type: 'object', description: 'x'.repeat(60_000) } })

/** How many of these, one after the other, are not too soon; each that is not changes the tool. */
function taken(budget: AnnouncementBudget, inputs: readonly ToolInput[], from = known): number {
  let state = from
  let count = 0
  for (const input of inputs) {
    const tooSoon = budget.beyond([{ doc: 'tool/settling', state, input }])
    if (tooSoon.has(input.data)) continue
    count += 1
    state = intake.decide(state, input, aContext()).reduce(intake.evolve, state)
  }
  return count
}

describe('given a tool that announces version after version', () => {
  test('when a minute’s worth is used up, then more are too soon, until they come back', () => {
    const { budget, pass } = budgetAt()
    const versions = Array.from({ length: 100 }, (_, n) => ofVersion(n))
    expect(taken(budget, versions)).toBe(60)
    pass(MINUTE_MS / 2)
    const again = Array.from({ length: 40 }, (_, n) => ofVersion(60 + n))
    expect(taken(budget, again)).toBe(30)
  })

  test('when a wave is prepared again, then what is in it is counted once', () => {
    const { budget } = budgetAt()
    const input = ofVersion(1)
    for (let n = 0; n < 100; n += 1) {
      expect(budget.beyond([{ doc: 'tool/settling', state: known, input }]).size).toBe(0)
    }
  })

  test('when they are large, then their bytes count, all versions of the tool in each', () => {
    const { budget } = budgetAt()
    const many = after(announcedTool(), ...Array.from({ length: 40 }, (_, n) => large(n)))
    // 2.4 MB each
    const versions = Array.from({ length: 10 }, (_, n) => ofVersion(100 + n))
    expect(taken(budget, versions, many)).toBe(4)
  })

  test('when one is too soon, then it is refused with a code, as the tool’s own word', () => {
    const input = ofVersion(1)
    const context = aContext({ tooSoon: new Set([input.data]) })
    expect(() => intake.decide(known, input, context)).toThrowError(
      expect.objectContaining({ code: 'PT-1060', party: 'tool/settling' }),
    )
  })
})

describe('given announcements that change nothing', () => {
  const many = (make: () => Partial<ToolAnnounced>, key?: typeof otherKey) =>
    Array.from({ length: 100 }, () => announcedTool(make(), key))

  test('when a fleet says again what is registered, then nobody counts it', () => {
    const { budget } = budgetAt()
    const repeated = many(() => ({}))
    expect(taken(budget, repeated)).toBe(100)
    expect(taken(budget, [ofVersion(1)])).toBe(1)
  })

  test('when somebody else says them, or signed them badly, then the tool’s minute is not spent', () => {
    const { budget } = budgetAt()
    const forged = many(() => ({ version: '2.0.0', signature: ofVersion(0).data.signature }))
    const foreign = many(() => ({ version: '2.0.0' }), otherKey)
    for (const input of [...forged, ...foreign]) {
      expect(budget.beyond([{ doc: 'tool/settling', state: known, input }]).size).toBe(0)
    }
    expect(taken(budget, [ofVersion(1)])).toBe(1)
  })

  test('when a key that was revoked says them, or they lie ahead, then the tool’s minute is not spent', () => {
    const { budget } = budgetAt()
    const { tool } = known as Extract<State, { status: 'tool' }>
    const thiefs = tool.keys.map((key) => ({ ...key, revoked_at: 1 }))
    const keys = [...thiefs, publicKey(otherKey)]
    const revoked: State = { status: 'tool', tool: { ...tool, keys } }
    const ahead = new Date(Date.parse(AT) + 3_600_000).toISOString()
    for (let n = 0; n < 100; n += 1) {
      const byThief = ofVersion(n, {}, {}, toolKey)
      const early = ofVersion(n, {}, { announced_at: ahead }, otherKey)
      for (const input of [byThief, early]) {
        expect(budget.beyond([{ doc: 'tool/settling', state: revoked, input }]).size).toBe(0)
      }
    }
    expect(taken(budget, [ofVersion(2, {}, {}, otherKey)], revoked)).toBe(1)
  })

  test('when the version that new orders take is named to and fro, then each counts', () => {
    const { budget } = budgetAt()
    const two = after(announcedTool(), ofVersion(1))
    const pins = Array.from({ length: 100 }, (_, n) =>
      n % 2 === 0 ? announcedTool({ pin: true }) : ofVersion(1, {}, { pin: true }),
    )
    // sixty change it; of the others every second asks for what is
    expect(taken(budget, pins, two)).toBe(60 + 20)
  })
})
