/** Levels of the log say what the page says of them: an error pages somebody, and nothing else is one. */
import { PAGING } from '@prooftrail/runtime'
import { describe, expect, test } from 'vitest'
import { alerts } from '../deploy/observability/alerts.ts'
import { scaleOf } from '../deploy/observability/scale.ts'
import { readText, sourcesOf } from './repo/files.ts'
import { readWorkspaces } from './repo/workspaces.ts'

const THREAD = 'packages/runtime/bin/watch-thread.js'
const sources = readWorkspaces().flatMap(({ folder }) => sourcesOf(folder))

describe('errors', () => {
  test('are logged in one place, which asks for the alert', () => {
    const places = sources.filter((path) =>
      /\blog\??\.(error|fatal)\(|#log\.(error|fatal)\(/.test(readText(path)),
    )
    expect(places).toEqual(['packages/runtime/src/log.ts'])
  })

  test('of the thread that watches name theirs too', () => {
    const said = [...readText(THREAD).matchAll(/say\('PT-\d+', (\d+),.*/g)]
    expect(said.length).toBeGreaterThan(2)
    for (const [line, level] of said) if (Number(level) >= 50) expect(line).toContain('alert:')
    const named = [...readText(THREAD).matchAll(/alert: '(\w+)'/g)].map(([, name]) => name)
    for (const name of named) expect(PAGING).toContain(name)
  })

  test.each(PAGING)('%s pages, and something logs beside it', (name) => {
    const severities = alerts(scaleOf(1)).flatMap((one) =>
      one.name === name ? [one.severity] : [],
    )
    expect(severities).toContain('page')
    const all = [...sources, THREAD].filter((path) => !path.endsWith('runtime/src/log.ts'))
    expect(all.some((path) => readText(path).includes(`'${name}'`))).toBe(true)
  })
})

test('the page of levels has each, with its number, and every alert that an error names', () => {
  const page = readText('docs/operating.md').split('## Logs')[1]?.split('\n## ')[0] ?? ''
  for (const [level, number] of Object.entries({ error: 50, warn: 40, info: 30, debug: 20 })) {
    expect(page).toContain(`| \`${level}\` | ${number} |`)
  }
  for (const name of PAGING) expect(page).toContain(name)
})
