/**
 * Panels as the page draws them: what deploy/observability writes into `generated/`, and the one form
 * in which it says a query.
 */
import type { PanelUnit } from '@prooftrail/contracts/doors'

/** Series of a metric: by equal labels, or by a regular expression (`~…`, `!~…`), or unequal (`!…`). */
export type Where = Readonly<Record<string, string>>

/** Everything that a panel asks. `evaluate.ts` computes it as Prometheus does. */
export type PanelRead =
  /** The newest values of a gauge, added up or the greatest of them, for each group. */
  | {
      read: 'value'
      of: 'sum' | 'max' | 'min'
      metric: string
      where: Where
      by: readonly string[]
    }
  /** What counters grew by a second, added up for each group. */
  | { read: 'rate'; metric: string; where: Where; by: readonly string[] }
  /** A quantile (0 to 1) of a histogram's observations lately, for each group. */
  | { read: 'quantile'; q: number; metric: string; where: Where; by: readonly string[] }
  /** One group divided by the other. */
  | { read: 'ratio'; of: PanelRead; to: PanelRead }
  /** Seconds from now to the time that the value is. */
  | { read: 'until'; of: PanelRead }

/** From which value on it is to be looked at, or is bad. */
export interface Threshold {
  at: number
  level: 'warning' | 'critical'
}

/** Its query as PromQL for whoever has a Prometheus, and as data (`read`) for the page. */
export interface PageQuery {
  /** Names its lines; `{{label}}` stands for a label's value. */
  legend: string
  promql: string
  read: PanelRead
  /** The names in `/metrics` that it is computed from. */
  series: readonly string[]
}

export interface PagePanel {
  id: string
  title: string
  description: string
  unit: PanelUnit
  kind: 'lines' | 'number'
  thresholds?: readonly Threshold[]
  queries: readonly PageQuery[]
}

export interface PageDashboard {
  uid: string
  title: string
  description: string
  rows: readonly { title: string; panels: readonly PagePanel[] }[]
}
