import { honest, LIARS, lies } from '@prooftrail/testing/lies'
import { EXAMPLE_KINDS } from '@prooftrail/testing/trail'
import { expect, test } from 'vitest'
import { verifyTrail } from './verify.ts'

/** How many are drawn; the seed says which. */
const LIES = Number(process.env.LIES ?? 640)
const SEED = Number(process.env.LIES_SEED ?? 20_260_301)

test(`of ${LIES} trails that all parties signed and that are not so, none verifies and each is told why`, () => {
  const [groups, kinds] = [new Set<string>(), new Set<string>()]
  const [verified, failed]: [string[], string[]] = [[], []]
  for (const { group, of, what, bundle, keys } of lies(LIES, SEED)) {
    const { ok, problems } = verifyTrail(bundle, keys)
    const told = `${group} of ${of}: ${what}`
    if (ok || problems.length === 0) verified.push(told)
    if (problems.some(({ code }) => code === 'INTERNAL')) failed.push(told)
    groups.add(group)
    kinds.add(of)
  }
  expect(verified).toEqual([])
  expect(failed).toEqual([])
  expect([...groups].sort()).toEqual(Object.keys(LIARS).sort())
  expect([...kinds].sort()).toEqual([...EXAMPLE_KINDS].sort())
}, 300_000)

test('honest trails verify, however different they look', () => {
  for (const { of, what, bundle, keys } of honest(LIES / 4, SEED)) {
    const { ok, problems } = verifyTrail(bundle, keys)
    expect({ of, what, ok, problems }).toMatchObject({ ok: true, problems: [] })
  }
}, 300_000)
