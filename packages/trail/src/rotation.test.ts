/** Keys change while trails live: what was signed before verifies afterwards, what is signed too late does not. */
import {
  type ExampleKind,
  exampleKey,
  exampleTrailKey,
  makeExampleTrail,
} from '@prooftrail/testing/trail'
import { describe, expect, test } from 'vitest'
import { openCheckpoint, parseCheckpoint, signCheckpoint } from './checkpoint.ts'
import type { Role, SigningKey, TrailKey } from './keys.ts'
import { timeOf } from './shape.ts'
import { verifyTrail } from './verify.ts'

const renewed = ({ party, roles }: SigningKey) => exampleKey(party, roles, `${party} renewed`)
const isLater = (name: string) => name.includes('/') || name === 'recovery_request'
const problems = (bundle: unknown, keys: unknown) =>
  verifyTrail(bundle, keys).problems.map(({ code, link }) => `${code} ${link}`)

/** A trail of two results whose later links in this role are signed by another key of the party. */
function rotated(
  kind: ExampleKind,
  role: Role,
  key: (later: boolean, usual: SigningKey) => SigningKey,
) {
  const made = makeExampleTrail({
    kind,
    key: (name, usual) => (usual.roles.includes(role) ? key(isLater(name), usual) : usual),
  })
  const own = verifyTrail(made.bundle, made.keys).links.filter(({ name }) => signs(name))
  function signs(name: string): boolean {
    const { keys } = made
    const party = made.signers[role]?.party
    const kid = made.bundle.links.find((link) => link.name === name)?.envelope.signatures[0].keyid
    const known = keys.keys.find((one) => one.kid === kid)
    return known === undefined || known.party === party
  }
  const later = own.filter(({ name }) => isLater(name))
  const at = Math.floor((timeOf(later[0]?.issued_at) ?? 0) / 1000)
  expect(own.length).toBeGreaterThan(later.length)
  expect(later.length).toBeGreaterThan(0)
  const old = made.signers[role]
  if (old === undefined) throw new Error(`the example has no ${role}`)
  const others = made.keys.keys.filter(({ kid }) => kid !== old.key_id)
  return { ...made, later, at, old, others }
}

const ROLES = ['agent', 'dispatch', 'executor', 'receipt', 'callback', 'attestation'] as const

describe.each(ROLES)('given a new key of the %s in the middle of a trail', (role) => {
  const kind = 'replayed'
  const keysOf = (old: TrailKey, others: readonly TrailKey[], next?: TrailKey) => ({
    keys: [...others, old, ...(next ? [next] : [])],
  })

  test('when the old one ends where the new one begins, then the whole trail verifies', () => {
    const { bundle, old, others, at } = rotated(kind, role, (later, usual) =>
      later ? renewed(usual) : usual,
    )
    const ended = exampleTrailKey(old, { exp: at })
    const next = exampleTrailKey(renewed(old), { nbf: at })
    expect(problems(bundle, keysOf(ended, others, next))).toEqual([])
    expect(problems(bundle, keysOf(ended, others)).join()).toContain('KEY_UNKNOWN')
  })

  test('when the retired one goes on signing, then exactly that is refused', () => {
    const { bundle, old, others, at, later } = rotated(kind, role, (_, usual) => usual)
    const ended = exampleTrailKey(old, { exp: at })
    const refused = later.map(({ name }) => `KEY_EXPIRED ${name}`)
    expect(problems(bundle, keysOf(ended, others, exampleTrailKey(renewed(old))))).toEqual(refused)
    expect(problems(bundle, keysOf(exampleTrailKey(old), others))).toEqual([])
  })

  test('when the new one signs what is dated before it, then that is refused', () => {
    const { bundle, old, others, at } = rotated(kind, role, (_, usual) => renewed(usual))
    const next = exampleTrailKey(renewed(old), { nbf: at })
    const found = problems(bundle, keysOf(exampleTrailKey(old), others, next))
    expect(found.length).toBeGreaterThan(0)
    for (const one of found) expect(one).toMatch(/^KEY_NOT_YET_VALID [a-z_]+$/)
  })
})

test('intake’s key: a refusal that it signed before it ended stays proven', () => {
  const { bundle, keys, signers } = makeExampleTrail({ kind: 'refused' })
  const { intake } = signers
  if (intake === undefined) throw new Error('the example has no intake')
  const issued = verifyTrail(bundle, keys).links.find(({ name }) => name === 'intake_decision')
  const second = (timeOf(issued?.issued_at) ?? 0) / 1000
  const others = keys.keys.filter(({ kid }) => kid !== intake.key_id)
  const ending = (exp: number) => ({ keys: [...others, exampleTrailKey(intake, { exp })] })
  expect(problems(bundle, ending(Math.floor(second) + 1))).toEqual([])
  expect(problems(bundle, ending(Math.floor(second)))).toEqual(['KEY_EXPIRED intake_decision'])
})

describe('given a new key of the log', () => {
  const { bundle, keys, signers } = makeExampleTrail({ kind: 'revised' })
  const { log: old } = signers
  if (old === undefined) throw new Error('the example has no log')
  const next = renewed(old)
  const checkpoint = parseCheckpoint(bundle.log.checkpoint)
  const signedBy = (first: SigningKey, ...more: SigningKey[]) => ({
    ...bundle,
    log: { ...bundle.log, checkpoint: signCheckpoint(checkpoint, first, ...more) },
  })
  const others = keys.keys.filter(({ kid }) => kid !== old.key_id)
  const newest = (timeOf(verifyTrail(bundle, keys).links.at(-1)?.issued_at) ?? 0) / 1000
  const before = { keys: [...others, exampleTrailKey(old)] }
  const during = { keys: [...before.keys, exampleTrailKey(next)] }
  const after = (exp: number, more = {}) => ({
    keys: [...others, exampleTrailKey(old, { exp, ...more }), exampleTrailKey(next)],
  })

  test('when both sign during the overlap, then holders of the old and of the new list open it', () => {
    const both = signedBy(next, old)
    for (const list of [before, during, after(newest + 1), after(newest)]) {
      expect(problems(both, list)).toEqual([])
    }
    expect(problems(signedBy(next), before)).toEqual(['LOG_CHECKPOINT undefined'])
    expect(problems(signedBy(next), during)).toEqual([])
  })

  test('when the old key has ended, then what it signed before holds, and what it signs later does not', () => {
    expect(problems(bundle, after(newest + 1))).toEqual([])
    expect(problems(bundle, after(newest))).toEqual(['LOG_CHECKPOINT undefined'])
    const revoked = (size: number) => ({
      keys: [...others, exampleTrailKey(old, { revoked_at_log_size: size }), exampleTrailKey(next)],
    })
    expect(problems(bundle, revoked(checkpoint.size))).toEqual([])
    expect(problems(bundle, revoked(checkpoint.size - 1))).toEqual(['LOG_CHECKPOINT undefined'])
  })

  test('when somebody follows the log, then a checkpoint of a key that has ended by now is refused', () => {
    const now = newest * 1000 + 60_000
    const open = (of: typeof bundle, list: typeof during) =>
      openCheckpoint(of.log.checkpoint, bundle.log.origin, list, now).size
    const ended = after(newest + 1)
    expect(open(bundle, during)).toBe(checkpoint.size)
    expect(() => open(bundle, ended)).toThrow(expect.objectContaining({ code: 'CHECKPOINT' }))
    expect(open(signedBy(old, next), ended)).toBe(checkpoint.size)
  })
})
