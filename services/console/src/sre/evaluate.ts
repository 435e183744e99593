/**
 * What a panel's query comes to, by the samples that are there: the same number as a Prometheus with
 * the same samples has (documentation of its functions `rate` and `histogram_quantile`, and the source
 * of its promql engine for how growth is extrapolated to the edges of the window). `evaluate.test.ts`
 * has promtool compare.
 */
import type { Labels } from './exposition.ts'
import type { PanelRead, Where } from './panels.ts'
import { quantile } from './quantile.ts'
import type { Samples, Series } from './samples.ts'

/** One line of a panel at one moment. */
export interface Group {
  /** What it is grouped by. */
  labels: Labels
  value: number
}

/** @param at epoch seconds */
export function evaluate(query: PanelRead, samples: Samples, at: number): Group[] {
  switch (query.read) {
    case 'value': {
      const { of } = query
      const found = chosen(query, samples).map((one) => [one, samples.newest(one)] as const)
      return grouped(found, query.by, (values) => AGGREGATE[of](values))
    }
    case 'rate':
      return grouped(rates(query, samples, at), query.by, AGGREGATE.sum)
    case 'quantile': {
      const buckets = { ...query, metric: `${query.metric}_bucket` }
      const summed = grouped(rates(buckets, samples, at), [...query.by, 'le'], AGGREGATE.sum)
      return quantiles(query.q, summed)
    }
    case 'ratio': {
      const to = new Map(
        evaluate(query.to, samples, at).map(({ labels, value }) => [nameOf(labels), value]),
      )
      return evaluate(query.of, samples, at).flatMap(({ labels, value }) => {
        const by = to.get(nameOf(labels))
        return by === undefined ? [] : [{ labels, value: value / by }]
      })
    }
    case 'until':
      return evaluate(query.of, samples, at).map(({ labels, value }) => ({
        ...{ labels, value: value - at },
      }))
  }
}

const AGGREGATE = {
  sum: (values: readonly number[]) => values.reduce((total, one) => total + one, 0),
  max: (values: readonly number[]) => Math.max(...known(values)),
  min: (values: readonly number[]) => Math.min(...known(values)),
}

/** No number counts only where there is no other. */
function known(values: readonly number[]): readonly number[] {
  const there = values.filter((one) => !Number.isNaN(one))
  return there.length > 0 ? there : values
}

type Valued = readonly (readonly [Series, number | undefined])[]

function grouped(
  found: Valued,
  by: readonly string[],
  aggregate: (values: readonly number[]) => number,
): Group[] {
  const groups = new Map<string, { labels: Labels; values: number[] }>()
  for (const [{ labels: all }, value] of found) {
    if (value === undefined) continue
    const labels = Object.fromEntries(by.map((name) => [name, all[name] ?? '']))
    const name = nameOf(labels)
    const group = groups.get(name) ?? { labels, values: [] }
    group.values.push(value)
    groups.set(name, group)
  }
  return [...groups.values()].map(({ labels, values }) => ({ labels, value: aggregate(values) }))
}

function nameOf(labels: Labels): string {
  return JSON.stringify(Object.entries(labels).sort())
}

function chosen({ metric, where }: { metric: string; where: Where }, samples: Samples): Series[] {
  const wanted = Object.entries(where).map(([label, form]) => [label, matcher(form)] as const)
  return [...samples.of(metric)].filter(({ labels }) =>
    wanted.every(([label, matches]) => matches(labels[label] ?? '')),
  )
}

const matchers = new Map<string, (value: string) => boolean>()

/** A matcher of a label, each made once: the panels name a few dozen. */
function matcher(form: string): (value: string) => boolean {
  const made = matchers.get(form) ?? makeMatcher(form)
  matchers.set(form, made)
  return made
}

function makeMatcher(form: string): (value: string) => boolean {
  const [, operator = '', wanted = ''] = /^(!~|~|!)?(.*)$/s.exec(form) ?? []
  // a regular expression of a query matches the whole value
  const pattern = operator.endsWith('~') ? new RegExp(`^(?:${wanted})$`, 's') : undefined
  const isNot = operator.startsWith('!')
  return (value) => (pattern ? pattern.test(value) : value === wanted) !== isNot
}

function rates(query: { metric: string; where: Where }, samples: Samples, at: number): Valued {
  const { windowSeconds } = samples
  return chosen(query, samples).map((one) => [one, rateOf(one, windowSeconds, at)] as const)
}

/** How much further than samples usually lie apart an edge may be that they are taken to reach. */
const REACH = 1.1

/**
 * What a counter grew by a second in the window that ends at `at`; undefined with fewer than two
 * samples in it. A counter that became smaller began anew. What was seen to grow is taken to have gone
 * on to the window's edges, unless the samples end well before one: then for half their usual distance;
 * and never to before the counter would have been 0.
 */
function rateOf({ times, values }: Series, window: number, at: number): number | undefined {
  const start = at - window
  const first = times.findIndex((one) => one > start)
  const last = times.findLastIndex((one) => one <= at)
  const [t0, t1] = [times[first], times[last]]
  const [v0, v1] = [values[first], values[last]]
  if (first === -1 || last <= first) return undefined
  if (t0 === undefined || t1 === undefined || v0 === undefined || v1 === undefined) return undefined
  let growth = v1 - v0
  for (let n = first + 1; n <= last; n += 1) {
    const [before = 0, now = 0] = [values[n - 1], values[n]]
    if (now < before) growth += before
  }
  const seen = t1 - t0
  const apart = seen / (last - first)
  const toEnd = at - t1
  let toStart = t0 - start
  if (growth > 0 && v0 >= 0) toStart = Math.min(toStart, seen * (v0 / growth))
  const reached = [toStart, toEnd].map((edge) => (edge < apart * REACH ? edge : apart / 2))
  const [before = 0, after = 0] = reached
  return (growth * ((seen + before + after) / seen)) / window
}

/** A quantile for each group of buckets. */
function quantiles(q: number, summed: readonly Group[]): Group[] {
  const groups = new Map<string, { labels: Labels; buckets: { le: number; count: number }[] }>()
  for (const { labels: all, value: count } of summed) {
    const { le = '', ...labels } = all
    const name = nameOf(labels)
    const group = groups.get(name) ?? { labels, buckets: [] }
    group.buckets.push({ le: le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le), count })
    groups.set(name, group)
  }
  return [...groups.values()].map(({ labels, buckets }) => ({
    ...{ labels, value: quantile(q, buckets) },
  }))
}
