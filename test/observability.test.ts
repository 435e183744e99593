/** Panels, rules, alerts and run book say the same, and promtool agrees. */
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { describe, expect, test } from 'vitest'
import { untested } from '../deploy/observability/alert-cases.ts'
import { alerts } from '../deploy/observability/alerts.ts'
import { CONSOLE_PANELS, GENERATED, generateAll } from '../deploy/observability/generate.ts'
import { entryOfSeries, metricsIn } from '../deploy/observability/metrics.ts'
import { dashboards } from '../deploy/observability/panels.ts'
import { promql } from '../deploy/observability/query.ts'
import { pageModule } from '../deploy/observability/render/page.ts'
import { scaleOf } from '../deploy/observability/scale.ts'
import { recordsOf, slos } from '../deploy/observability/slos.ts'
import { ROOT, readText } from './repo/files.ts'

type Place = Record<'x' | 'y' | 'w' | 'h', number>

const scale = scaleOf(1)
const queries = dashboards.flatMap(({ uid, rows }) =>
  rows.flatMap(({ panels }) =>
    panels.flatMap(({ id, queries }) =>
      queries.map(({ query }) => ({ where: `${uid}/${id}`, expr: promql(query) })),
    ),
  ),
)
const records = slos.flatMap((slo) => recordsOf(slo, scale))

test('generated files are what their sources say: npm run observability', () => {
  const files = generateAll()
  for (const [path, text] of files) {
    expect(readText(relative(ROOT, join(GENERATED, path))), path).toBe(text)
  }
  expect(readText(relative(ROOT, CONSOLE_PANELS))).toBe(pageModule(dashboards))
  const there = readdirSync(GENERATED, { recursive: true, withFileTypes: true })
  const names = there.flatMap((one) =>
    one.isFile() ? [relative(GENERATED, join(one.parentPath, one.name))] : [],
  )
  expect(names.sort()).toEqual([...files.keys()].sort())
})

describe('panels', () => {
  test('have ids and uids of their own, and say what they tell', () => {
    expect(new Set(dashboards.map(({ uid }) => uid)).size).toBe(dashboards.length)
    for (const { uid, rows } of dashboards) {
      const panels = rows.flatMap((row) => row.panels)
      const ids = panels.map(({ id }) => id)
      expect([uid, ...new Set(ids)]).toEqual([uid, ...ids])
      for (const { description } of panels) expect(description).not.toBe('')
    }
  })

  test('lie on Grafana’s grid beside each other, each with a number of its own', () => {
    for (const { uid } of dashboards) {
      const file = readText(`deploy/observability/generated/dashboards/${uid}.json`)
      const { panels } = JSON.parse(file) as { panels: { id: number; gridPos: Place }[] }
      expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
      const taken = new Set<string>()
      for (const { x, y, w, h } of panels.map(({ gridPos }) => gridPos)) {
        expect(x + w).toBeLessThanOrEqual(24)
        for (let n = 0; n < w * h; n += 1) {
          const cell = `${x + (n % w)}/${y + Math.floor(n / w)}`
          expect(taken.has(cell), `${uid} ${cell}`).toBe(false)
          taken.add(cell)
        }
      }
    }
  })

  test('and rules name only series that somebody exports', () => {
    const all = [...queries, ...records, ...alerts(scale)].map(({ expr }) => expr)
    const wrong = all.flatMap(metricsIn).filter((name) => {
      // records of the objectives
      if (name.startsWith('prooftrail_slo')) return false
      try {
        entryOfSeries(name)
        return false
      } catch {
        return true
      }
    })
    expect(wrong).toEqual([])
  })
})

describe('the run book', () => {
  const text = readText('docs/runbook.md')
  const sections = text.split(/^## /m).slice(1)
  const anchorOf = (section: string) =>
    (section.split('\n')[0] ?? '')
      .toLowerCase()
      .replace(/[^a-z0-9 -]/g, '')
      .replaceAll(' ', '-')

  test('has a section for each alert, and an alert for each section', () => {
    const named = alerts(scale).map(({ runbook }) => runbook)
    expect(sections.map(anchorOf).sort()).toEqual([...new Set(named)].sort())
  })

  test.each(sections.map((section) => [section.split('\n')[0] ?? '', section]))(
    '%s: what it means, how to see it, what to do, when it is over',
    (_, section) => {
      const parts = [...section.matchAll(/^- \*\*(\w+)\*\*: ?\S?/gm)].map(([, name]) => name)
      expect(parts).toEqual(['Means', 'See', 'Do', 'Over'])
    },
  )
})

describe('promtool', () => {
  const promtool = (...args: string[]) =>
    spawnSync('promtool', args, { cwd: GENERATED, encoding: 'utf8' })
  const isThere = promtool('--version').status === 0
  if (!isThere) process.stderr.write('promtool is not installed: rules are not checked here\n')

  test.skipIf(!isThere)('finds the rules well-formed', () => {
    const { status, stdout, stderr } = promtool('check', 'rules', 'rules.yml')
    expect(`${status} ${stdout}${stderr}`).toMatch(/^0 [\s\S]*SUCCESS/)
  })

  test.skipIf(!isThere)(
    'sees each alert fire on its series, and not on others',
    () => {
      expect(untested()).toEqual([])
      const { status, stdout, stderr } = promtool('test', 'rules', 'rules.test.yml')
      expect(`${status} ${stdout}${stderr}`).toMatch(/^0 [\s\S]*SUCCESS/)
    },
    120_000,
  )
})
