import { METRIC_PREFIX, type MetricEntry, type MetricTable } from '@prooftrail/contracts'
import {
  Counter,
  Gauge,
  Histogram,
  type ObserveDataWithExemplar,
  type OpenMetricsContentType,
  type Registry,
} from 'prom-client'

type LabelOf<E extends MetricEntry> = E extends { labels: readonly (infer L extends string)[] }
  ? L
  : never

/** A value and the labels that it stands under. */
export interface Reading {
  labels?: Readonly<Record<string, string>>
  value: number
}

/** What a metric is asked for when it is read: a number, several with their labels, or nothing. */
export type Read = () => number | readonly Reading[] | undefined

/** What a histogram with exemplars is told. */
interface Seen<L extends string> extends Pick<ObserveDataWithExemplar<L>, 'value' | 'labels'> {
  exemplarLabels: { trace_id?: string }
}

/** A metric as code counts with it. */
export type Handle<E extends MetricEntry> = E['type'] extends 'counter'
  ? Counter<LabelOf<E>>
  : E['type'] extends 'gauge'
    ? Gauge<LabelOf<E>>
    : E extends { exemplars: true }
      ? { observe(seen: Seen<LabelOf<E>>): void }
      : Histogram<LabelOf<E>>

/** The metrics of a table, by their names in it. */
export type Handles<T extends MetricTable> = { readonly [N in keyof T]: Handle<T[N]> }

/** Those of a table whose value is asked for when they are read. It must answer at once. */
export type Reads<T extends MetricTable> = { readonly [N in keyof T]?: Read }

/** Makes the metrics of a table; one that the registry has by that name is made anew. */
export function registerTable<T extends MetricTable>(
  registry: Registry<OpenMetricsContentType>,
  table: T,
  reads: Reads<T> = {},
): Handles<T> {
  const made = Object.entries(table).map(
    ([name, entry]) => [name, makeOne(registry, name, entry, reads[name])] as const,
  )
  // Each was made by its own entry.
  return Object.fromEntries(made) as unknown as Handles<T>
}

function makeOne(
  registry: Registry<OpenMetricsContentType>,
  name: string,
  entry: MetricEntry,
  read: Read | undefined,
) {
  const config = {
    name: `${METRIC_PREFIX}${name}`,
    help: entry.help,
    labelNames: [...(entry.labels ?? [])],
    registers: [registry],
  }
  registry.removeSingleMetric(config.name)
  switch (entry.type) {
    case 'counter': {
      const counter: Counter = new Counter({ ...config, ...(read && { collect }) })
      return counter
      function collect() {
        show(counter, read?.())
      }
    }
    case 'gauge': {
      const gauge: Gauge = new Gauge({ ...config, ...(read && { collect }) })
      return gauge
      function collect() {
        show(gauge, read?.())
      }
    }
    case 'histogram':
      return new Histogram({
        ...config,
        ...(entry.buckets && { buckets: [...entry.buckets] }),
        ...(entry.exemplars && { enableExemplars: true }),
      })
  }
}

/** Sets a metric to what was read of it; what has no reading has no value, which is not 0. */
function show(metric: Counter | Gauge, answer: ReturnType<Read>): void {
  const readings = typeof answer === 'number' ? [{ value: answer }] : (answer ?? [])
  metric.reset()
  if (readings.length === 0 && !isLabelled(metric)) metric.remove()
  for (const { labels = {}, value } of readings as readonly Reading[]) metric.inc(labels, value)
}

function isLabelled(metric: Counter | Gauge): boolean {
  // prom-client's types leave it out.
  return (metric as unknown as { labelNames: string[] }).labelNames.length > 0
}
