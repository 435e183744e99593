import { exampleKey, makeExampleTrail } from '@prooftrail/testing/trail'
import { describe, expect, test } from 'vitest'
import { parseCheckpoint } from './checkpoint.ts'
import { cosign, cosignerVkey, parsePolicy, signCheckpoint, vkeyOf, withSignatures } from './log.ts'
import { parseNote } from './note.ts'
import { timeOf } from './shape.ts'
import { verifyTrail } from './verify.ts'

const { bundle, keys } = makeExampleTrail({ kind: 'tokenops-ready' })
const { origin, checkpoint } = bundle.log
const { text } = parseNote(checkpoint)
const logKey = keys.keys.find(({ roles }) => roles.includes('log'))
const logVkey = vkeyOf(origin, logKey ?? exampleKey('x', ['log']).privateKey)
const witnesses = ['w1', 'w2', 'w3'].map((name) => ({ name, key: exampleKey(name, ['log']) }))
const vkeys = witnesses.map(({ name, key }) => ({ vkey: cosignerVkey(name, key.privateKey) }))
const issuedAt = timeOf(verifyTrail(bundle, keys).links.at(-1)?.issued_at) ?? 0
const second = Math.floor(issuedAt / 1000)
const timeAt = (seconds: number) => new Date(seconds * 1000).toISOString()

/** The bundle with a checkpoint that these witnesses cosigned, at these seconds. */
function cosigned(...times: (number | undefined)[]) {
  const lines = times.flatMap((time, i) => {
    const witness = witnesses[i]
    if (time === undefined || witness === undefined) return []
    return [cosign(text, witness.name, witness.key, time)]
  })
  return { ...bundle, log: { ...bundle.log, checkpoint: withSignatures(checkpoint, lines) } }
}

const policy = (changes: object = {}) => ({
  format: 'prooftrail-policy/v1',
  witnesses: vkeys,
  at_least: 2,
  ...changes,
})
const codes = (of: unknown, wanted: unknown) =>
  verifyTrail(of, keys, wanted).problems.map(({ code }) => code)
const missing = (of: unknown, wanted: unknown) => verifyTrail(of, keys, wanted).policy?.missing

describe('given a policy of two of three witnesses', () => {
  test('when two cosigned, then the trail verifies, and says who and when', () => {
    const verdict = verifyTrail(cosigned(second + 9, undefined, second + 5), keys, policy())
    expect(verdict).toMatchObject({ ok: true, verdict: 'ready' })
    expect(verdict.policy).toEqual({
      at_least: 2,
      missing: 0,
      log_key: true,
      cosigned: [
        { name: 'w1', time: second + 9 },
        { name: 'w3', time: second + 5 },
      ],
    })
  })

  test('when one did, or none, then it says how many are missing, and relies on nothing', () => {
    const verdict = verifyTrail(cosigned(undefined, second + 1), keys, policy())
    expect(verdict).toMatchObject({ ok: false, policy: { missing: 1 } })
    expect(verdict.verdict).toBeUndefined()
    expect(verdict.problems).toEqual([
      {
        code: 'POLICY_COSIGNATURES',
        detail: '1 missing of 2 cosignatures of 3 witnesses: w2',
      },
    ])
    expect(missing(bundle, policy())).toBe(2)
    expect(verifyTrail(bundle, keys).ok).toBe(true)
  })

  test('when one witness signs as often as it likes, then it is one', () => {
    const [w1] = witnesses
    if (w1 === undefined) throw new Error('no witness')
    const again = [1, 2, 3].map((n) => cosign(text, w1.name, w1.key, second + n))
    // under another name its key has another key hash, and is not in the policy
    const renamed = cosign(text, 'w2', w1.key, second)
    const note = withSignatures(checkpoint, [...again, renamed])
    const of = { ...bundle, log: { ...bundle.log, checkpoint: note } }
    expect(missing(of, policy())).toBe(1)
    expect(codes(of, policy({ witnesses: [vkeys[0], vkeys[0]] }))).toContain('POLICY_FORM')
  })

  test('when a witness cosigned another tree of this size, then it does not count', () => {
    const { size } = parseCheckpoint(checkpoint)
    const forked = signCheckpoint(
      { origin, size, root: new Uint8Array(32) },
      exampleKey(origin, ['log']),
    )
    const [line = ''] = witnesses.map(({ name, key }) => {
      return cosign(parseNote(forked).text, name, key, second)
    })
    const note = withSignatures(checkpoint, [line])
    expect(missing({ ...bundle, log: { ...bundle.log, checkpoint: note } }, policy())).toBe(2)
  })
})

describe('given keys that are accepted until a time', () => {
  const until = (seconds: number) =>
    policy({ witnesses: vkeys.map((key) => ({ ...key, until: timeAt(seconds) })) })

  test('when a witness cosigned before, then it counts; from that second on it does not', () => {
    expect(codes(cosigned(second + 9, second + 9), until(second + 10))).toEqual([])
    expect(missing(cosigned(second + 10, second + 9), until(second + 10))).toBe(1)
  })

  test('when a cosignature is older than what it covers, then it does not count', () => {
    expect(missing(cosigned(second - 290, second - 310), policy())).toBe(1)
  })

  test('when the log’s key ended before the entry, then it is not that of the policy', () => {
    const of = cosigned(second + 9, second + 9)
    const logs = (seconds: number) => policy({ logs: [{ vkey: logVkey, until: timeAt(seconds) }] })
    expect(codes(of, policy({ logs: [{ vkey: logVkey }] }))).toEqual([])
    expect(codes(of, logs(second + 10))).toEqual([])
    expect(codes(of, logs(second - 1))).toEqual(['POLICY_LOG_KEY', 'POLICY_COSIGNATURES'])
  })

  test('when a retired log key signs later, then no cosignature of that time saves it', () => {
    const logs = [{ vkey: logVkey, until: timeAt(second + 100) }]
    // the entry is dated back; what the witnesses saw is not
    const late = cosigned(second + 100, second + 200)
    expect(codes(late, policy({ logs }))).toEqual(['POLICY_COSIGNATURES'])
    const other = vkeyOf(origin, exampleKey('another', ['log']).privateKey)
    expect(codes(late, policy({ logs: [{ vkey: other }] }))).toContain('POLICY_LOG_KEY')
    const ofOther = vkeyOf('another.log', exampleKey('another', ['log']).privateKey)
    expect(codes(late, policy({ logs: [...logs, { vkey: ofOther }] }))).toEqual([
      'POLICY_COSIGNATURES',
    ])
  })
})

test.each([
  '{',
  '{}',
  policy({ format: 'prooftrail-policy/v2' }),
  policy({ at_least: 4 }),
  policy({ at_least: -1 }),
  policy({ at_least: '2' }),
  policy({ more: 1 }),
  policy({ logs: [] }),
  policy({ logs: vkeys }),
  policy({ witnesses: [{ vkey: logVkey }], at_least: 0 }),
  policy({ witnesses: [{ ...vkeys[0], until: '2026' }], at_least: 0 }),
  policy({ witnesses: [{ ...vkeys[0], since: timeAt(1) }], at_least: 0 }),
  policy({ witnesses: 'w1' }),
])('%# is no policy', (wrong) => {
  expect(() => parsePolicy(wrong)).toThrow()
  expect(codes(cosigned(second, second), wrong)).toContain('POLICY_FORM')
})
