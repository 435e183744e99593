/** The metrics that panels and alerts are made of: every table of the repository, with the types of names and labels. */
import { metrics as attestation } from '@prooftrail/attestation'
import { metrics as callback } from '@prooftrail/callback'
import { metrics as console } from '@prooftrail/console'
import { METRIC_PREFIX, type MetricEntry } from '@prooftrail/contracts'
import { metrics as dispatch } from '@prooftrail/dispatch'
import { metrics as executor } from '@prooftrail/executor-sdk'
import { metrics as receipt } from '@prooftrail/receipt'
import { metrics as every } from '@prooftrail/runtime'

const tables = {
  ...every,
  ...executor,
  ...attestation,
  ...callback,
  ...console,
  ...dispatch,
  ...receipt,
}

type Tables = typeof tables

/** A metric's name without the prefix. */
export type MetricName = keyof Tables

/** The labels of a metric, those of every series among them. */
export type LabelOf<N extends MetricName> =
  | (Tables[N] extends { labels: readonly (infer L extends string)[] } ? L : never)
  | 'service'
  | 'instance'

/** What prom-client's default metrics add to each process. */
export const PROCESS_METRICS = [
  'process_cpu_seconds_total',
  'process_resident_memory_bytes',
  'nodejs_eventloop_lag_p99_seconds',
  'nodejs_heap_size_used_bytes',
] as const
export type ProcessMetric = (typeof PROCESS_METRICS)[number]

export function entryOf(name: MetricName): MetricEntry {
  return tables[name]
}

/** The name that Prometheus knows. */
export function fullName(name: MetricName | ProcessMetric): string {
  return name in tables ? `${METRIC_PREFIX}${name}` : name
}

/** The metrics that a query names, without what a histogram's series add to its name. */
export function metricsIn(promql: string): string[] {
  const named = promql.match(/\b(prooftrail|process|nodejs)_[a-z0-9_]+/g) ?? []
  return [...new Set(named)]
}

/** The entry of a metric by the name of one of its series. @throws Error for one that no table has */
export function entryOfSeries(series: string): MetricEntry | undefined {
  if (!series.startsWith(METRIC_PREFIX)) {
    if (PROCESS_METRICS.some((name) => name === series)) return undefined
    throw new Error(`nobody exports ${series}`)
  }
  const name = series.slice(METRIC_PREFIX.length)
  const [, histogram] = /^(.*)_(?:bucket|count|sum)$/.exec(name) ?? []
  const found = [name, histogram].find((one) => one !== undefined && one in tables)
  if (found === undefined) throw new Error(`nobody exports ${series}`)
  // `in` has found it
  return tables[found as MetricName]
}
