import { PROBLEM_SECTIONS } from '@prooftrail/trail/format'
import { expect, test } from 'vitest'
import { checksOf, TOLD_CODES } from './checks.ts'

test('every code of the verifier belongs to one check', () => {
  expect([...TOLD_CODES].sort()).toEqual(Object.keys(PROBLEM_SECTIONS).sort())
})

test('given no problem, then every check passed', () => {
  expect(checksOf({ problems: [] }, false).map(({ outcome }) => outcome)).toEqual(
    Array(8).fill('passed'),
  )
})

test('given a link whose digest is not its own, then what rests on it was not reached', () => {
  const problems = [{ code: 'LINK_DIGEST' as const, link: 'work_order', detail: 'it differs' }]
  expect(checksOf({ problems }, false).map(({ outcome }) => outcome)).toEqual([
    ...['passed', 'passed', 'failed'],
    ...Array(5).fill('unreached'),
  ])
})

test('given a signature that does not hold, then everything else was still checked', () => {
  const problems = [{ code: 'LINK_SIGNATURE' as const, link: 'work_order', detail: 'not its key' }]
  const outcomes = checksOf({ problems }, false).map(({ outcome }) => outcome)
  expect(outcomes.filter((one) => one === 'failed')).toHaveLength(1)
  expect(outcomes).not.toContain('unreached')
})

test('given a policy, then its witnesses are one check more', () => {
  expect(checksOf({ problems: [] }, true)).toHaveLength(9)
})
