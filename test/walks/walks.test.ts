/** CONTRIBUTING.md tells which files change; whoever changes these and no others is done. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WALKS } from './edits.ts'
import { linkPackages, makeScratch, type Scratch } from './scratch.ts'
import { type Edit, edited, listedFiles } from './walk.ts'

describe.each(WALKS)('$title', ({ title, edits }) => {
  const paths = [...new Set(edits.map(({ path }) => path))]
  const { files, most } = listedFiles(title)

  test('changes the files that the page lists', () => {
    expect(files.length).toBeGreaterThan(0)
    expect(paths.filter((path) => !files.some((listed) => covers(listed, path)))).toEqual([])
    expect(files.filter((listed) => !paths.some((path) => covers(listed, path)))).toEqual([])
  })

  test('changes no more files than the page promises', () => {
    if (most !== undefined) expect(paths.length).toBeLessThanOrEqual(most)
  })
})

test('a tool changes no file that exists', () => {
  const [tool] = WALKS
  expect(tool?.edits.filter((edit) => !('text' in edit))).toEqual([])
})

/** All walks in one copy: a copy for each would say the same and take five times as long. */
describe('given a copy with all of them', () => {
  let scratch: Scratch

  beforeAll(() => {
    scratch = makeScratch()
    for (const { edits } of WALKS) for (const edit of edits) apply(scratch.root, edit)
    linkPackages(scratch.root)
  }, 300_000)
  afterAll(() => scratch.remove())

  test('when the rest is generated, then it compiles and its tests pass', async () => {
    await scratch.run('tsx', '--conditions=@prooftrail/source', 'packages/contracts/codegen.ts')
    await scratch.run('tsc', '-p', 'tsconfig.test.json')
    const compose = readFileSync(join(scratch.root, 'docker-compose.yml'), 'utf8')
    expect(compose).toContain('SERVICE: services/executors/thermometer')
    expect(compose).toContain('SERVICE: services/archive')
    const tested = [
      'test/repo.test.ts',
      'packages/contracts/src/codegen.test.ts',
      'packages/cli/src/service-env.test.ts',
      'services/executors/thermometer',
      'services/executors/tokenops',
    ]
    await scratch.run('vitest', 'run', '--project', 'unit', ...tested)
  }, 600_000)
})

/** `NAME` and `*` of the page stand for any name. */
function covers(listed: string, path: string): boolean {
  const pattern = listed
    .replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '[^/]+')
    .replaceAll('NAME', '[a-z0-9._-]+')
  return new RegExp(`^${pattern}$`).test(path)
}

function apply(root: string, edit: Edit): void {
  const path = join(root, edit.path)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, edited(edit, existsSync(path) ? readFileSync(path, 'utf8') : undefined))
}
