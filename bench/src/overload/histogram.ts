/** Neighbouring buckets differ by this factor, and so does a percentile from the truth at most. */
const STEP = 1.02

/** Latencies in a bounded place, however many there are. */
export class Histogram {
  readonly #buckets = new Map<number, number>()
  count = 0
  max = 0

  add(ms: number): void {
    const bucket = Math.ceil(Math.log(Math.max(1, ms)) / Math.log(STEP))
    this.#buckets.set(bucket, (this.#buckets.get(bucket) ?? 0) + 1)
    this.count += 1
    this.max = Math.max(this.max, ms)
  }

  /** The value below which `share` (0 to 1) of what was added lies; NaN where nothing was. */
  percentile(share: number): number {
    let left = Math.max(1, Math.ceil(share * this.count))
    for (const [bucket, count] of [...this.#buckets].sort(([a], [b]) => a - b)) {
      left -= count
      if (left <= 0) return Math.min(this.max, STEP ** bucket)
    }
    return Number.NaN
  }
}
