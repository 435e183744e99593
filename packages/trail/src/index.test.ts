import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

/** The names that a module exports by lists, types included. */
function namesOf(file: string): string[] {
  const source = readFileSync(new URL(file, import.meta.url), 'utf8')
  const lists = [...source.matchAll(/^export (?:type )?\{([^}]*)\}/gm)].flatMap(([, list]) => list)
  return lists
    .join()
    .split(',')
    .map((name) => name.trim().replace(/^type /, ''))
    .filter((name) => name !== '')
}

test('the main entry is small enough to be known by heart', () => {
  const names = namesOf('./index.ts')
  expect(names).toContain('Link')
  expect(names).toContain('Verdict')
  expect(names.length).toBeLessThanOrEqual(40)
  expect(readFileSync(new URL('./index.ts', import.meta.url), 'utf8')).not.toContain('export *')
})
