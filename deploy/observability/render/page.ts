/**
 * The panels for a page that has no Prometheus: it scrapes `/metrics` of the services every few
 * seconds, keeps the series that the queries name, and computes what `read` says.
 */
import type { PageDashboard } from '@prooftrail/console'
import { alerts } from '../alerts.ts'
import type { Dashboard } from '../panel.ts'
import { promql, type Query } from '../query.ts'
import { scaleOf } from '../scale.ts'
import { slos } from '../slos.ts'
import { runbookOf } from './rules.ts'

/** `panels.json`: for whoever draws them on a page of their own. */
export function pageJson(dashboards: readonly Dashboard[]): string {
  const page = {
    dashboards: pagesOf(dashboards),
    slos: slos.map(({ name, title, promise, objective }) => ({ name, title, promise, objective })),
    alerts: alerts(scaleOf(1)).map(({ name, severity, summary, ...rest }) => ({
      ...{ name, severity, summary, runbook: runbookOf(rest) },
    })),
  }
  return `${JSON.stringify(page, null, 2)}\n`
}

/** The same panels as the console's own module: an image of it holds nothing of this folder. */
export function pageModule(dashboards: readonly Dashboard[]): string {
  const text = pagesOf(dashboards)
    .map(({ rows, ...dashboard }) => {
      const lines = rows.map(({ title, panels }) => {
        const each = panels.map((panel) => `        ${JSON.stringify(panel)},\n`).join('')
        return `      {"title":${JSON.stringify(title)},"panels":[\n${each}      ]},\n`
      })
      return `  {...${JSON.stringify(dashboard)},"rows":[\n${lines.join('')}    ]},\n`
    })
    .join('')
  return `// Written by \`npm run observability\` from deploy/observability. Do not edit.
import type { PageDashboard } from '../sre/panels.ts'

/** Every dashboard of the SRE page. */
export const PANELS: readonly PageDashboard[] = [
${text}]
`
}

function pagesOf(dashboards: readonly Dashboard[]): PageDashboard[] {
  return dashboards.map(({ uid, title, description, rows }) => ({
    ...{ uid, title, description },
    rows: rows.map((row) => ({
      title: row.title,
      panels: row.panels.map(({ queries, ...panel }) => ({
        ...panel,
        queries: queries.map(({ query, legend }) => ({
          ...{ legend, promql: promql(query), read: query, series: seriesOf(query) },
        })),
      })),
    })),
  }))
}

/** The names in `/metrics` that a query is computed from. */
function seriesOf(query: Query): string[] {
  switch (query.read) {
    case 'value':
    case 'rate':
      return [query.metric]
    case 'quantile':
      return [`${query.metric}_bucket`]
    case 'ratio':
      return [...new Set([...seriesOf(query.of), ...seriesOf(query.to)])]
    case 'until':
      return seriesOf(query.of)
  }
}
