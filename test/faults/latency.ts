import type { TestWorld } from '../world.ts'
import type { Sent } from './traffic.ts'

/** How long orders took from their publishing to their seal. */
export interface Latency {
  /** Milliseconds. */
  median: number
  p95: number
}

export function latencyOf(world: Pick<TestWorld, 'heard'>, orders: readonly Sent[]): Latency {
  const sealed = sealTimes(world)
  const times = orders.map(({ id, at }) => (sealed.get(id) ?? Number.NaN) - at).sort(ascending)
  return { median: quantile(times, 0.5), p95: quantile(times, 0.95) }
}

/** When each order was first sealed: epoch milliseconds of the broker. */
export function sealTimes(world: Pick<TestWorld, 'heard'>): Map<string, number> {
  const times = new Map<string, number>()
  for (const { key, at } of world.heard('trail.attested')) {
    if (!times.has(key)) times.set(key, Date.parse(at))
  }
  return times
}

export function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN
}

export function ascending(a: number, b: number): number {
  return a - b
}
