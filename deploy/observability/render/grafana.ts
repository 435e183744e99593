/** Dashboards as Grafana's JSON (Foundation SDK); ids and uids are stable, so that links to them last. */
import { ReduceDataOptionsBuilder } from '@grafana/grafana-foundation-sdk/common'
import {
  DashboardBuilder,
  DatasourceVariableBuilder,
  RowBuilder,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus'
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat'
import { PanelBuilder as LinesBuilder } from '@grafana/grafana-foundation-sdk/timeseries'
import type { PanelUnit } from '@prooftrail/contracts/doors'
import type { Dashboard, Panel, Threshold } from '../panel.ts'
import { promql } from '../query.ts'

const UNITS: Readonly<Record<PanelUnit, string>> = {
  seconds: 's',
  'per second': 'ops',
  count: 'short',
  share: 'percentunit',
  credits: 'short',
  bytes: 'bytes',
  cores: 'short',
}

// biome-ignore lint/suspicious/noTemplateCurlyInString: so Grafana writes a variable
const SOURCE = { type: 'prometheus', uid: '${datasource}' }
/** Columns of Grafana's grid, and how wide and high panels are. */
const WIDTH = 24
const SIZES = { lines: [12, 8], number: [6, 5] } as const
const COLOURS = { warning: 'orange', critical: 'red' } as const

/** The text of a dashboard's file. */
export function grafanaJson(dashboard: Dashboard): string {
  const builder = new DashboardBuilder(dashboard.title)
    .uid(dashboard.uid)
    .description(dashboard.description)
    .tags(['prooftrail'])
    .refresh('30s')
    .time({ from: 'now-1h', to: 'now' })
    .timezone('browser')
    .withVariable(new DatasourceVariableBuilder('datasource').type('prometheus').label('source'))
  let id = 0
  const next = () => {
    id += 1
    return id
  }
  let y = 0
  for (const row of dashboard.rows) {
    builder.withRow(new RowBuilder(row.title).id(next()).gridPos({ x: 0, y, w: WIDTH, h: 1 }))
    const { places, height } = placesOf(row.panels, y + 1)
    for (const [at, panel] of row.panels.entries()) {
      const place = places[at]
      const built = panelOf(panel).id(next())
      builder.withPanel(place ? built.gridPos(place) : built)
    }
    y += 1 + height
  }
  return `${JSON.stringify(builder.build(), null, 2)}\n`
}

interface Place {
  x: number
  y: number
  w: number
  h: number
}

/** Side by side as far as they fit, from a line of the grid on. */
function placesOf(panels: readonly Panel[], top: number): { places: Place[]; height: number } {
  const places: Place[] = []
  let x = 0
  let y = top
  let tallest = 0
  for (const { kind } of panels) {
    const [w, h] = SIZES[kind]
    if (x + w > WIDTH) {
      x = 0
      y += tallest
      tallest = 0
    }
    places.push({ x, y, w, h })
    x += w
    tallest = Math.max(tallest, h)
  }
  return { places, height: y + tallest - top }
}

function panelOf({ kind, title, description, unit, queries, thresholds }: Panel) {
  const builder =
    kind === 'lines'
      ? new LinesBuilder()
      : new StatBuilder().reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']))
  builder.title(title).description(description).unit(UNITS[unit]).datasource(SOURCE)
  if (thresholds) builder.thresholds(stepsOf(thresholds))
  for (const [at, { query, legend }] of queries.entries()) {
    builder.withTarget(
      new DataqueryBuilder()
        .refId(String.fromCharCode(65 + at))
        .datasource(SOURCE)
        .expr(promql(query))
        .legendFormat(legend),
    )
  }
  return builder
}

function stepsOf(thresholds: readonly Threshold[]): ThresholdsConfigBuilder {
  const steps = [...thresholds].sort((a, b) => a.at - b.at)
  return new ThresholdsConfigBuilder()
    .mode(ThresholdsMode.Absolute)
    .steps([
      { value: null, color: 'green' },
      ...steps.map(({ at, level }) => ({ value: at, color: COLOURS[level] })),
    ])
}
