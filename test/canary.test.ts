import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { ROOT, readText } from './repo/files.ts'
import { findFloating } from './repo/floating.ts'

const CANARY = 'test/canary.ts'
const OWN_CHECK = 'floats'

/** `<line> <check>` of every planted mistake; the mistake is on the line after its comment. */
const planted = readText(CANARY)
  .split('\n')
  .flatMap((text, at) => {
    const [, checks] = /\/\/ expect: ([\w ]+)$/.exec(text) ?? []
    return (checks ?? '')
      .split(' ')
      .filter(Boolean)
      .map((check) => `${at + 2} ${check}`)
  })

describe('given planted mistakes', () => {
  test('when the linter runs, then it finds each', async () => {
    const expected = planted.filter((one) => !one.endsWith(` ${OWN_CHECK}`))
    expect(await lint()).toEqual(expected)
  }, 180_000)

  test('when promises are looked for, then each that nobody waits for is found, here and nowhere else', () => {
    const found = findFloating()
    const here = found
      .filter(({ path }) => path === CANARY)
      .map(({ line }) => `${line} ${OWN_CHECK}`)
    expect(here).toEqual(planted.filter((one) => one.endsWith(` ${OWN_CHECK}`)))
    expect(found.filter(({ path }) => path !== CANARY)).toEqual([])
  }, 180_000)
})

interface Diagnostic {
  category: string
  location: { start: { line: number } }
}

/** What the linter says about the canary, which the repository's own settings leave out. */
async function lint(): Promise<string[]> {
  const settings = ['--config-path=biome.canary.json', '--reporter=json', '--max-diagnostics=none']
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['node_modules/@biomejs/biome/bin/biome', 'lint', ...settings, CANARY],
    { cwd: ROOT },
  ).catch((error: { stdout: string }) => error)
  const { diagnostics }: { diagnostics: Diagnostic[] } = JSON.parse(stdout)
  return diagnostics
    .map(({ category, location }) => ({ line: location.start.line, category }))
    .sort((a, b) => a.line - b.line)
    .map(({ line, category }) => `${line} ${category.split('/').at(-1)}`)
}
