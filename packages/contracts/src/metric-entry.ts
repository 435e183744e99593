/**
 * Metrics as data. A table stands beside the code that exports it (`src/metric-table.ts` of a package or
 * service); makers of metrics, the catalogue page, panels and alerts all read it.
 */

/** What the catalogue says about one metric; its name is `prooftrail_` and its key in the table. */
export interface MetricEntry {
  readonly type: 'counter' | 'gauge' | 'histogram'
  /** The base unit of its value, or what is counted. */
  readonly unit: string
  /** What the value says, in a line. */
  readonly help: string
  /** Names of labels, each with few values and none of them an id. */
  readonly labels?: readonly string[]
  /** Upper bounds of a histogram. */
  readonly buckets?: readonly number[]
  /** Whether a histogram's buckets name the trace of what they counted last. */
  readonly exemplars?: true
  /** Where it is exported, if not by every process of its owner. */
  readonly only?: string
}

/** The metrics of one package or service, by name without the prefix. */
export type MetricTable = Readonly<Record<string, MetricEntry>>

/** What the name of every metric begins with. */
export const METRIC_PREFIX = 'prooftrail_'
