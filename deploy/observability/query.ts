/**
 * Queries as data: from one come PromQL and what the console's page computes from `/metrics` alone.
 * A page without a Prometheus can do these and no others: the newest value, what a counter grew by a
 * second, a quantile of buckets, one divided by another.
 */
import type { PanelRead } from '@prooftrail/console'
import { fullName, type LabelOf, type MetricName, type ProcessMetric } from './metrics.ts'

/** The forms of a query; the page computes these and no others. */
export type Query = PanelRead
export type Where = Extract<Query, { where: unknown }>['where']

interface Choice<L extends string> {
  where?: { readonly [N in L]?: string }
  by?: readonly L[]
}

type LabelsOf<N extends MetricName | ProcessMetric> = N extends MetricName
  ? LabelOf<N>
  : 'service' | 'instance'

function chosen<L extends string>({ where = {}, by = [] }: Choice<L>) {
  // `where` has texts alone
  return { where: where as Where, by }
}

type Made<N extends MetricName | ProcessMetric> = (name: N, choice?: Choice<LabelsOf<N>>) => Query

const newest =
  (of: 'sum' | 'max' | 'min') =>
  <N extends MetricName | ProcessMetric>(...[name, choice = {}]: Parameters<Made<N>>): Query => ({
    ...{ read: 'value', of, metric: fullName(name), ...chosen(choice) },
  })

export const sumOf = newest('sum')
export const maxOf = newest('max')
export const minOf = newest('min')

export function rateOf<N extends MetricName | ProcessMetric>(
  ...[name, choice = {}]: Parameters<Made<N>>
): Query {
  return { read: 'rate', metric: fullName(name), ...chosen(choice) }
}

export function quantileOf<N extends MetricName>(
  q: number,
  ...[name, choice = {}]: Parameters<Made<N>>
): Query {
  return { read: 'quantile', q, metric: fullName(name), ...chosen(choice) }
}

/** The middle and the slow end of a histogram, with their legends. */
export function quantilesOf<N extends MetricName>(...of: Parameters<Made<N>>): [Query, string][] {
  return [
    [quantileOf(0.5, ...of), 'p50'],
    [quantileOf(0.99, ...of), 'p99'],
  ]
}

export function ratio(of: Query, to: Query): Query {
  return { read: 'ratio', of, to }
}

export function until(of: Query): Query {
  return { read: 'until', of }
}

/**
 * A query as PromQL.
 * @param window over which rates are taken; Grafana's `$__rate_interval` follows the scrape
 */
export function promql(query: Query, window = '$__rate_interval'): string {
  switch (query.read) {
    case 'value':
      return `${query.of}${grouping(query.by)}(${selector(query)})`
    case 'rate':
      return `sum${grouping(query.by)}(rate(${selector(query)}[${window}]))`
    case 'quantile': {
      const buckets = { ...query, metric: `${query.metric}_bucket` }
      const by = grouping(['le', ...query.by])
      return `histogram_quantile(${query.q}, sum${by}(rate(${selector(buckets)}[${window}])))`
    }
    case 'ratio':
      return `${promql(query.of, window)} / ${promql(query.to, window)}`
    case 'until':
      return `${promql(query.of, window)} - time()`
  }
}

/** A metric with its matchers. */
export function selector({ metric, where }: { metric: string; where: Where }): string {
  const matchers = Object.entries(where).map(([label, wanted]) => matcher(label, wanted))
  return matchers.length === 0 ? metric : `${metric}{${matchers.join(',')}}`
}

function matcher(label: string, wanted: string): string {
  const [, operator = '', value = ''] = /^(!~|~|!)?(.*)$/s.exec(wanted) ?? []
  const written = { '': '=', '~': '=~', '!': '!=', '!~': '!~' }[operator]
  return `${label}${written}${JSON.stringify(value)}`
}

function grouping(by: readonly string[]): string {
  return by.length === 0 ? '' : ` by (${by.join(', ')}) `
}
