import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { applyChange, makeVectors } from '../vectors.ts'
import { canonicalize } from './canonical.ts'
import { TrailError } from './errors.ts'
import { keyListDigest, keyListFault, parseKeyList } from './key-list.ts'
import { parseStrict } from './strict-json.ts'
import { verifyTrail } from './verify.ts'

const folder = fileURLToPath(new URL('../../../test/vectors/', import.meta.url))
const read = (name: string) => JSON.parse(readFileSync(folder + name, 'utf8'))
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.json'),
)

test('the vectors are those that the code makes, and all of them', () => {
  const made = makeVectors()
  expect(files.sort()).toEqual(Object.keys(made).sort())
  for (const name of files) {
    expect(read(name)).toEqual(JSON.parse(JSON.stringify(made[name])))
  }
})

test('the trails of the files verify as they say', () => {
  for (const name of files.filter((file) => file.startsWith('trails/'))) {
    const { bundle, keys, expected } = read(name)
    expect(verifyTrail(bundle, keys)).toMatchObject({ ...expected, ok: true, problems: [] })
  }
})

test('the tampered trails and the lies fail where they say', () => {
  for (const { of, pointer, problems, ...change } of read('tampered.json')) {
    const { bundle, keys } = read(`trails/${of}.json`)
    const verdict = verifyTrail(applyChange(bundle, pointer, change), keys)
    expect(problems).not.toEqual([])
    expect(verdict).toMatchObject({ ok: false, problems })
  }
  for (const { bundle, keys, problems } of read('lies.json')) {
    expect(problems).not.toEqual([])
    expect(verifyTrail(bundle, keys)).toMatchObject({ ok: false, problems })
  }
})

test('the key lists of the file follow, or do not, as they say', () => {
  const { first, digest, cases } = read('key-lists.json')
  const before = parseKeyList(first)
  expect(keyListFault(before, undefined)).toBeUndefined()
  expect(keyListDigest(before)).toBe(digest)
  const said = cases.map(({ list, follows }: { list: unknown; follows: boolean }) => {
    try {
      return (keyListFault(parseKeyList(list), before) === undefined) === follows
    } catch {
      return !follows
    }
  })
  expect(said).toEqual(cases.map(() => true))
  const good = cases.filter(({ follows }: { follows: boolean }) => follows)
  expect([good.length, cases.length]).toEqual([4, 17])
})

test('the policies of the file are kept, or broken as they say', () => {
  const { of, cases } = read('policies.json')
  const { bundle, keys } = read(`trails/${of}.json`)
  for (const { policy, checkpoint, problems, missing } of cases) {
    const log = { ...bundle.log, checkpoint }
    const verdict = verifyTrail({ ...bundle, log }, keys, policy)
    expect(verdict.problems.map(({ code }) => code)).toEqual(problems)
    expect(verdict.policy?.missing).toBe(missing)
  }
  expect(cases.map(({ problems: [first] }: { problems: string[] }) => first ?? 'kept')).toEqual([
    ...['kept', 'POLICY_COSIGNATURES', 'kept', 'POLICY_COSIGNATURES', 'kept'],
    ...['POLICY_COSIGNATURES', 'POLICY_LOG_KEY', 'kept', 'POLICY_COSIGNATURES', 'POLICY_FORM'],
  ])
})

test('the texts of the files are canonical, or refused with their code', () => {
  const { accepted, refused } = read('canonical.json')
  for (const { json, canonical } of accepted)
    expect(canonicalize(parseStrict(json))).toBe(canonical)
  for (const { json, code } of refused) {
    expect(() => parseStrict(json)).toThrow(TrailError)
    expect(() => parseStrict(json)).toThrow(expect.objectContaining({ code }))
  }
})
