import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const textOf = (path: string) => readFileSync(join(import.meta.dirname, path), 'utf8')

test('the README has every command', () => {
  const rows = textOf('../README.md')
    .split('\n')
    .filter((line) => line.startsWith('| `'))
  const files = ['tools', 'batches', 'log', 'key-lists', 'parked'].map(
    (name) => `commands/${name}.ts`,
  )
  const sources = ['program.ts', ...files].map(textOf).join('\n')
  const names = [...sources.matchAll(/\.command\('([a-z]+)/g)].map(([, name]) => name ?? '')
  expect(names.length).toBeGreaterThan(20)
  const said = (name: string) => rows.some((row) => new RegExp(`\`([a-z]+ )?${name}\\b`).test(row))
  expect(names.filter((name) => !said(name))).toEqual([])
})
