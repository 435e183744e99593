import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readGroups, startGroups } from './groups.ts'
import { PROCESSES } from './service-list.ts'
import { splitInGroups } from './split-in-groups.ts'

const all = PROCESSES
const names = (groups: { name: string }[][]) => groups.map((one) => one.map(({ name }) => name))

test('every service is in one group, whatever their number', () => {
  const plans = fc.array(
    fc.record({ name: fc.string(), share: fc.option(fc.integer({ min: 1 }), { nil: undefined }) }),
  )
  fc.assert(
    fc.property(plans, fc.integer({ min: 1, max: 12 }), (some, count) => {
      const groups = splitInGroups(some, count)
      expect(groups.length).toBe(Math.min(count, some.length))
      expect(new Set(groups.flat())).toEqual(new Set(some))
      expect(groups.flat()).toHaveLength(some.length)
    }),
  )
})

test('two groups have about the same work, each with services in their order', () => {
  expect(names(splitInGroups(all, 1))).toEqual([all.map(({ name }) => name)])
  const [one = [], other = []] = names(splitInGroups(all, 2))
  // what costs most stands against the next two
  expect(one).toContain('attestation')
  expect(other).toEqual(expect.arrayContaining(['dispatch', 'receipt']))
  const order = (name: string) => all.findIndex((known) => known.name === name)
  for (const group of [one, other])
    expect(group).toEqual(group.toSorted((a, b) => order(a) - order(b)))
})

test('the number of groups is a small one', () => {
  expect(readGroups('2')).toBe(2)
  for (const text of ['0', '10', '-1', '1.5', 'two', '']) expect(() => readGroups(text)).toThrow()
})

test('a group that cannot start is told, and nothing is left running', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'prooftrail-groups-'))
  const plan = (name: string) => ({ name, folder: 'services/intake', env: {} })
  try {
    const starting = startGroups([plan('intake'), plan('receipt')], join(dir, 'log'), 2)
    await expect(starting).rejects.toThrow('KAFKA_BROKERS')
  } finally {
    rmSync(dir, { recursive: true })
  }
})
