import { bestOf, type Comparison } from './compare.ts'
import type { Measured } from './measure.ts'
import { figure } from './stats.ts'
import { table } from './table.ts'

/** What one pair of product and floor says: both ran within minutes of each other. */
interface Ratios {
  cpu: number
  throughput: number
  latency: number
}

/**
 * All pairs of a run with their ratios, and the median of each. On a machine that others use as well,
 * figures move from minute to minute; the ratios of neighbours move less, and their median least.
 */
export function reportPairs(comparisons: readonly Comparison[]): string {
  const rows: string[][] = []
  const all: Ratios[] = []
  for (const [n, { product, floor }] of comparisons.entries()) {
    const [one, base] = [product && bestOf(product), floor && bestOf(floor)]
    if (!product || !one) continue
    const known =
      base && floor ? ratiosOf({ one, base, low: product.low, lowBase: floor.low }) : undefined
    if (known) all.push(known)
    rows.push([
      `pair ${n + 1}`,
      figure(one.per_second),
      figure(one.cpu_ms.work),
      figure(base?.per_second),
      figure(base?.cpu_ms.work),
      ...told(known),
      figure(one.load1[0]),
    ])
  }
  const medians: Ratios | undefined =
    all.length > 0
      ? {
          cpu: median(all.map(({ cpu }) => cpu)),
          throughput: median(all.map(({ throughput }) => throughput)),
          latency: median(all.map(({ latency }) => latency)),
        }
      : undefined
  rows.push(['median', '', '', '', '', ...told(medians), ''])
  const head = [
    '',
    'orders/s',
    'CPU ms',
    'floor/s',
    'CPU ms',
    'CPU ÷',
    'orders/s ÷',
    'p50 ÷',
    'load1',
  ]
  return ['', `${comparisons.length} pairs of product and floor, in turn:`, table(head, rows)].join(
    '\n',
  )
}

function ratiosOf(side: {
  one: Measured
  base: Measured
  low: Measured
  lowBase: Measured
}): Ratios {
  const { one, base, low, lowBase } = side
  return {
    cpu: one.cpu_ms.work / base.cpu_ms.work,
    throughput: one.per_second / base.per_second,
    latency: low.p50_ms / lowBase.p50_ms,
  }
}

function told(ratios: Ratios | undefined): string[] {
  return [figure(ratios?.cpu), figure(ratios?.throughput), figure(ratios?.latency)]
}

/** The middle one; of an even number the mean of the middle two. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]]
  return ((low ?? Number.NaN) + (high ?? Number.NaN)) / 2
}
