/** Writes everything that follows from panels, objectives and alerts. Run: `npm run observability`. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ruleTestsYaml } from './alert-cases.ts'
import { dashboards } from './panels.ts'
import { grafanaJson } from './render/grafana.ts'
import { pageJson, pageModule } from './render/page.ts'
import { rulesYaml } from './render/rules.ts'

/** Where generated files are. */
export const GENERATED: string = join(import.meta.dirname, 'generated')

/** The chart's copy of the rules: Helm reads nothing outside of a chart. */
export const CHART_RULES: string = join(import.meta.dirname, '../helm/prooftrail/files/rules.yml')

/** The console's own panels. */
export const CONSOLE_PANELS: string = join(
  import.meta.dirname,
  '../../services/console/src/generated/panels.ts',
)

/** Every generated file, by its path below `GENERATED`. */
export function generateAll(): Map<string, string> {
  return new Map([
    ['rules.yml', rulesYaml()],
    ['rules.test.yml', ruleTestsYaml()],
    ['panels.json', pageJson(dashboards)],
    ...dashboards.map(
      (dashboard) => [`dashboards/${dashboard.uid}.json`, grafanaJson(dashboard)] as const,
    ),
  ])
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  rmSync(GENERATED, { recursive: true, force: true })
  for (const [path, text] of generateAll()) {
    const file = join(GENERATED, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
  writeFileSync(CHART_RULES, rulesYaml())
  mkdirSync(dirname(CONSOLE_PANELS), { recursive: true })
  writeFileSync(CONSOLE_PANELS, pageModule(dashboards))
}
