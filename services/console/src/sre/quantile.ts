/** Observations up to a bound (`le`), those of smaller bounds among them. */
export interface Bucket {
  le: number
  count: number
}

/**
 * The quantile of a classic histogram, as PromQL's `histogram_quantile` has it: observations are taken
 * to lie evenly within their bucket; beyond the last finite bound, at that bound. NaN where nothing was
 * observed, or no bucket takes everything.
 * @param q 0 to 1
 */
export function quantile(q: number, unsorted: readonly Bucket[]): number {
  const buckets = rising([...unsorted].sort((a, b) => a.le - b.le))
  const last = buckets.at(-1)
  if (last === undefined || last.le !== Number.POSITIVE_INFINITY) return Number.NaN
  if (buckets.length < 2 || last.count === 0 || Number.isNaN(last.count)) return Number.NaN
  const rank = q * last.count
  const at = buckets.slice(0, -1).findIndex(({ count }) => count >= rank)
  const found = buckets[at]
  if (found === undefined) return buckets.at(-2)?.le ?? Number.NaN
  const below = buckets[at - 1]
  if (below === undefined && found.le <= 0) return found.le
  const { le: from, count: before } = below ?? { le: 0, count: 0 }
  return from + (found.le - from) * ((rank - before) / (found.count - before))
}

/** Counts that never fall: rates of buckets may, by what was lost in a scrape. */
function rising(buckets: readonly Bucket[]): Bucket[] {
  let most = Number.NEGATIVE_INFINITY
  return buckets.map(({ le, count }) => {
    most = Math.max(most, count)
    return { le, count: most }
  })
}
