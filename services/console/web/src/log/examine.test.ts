import { exampleKey, exampleTrailKey, growTree } from '@prooftrail/testing/trail'
import {
  cosign,
  cosignerVkey,
  encodeEntries,
  encodeHashes,
  POLICY_FORMAT,
  parseNote,
  rootAt,
  signCheckpoint,
  tilePath,
  tilesForSize,
  withSignatures,
} from '@prooftrail/trail/log'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { examine, type LogRequest, type ReadFile } from './examine.ts'
import type { LogMemory } from './memory.ts'
import { nextMemory } from './next-memory.ts'
import { cosignedBy, policyFault } from './witnesses.ts'

const ORIGIN = 'log.example/page'
const logKey = exampleKey(ORIGIN, ['log'])
const keys = JSON.stringify({ keys: [exampleTrailKey(logKey)] })
const NOW = Date.parse('2026-11-30T12:00:00.000Z')
const now = new Date(NOW).toISOString()

const leavesOf = (size: number, branch = 'a') =>
  Array.from({ length: size }, (_, i) =>
    new TextEncoder().encode(
      `sha256:${Buffer.from(`${i < 5 ? '' : branch}${i}`)
        .toString('hex')
        .padStart(64, '0')}`,
    ),
  )

/** The files of a log of these leaves, and its checkpoint. */
function logOf(leaves: readonly Uint8Array[]): { note: string; read: ReadFile } {
  const { get } = growTree(leaves)
  const size = leaves.length
  const note = signCheckpoint({ origin: ORIGIN, size, root: rootAt(size, get) }, logKey)
  const files = new Map<string, Uint8Array>()
  for (const tile of tilesForSize(size)) {
    const { level, index, width } = tile
    const first = index * 256
    const bytes =
      level === 'entries'
        ? encodeEntries(leaves.slice(first, first + width))
        : encodeHashes(Array.from({ length: width }, (_, i) => get(level * 8, first + i)))
    files.set(tilePath(tile), bytes)
  }
  return { note, read: async (path) => files.get(path) }
}

const look = ({ note, read }: ReturnType<typeof logOf>, more: Partial<LogRequest> = {}) =>
  examine({ note, keys, now: NOW, ...more }, read)

describe('a log that only grew', () => {
  test('is signed, has the tiles of its root, begins with what was seen, and holds every leaf', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 700 }),
        fc.integer({ min: 0, max: 699 }),
        fc.integer({ min: 1, max: 700 }),
        async (size, at, seen) => {
          const from = Math.min(seen, size)
          const leaf = at % size
          const before = logOf(leavesOf(from)).note
          const report = await look(logOf(leavesOf(size)), { before, leaf })
          expect(report).toMatchObject({ size, growth: { type: 'grown', from } })
          expect(report.unsigned ?? report.tiles).toBeUndefined()
          expect(report.inclusion).toMatchObject({ index: leaf, holds: true })
          expect(report.newest[0]?.index).toBe(size - 1)
        },
      ),
      { numRuns: 15 },
    )
  })

  test('is remembered, each time as it is now', async () => {
    const [small, large] = [logOf(leavesOf(7)), logOf(leavesOf(9))]
    const first = nextMemory(undefined, { note: small.note, report: await look(small), now })
    expect(first).toEqual({ note: small.note, seen_at: now })
    const again = await look(small, { before: small.note })
    expect(nextMemory(first, { note: small.note, report: again, now: 'later' })).toBe(first)
    const report = await look(large, { before: small.note })
    const later = nextMemory(first, { note: large.note, report, now: 'later' })
    expect(later).toEqual({ note: large.note, seen_at: 'later' })
  })

  test('says whose signature counts: of the list, or of the keys of it that alone count', async () => {
    const [own, other] = [exampleTrailKey(logKey), exampleTrailKey(exampleKey('b', ['log']))]
    const shown = logOf(leavesOf(7))
    const list = JSON.stringify({ keys: [other, own] })
    expect(await look(shown, { keys: list })).toMatchObject({ signer: own.kid })
    expect(await look(shown, { keys: list, only: [own.kid] })).toMatchObject({ signer: own.kid })
    const report = await look(shown, { keys: list, only: [other.kid] })
    expect(report.signer).toBeUndefined()
    expect(report.unsigned).toContain('no key of the key set belongs to the log')
  })

  test('has no leaf behind its end', async () => {
    const { inclusion } = await look(logOf(leavesOf(7)), { leaf: 7 })
    expect(inclusion).toEqual({ index: 7, fault: 'the log has 7 leaves, the last is 6' })
  })

  test('may be empty', async () => {
    expect(await look(logOf([]))).toMatchObject({ size: 0, newest: [] })
  })
})

describe('a log that lies', () => {
  const seen = logOf(leavesOf(9))
  const memory: LogMemory = { note: seen.note, seen_at: now }

  test.each([
    ['another tree of more leaves', leavesOf(12, 'b'), 'forked'],
    ['another tree of as many', leavesOf(9, 'b'), 'forked'],
    ['fewer leaves than before', leavesOf(6), 'shrunk'],
  ])('by %s is found out, and what was seen is kept as evidence', async (_, leaves, type) => {
    const shown = logOf(leaves)
    const report = await look(shown, { before: seen.note })
    expect(report.growth).toMatchObject({ type, from: 9 })
    const next = nextMemory(memory, { note: shown.note, report, now: 'later' })
    expect(next).toMatchObject({ note: seen.note, alarm: { note: shown.note, type } })
    const good = await look(seen, { before: seen.note })
    expect(nextMemory(next, { note: seen.note, report: good, now: 'even later' })).toBe(next)
  })

  test('by a checkpoint that nobody signed is told, and neither believed nor remembered', async () => {
    const shown = logOf(leavesOf(12, 'b'))
    const other = JSON.stringify({ keys: [exampleTrailKey(exampleKey(ORIGIN, ['agent']))] })
    const report = await look(shown, { before: seen.note, keys: other })
    expect(report.unsigned).toBeDefined()
    expect(nextMemory(memory, { note: shown.note, report, now })).toBe(memory)
    expect(nextMemory(undefined, { note: shown.note, report, now })).toBeUndefined()
  })

  test('by tiles of another tree is told, and not remembered', async () => {
    const shown = { note: seen.note, read: logOf(leavesOf(9, 'b')).read }
    const report = await look(shown, { leaf: 8 })
    expect(report.tiles).toBeDefined()
    expect(report.inclusion).toMatchObject({ holds: false })
    expect(nextMemory(undefined, { note: shown.note, report, now })).toBeUndefined()
  })

  test('by leaving tiles out is told', async () => {
    const shown = { note: seen.note, read: async () => undefined }
    const report = await look(shown, { leaf: 3 })
    expect(report.tiles).toContain('the log has no tile/')
    expect(report.inclusion).toMatchObject({ fault: expect.stringContaining('the log has no') })
  })
})

describe('witnesses', () => {
  const { note } = logOf(leavesOf(9))
  const { text } = parseNote(note)
  const witness = exampleKey('witness.example/one', ['log'])
  const seconds = NOW / 1000
  const cosigned = withSignatures(note, [cosign(text, 'witness.example/one', witness, seconds)])
  const policyOf = (vkey: string) =>
    JSON.stringify({ format: POLICY_FORMAT, witnesses: [{ vkey }], at_least: 1 })

  test('are named by their own word, and counted by a policy that has their key', () => {
    const one = { name: 'witness.example/one', at: now }
    expect(cosignedBy(cosigned, undefined)).toEqual({ size: 9, witnesses: [one] })
    const vkey = cosignerVkey('witness.example/one', witness.privateKey)
    const { witnesses, asked } = cosignedBy(cosigned, policyOf(vkey))
    expect(witnesses).toEqual([{ ...one, counts: true }])
    expect(asked).toEqual({ at_least: 1, missing: 0, log_key: true })
  })

  test('count for nothing where the policy has another key', () => {
    const vkey = cosignerVkey('witness.example/one', exampleKey('other', ['log']).privateKey)
    const { witnesses, asked } = cosignedBy(cosigned, policyOf(vkey))
    expect(witnesses).toMatchObject([{ counts: false }])
    expect(asked).toMatchObject({ missing: 1 })
    expect(policyFault(policyOf(vkey))).toBeUndefined()
    expect(policyFault('{}')).toBeDefined()
  })
})
