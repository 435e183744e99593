import { Refusal } from '@prooftrail/runtime'
import { digestOf } from '@prooftrail/trail/encoding'
import { describe, expect, test } from 'vitest'
import {
  AT,
  aContext,
  agentKey,
  aManifest,
  announcedTool,
  asJson,
  otherKey,
  publicKey,
  seconds,
  toolKey,
} from './intake.fixtures.ts'
import { intake } from './service.ts'
import type { State, ToolInput } from './state.ts'
import { versionForOrders } from './versions.ts'

const { decide, evolve, route } = intake

const absent: State = { status: 'absent' }
const LATER = '2026-11-23T12:30:00.000Z'

describe('given a tool that nobody announced', () => {
  test('when a good announcement comes, then the version is registered and the key holds the name', () => {
    expect(decide(absent, announcedTool(), aContext())).toEqual([
      {
        type: 'tool.registered',
        data: {
          tool: 'settling',
          keys: [{ ...publicKey(toolKey), nbf: seconds(AT, -300) }],
          versions: [
            {
              version: '1.0.0',
              manifest: aManifest(),
              manifest_digest: digestOf(aManifest()),
              price: 5,
              registered_at: AT,
            },
          ],
          registered_at: AT,
          revision: 0,
          announced_at: expect.any(String),
        },
      },
    ])
  })

  const faulty: [string, ToolInput, string][] = [
    ['a changed member', changed({ checked: true }), 'PT-1041'],
    ['no signature', announcedTool({ signature: '' }), 'PT-1041'],
    ['another key’s signature', changed({ key: publicKey(agentKey) }), 'PT-1041'],
    [
      'a kid that is not the thumbprint',
      announcedTool({ key: { ...publicKey(toolKey), kid: 'k' } }),
      'PT-1046',
    ],
    ['a key that is none', announcedTool({ key: { kid: 'k', x: 'AAAA' } }), 'PT-1046'],
    [
      'an expired key',
      announcedTool({ key: { ...publicKey(toolKey), exp: seconds(AT) } }),
      'PT-1046',
    ],
    ['another tool in its manifest', withManifest({ tool: 'other' }), 'PT-1043'],
    ['another version in its manifest', withManifest({ version: '1.0.1' }), 'PT-1043'],
    [
      'a proof trail that no verifier knows',
      withManifest({
        proof_trail: aManifest().proof_trail.toSpliced(
          2,
          0,
          'readiness_result',
          'readiness_result',
        ),
      }),
      'PT-1043',
    ],
    ['a manifest that is a text', announcedTool({ manifest: 'manifest' }), 'PT-1043'],
    ['a withdrawal of what is not there', announcedTool({ withdraw: true }), 'PT-1045'],
  ]
  test.each(faulty)('when it comes with %s, then it is parked', (_, input, code) => {
    expect(refusalOf(absent, input)).toMatchObject({ code })
  })

  test('when its manifest has several faults, then each one is named', () => {
    const { capabilities: _, ...rest } = aManifest()
    const manifest = { ...rest, price: { credits: -1, metering_policy: 'fixed_credit_debit' } }
    const refusal = refusalOf(
      absent,
      announcedTool({ manifest: JSON.parse(JSON.stringify(manifest)) }),
    )
    expect(refusal).toMatchObject({ code: 'PT-1043' })
    expect(refusal.detail).toMatch(/capabilities/)
    expect(refusal.detail).toMatch(/price/)
  })
})

describe('given a registered tool', () => {
  const state = after(absent, announcedTool())

  test('when the same is said again, then nothing happens', () => {
    expect(decide(state, announcedTool({}, toolKey, LATER), aContext())).toEqual([])
  })

  test('when its key announces another version, then both are registered', () => {
    const input = withManifest({ version: '1.1.0' }, { version: '1.1.0' }, LATER)
    const [event] = decide(state, input, aContext())
    expect(event).toMatchObject({
      type: 'tool.registered',
      data: {
        keys: [{ kid: toolKey.key_id, nbf: seconds(AT, -300) }],
        versions: [
          { version: '1.0.0', registered_at: AT },
          { version: '1.1.0', registered_at: LATER },
        ],
        registered_at: AT,
        revision: 1,
      },
    })
  })

  test('when another key announces a version, then the name is not given away', () => {
    expect(refusalOf(state, announcedTool({}, otherKey))).toMatchObject({ code: 'PT-1042' })
  })

  test('when the version comes with another manifest, then it is parked with the first digest', () => {
    const input = withManifest({ price: { credits: 9, metering_policy: 'fixed_credit_debit' } })
    expect(refusalOf(state, input)).toMatchObject({
      code: 'PT-1044',
      firstDigest: digestOf(aManifest()),
    })
  })

  test('when the version is withdrawn, then it stays and says since when', () => {
    const withdrawn = after(state, announcedTool({ withdraw: true }, toolKey, LATER))
    expect(withdrawn).toMatchObject({
      tool: { versions: [{ version: '1.0.0', withdrawn_at: LATER }], revision: 1 },
    })
    expect(
      decide(withdrawn, announcedTool({ withdraw: true }, toolKey, LATER), aContext()),
    ).toEqual([])
    expect(decide(withdrawn, announcedTool({}, toolKey, LATER), aContext())).toEqual([])
  })

  test('when it is announced as checked later, then that is said, and forced is forgotten', () => {
    const forced = after(state, announcedTool({ forced: true }))
    expect(toolOf(forced).versions).toMatchObject([{ version: '1.0.0', forced: true }])
    const checked = after(forced, announcedTool({ checked: true }))
    expect(toolOf(checked)).toMatchObject({ versions: [{ checked: true }], revision: 2 })
    expect(toolOf(checked).versions[0]).not.toHaveProperty('forced')
    expect(decide(checked, announcedTool({ forced: true }), aContext())).toEqual([])
    expect(decide(checked, announcedTool({ checked: true }), aContext())).toEqual([])
  })

  test('when an older version is pinned, then new orders take it until it is let go or withdrawn', () => {
    const newer = after(state, withManifest({ version: '1.1.0' }, { version: '1.1.0' }))
    expect(versionForOrders(toolOf(newer))?.version).toBe('1.1.0')
    const pinned = after(newer, announcedTool({ pin: true }))
    expect(toolOf(pinned).pinned).toBe('1.0.0')
    expect(versionForOrders(toolOf(pinned))?.version).toBe('1.0.0')
    expect(decide(pinned, announcedTool({ pin: true }), aContext())).toEqual([])
    const next = after(pinned, withManifest({ version: '1.2.0' }, { version: '1.2.0' }))
    expect(versionForOrders(toolOf(next))?.version).toBe('1.0.0')
    const free = after(next, announcedTool({ pin: false }))
    expect(versionForOrders(toolOf(free))?.version).toBe('1.2.0')
    const gone = after(pinned, announcedTool({ withdraw: true }))
    expect(toolOf(gone)).not.toHaveProperty('pinned')
    expect(versionForOrders(toolOf(gone))?.version).toBe('1.1.0')
    expect(refusalOf(gone, announcedTool({ pin: true }))).toMatchObject({ code: 'PT-1045' })
  })

  test('when the key that registered it is over, then it announces nothing after that', () => {
    const ending = { ...publicKey(toolKey), exp: seconds(LATER) }
    const ended = after(absent, announcedTool({ key: ending }))
    expect(ended).toMatchObject({ tool: { keys: [{ exp: seconds(LATER) }] } })
    const last = withManifest({ version: '1.2.0' }, { version: '1.2.0' }, LATER)
    expect(refusalOf(ended, last)).toMatchObject({ code: 'PT-1046' })
  })

  test('when all versions together become too large, then no more is registered', () => {
    const filled: State = { status: 'tool', tool: { ...toolOf(state) } }
    const description = 'd'.repeat(50_000)
    const versions = Array.from({ length: 63 }, (_, i) => ({
      version: `0.0.${i}`,
      manifest: asJson(aManifest({ version: `0.0.${i}`, description })),
      manifest_digest: digestOf(i),
      price: 5,
      registered_at: AT,
    }))
    filled.tool.versions = versions
    expect(refusalOf(filled, announcedTool())).toMatchObject({ code: 'PT-1047' })
  })
})

test('given an announcement, when its message key is another tool, then it is parked', () => {
  expect(route(announcedTool())).toBe('tool/settling')
  expect(() => route({ ...announcedTool(), key: 'other' })).toThrow(/PT-1001/)
})

/** An announcement that was changed after signing. */
function changed(changes: Partial<ToolInput['data']>): ToolInput {
  const input = announcedTool()
  return { ...input, data: { ...input.data, ...changes } }
}

function withManifest(
  manifest: Partial<ReturnType<typeof aManifest>>,
  changes: Partial<ToolInput['data']> = {},
  at = AT,
): ToolInput {
  return announcedTool({ manifest: asJson(aManifest(manifest)), ...changes }, toolKey, at)
}

function after(state: State, input: ToolInput): State {
  return decide(state, input, aContext()).reduce(evolve, state)
}

function toolOf(state: State) {
  if (state.status !== 'tool') throw new Error('no tool')
  return state.tool
}

function refusalOf(state: State, input: ToolInput): Refusal {
  try {
    decide(state, input, aContext())
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
  throw new Error('not refused')
}
