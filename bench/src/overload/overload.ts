import { setTimeout as wait } from 'node:timers/promises'
import { PARTITIONS } from '../compare.ts'
import { openKafka } from '../kafka.ts'
import { closedLoop, type Feed } from '../load.ts'
import { type Measured, measureClosed } from '../measure.ts'
import type { Backend, Options } from '../options.ts'
import { type RunningProduct, startProduct } from '../product/product.ts'
import { type Offered, offer } from './offer.ts'
import { startSampling, type TenthOfOverload } from './sampling.ts'
import { openTimeline, type Stretch, type Timeline, timed } from './timeline.ts'

export interface Latency {
  orders: number
  acceptance_p50_ms: number
  acceptance_p99_ms: number
  seal_p50_ms: number
  seal_p99_ms: number
  seal_max_ms: number
}

export type Closed = Measured & { in_flight: number; latency: Latency }

export interface OverloadResult extends Overloaded {
  backend: Backend
  /** Closed loops before anything was offered. */
  closed: Closed[]
  /** Orders/s of the best closed loop; twice as many are offered. */
  capacity: number
  /** The best one again, after all was worked off: a shared machine may not be as fast as before. */
  again: Closed
  /** Milliseconds: p99 from acceptance to seal at capacity, the mean of before and after. */
  normal_seal_p99_ms: number
}

/** What came of offering twice the capacity. */
export interface Overloaded {
  seconds: number
  offered: Omit<Offered, 'retryAfter' | 'acceptMs' | 'shedMs'>
  door_ms: { accept_p50: number; accept_p99: number; shed_p50: number; shed_p99: number }
  retry_after: { p1: number; p50: number; p99: number }
  /** Orders that were sealed while orders were offered, and after that. */
  during: Latency
  after: Latency
  tenths: TenthOfOverload[]
  /** Rejected or parked. */
  refused: number
  drained_seconds: number
  /** Orders that a door had taken and that were never sealed. */
  unfinished: number
  faults: string[]
}

/** Draining is given up when nothing was sealed for this long. */
const PATIENCE_MS = 120_000

/** Capacity, then twice as much of both doors' orders, then the rest of what they took. */
export async function overload(
  backend: Backend,
  options: Options,
  say: (line: string) => void,
): Promise<OverloadResult> {
  const { processes, groups, agents } = options
  const product = await startProduct({ backend, partitions: PARTITIONS, processes, groups, agents })
  const timeline = await openTimeline(openKafka(product.place.brokers, 'bench-timeline'))
  try {
    const feed = timed(product.feed, timeline)
    say('overload: warming up')
    await closedLoop(feed, { inFlight: 64, seconds: 60, orders: options.warmUp })
    const closed = await measureCapacity(feed, timeline, product, options, say)
    const best = closed.toSorted((a, b) => b.per_second - a.per_second)[0]
    if (!best) throw new Error('no closed loop was measured')
    const { per_second: capacity, in_flight } = best
    const found = await overloaded(product, timeline, capacity, options, say)
    const only = { ...options, inFlight: [in_flight] }
    const [again] = await measureCapacity(feed, timeline, product, only, say)
    if (!again) throw new Error('no closed loop was measured')
    const normal_seal_p99_ms = (best.latency.seal_p99_ms + again.latency.seal_p99_ms) / 2
    return { backend, closed, capacity, again, normal_seal_p99_ms, ...found }
  } finally {
    await timeline.stop()
    await product.stop()
  }
}

async function measureCapacity(
  feed: Feed,
  timeline: Timeline,
  { roles }: RunningProduct,
  { inFlight, seconds }: Options,
  say: (line: string) => void,
): Promise<Closed[]> {
  const closed: Closed[] = []
  for (const one of inFlight) {
    let stretch = timeline.stretch()
    const window = {
      // Only what ends within the measured window counts.
      open: async () => {
        timeline.end(stretch)
        stretch = timeline.stretch()
      },
      close: async () => timeline.end(stretch),
    }
    const measured = await measureClosed(feed, roles, { inFlight: one, seconds }, window)
    const latency = latencyOf(stretch)
    closed.push({ ...measured, in_flight: one, latency })
    say(
      `overload: ${measured.per_second.toFixed(1)}/s with ${one} in flight, ` +
        `acceptance to seal p99 ${latency.seal_p99_ms.toFixed(0)} ms`,
    )
  }
  return closed
}

async function overloaded(
  product: RunningProduct,
  timeline: Timeline,
  capacity: number,
  options: Options,
  say: (line: string) => void,
): Promise<Overloaded> {
  const seconds = options.overload
  const rate = 2 * capacity
  say(`overload: offering ${rate.toFixed(0)}/s for ${seconds} s`)
  const refusedBefore = timeline.refused()
  const during = timeline.stretch()
  const sampling = startSampling(product, timeline, seconds, say)
  const said = await offer(product, timeline, { rate, seconds })
  const tenths = sampling.stop()
  timeline.end(during)
  const { retryAfter, acceptMs, shedMs, ...offered } = said

  say(`overload: ${timeline.outstanding()} orders wait to be worked off`)
  const stopped = Date.now()
  const after = timeline.stretch()
  while (timeline.outstanding() > 0) {
    if (Date.now() - Math.max(timeline.sealedAt(), stopped) > PATIENCE_MS) break
    await wait(200)
  }
  timeline.end(after)
  return {
    ...{ seconds, offered, tenths },
    door_ms: {
      accept_p50: acceptMs.percentile(0.5),
      accept_p99: acceptMs.percentile(0.99),
      shed_p50: shedMs.percentile(0.5),
      shed_p99: shedMs.percentile(0.99),
    },
    retry_after: {
      p1: retryAfter.percentile(0.01),
      p50: retryAfter.percentile(0.5),
      p99: retryAfter.percentile(0.99),
    },
    during: latencyOf(during),
    after: latencyOf(after),
    refused: timeline.refused() - refusedBefore,
    drained_seconds: (Date.now() - stopped) / 1000,
    unfinished: timeline.outstanding(),
    faults: await product.verifySome(20),
  }
}

function latencyOf({ toAcceptance, toSeal }: Stretch): Latency {
  return {
    orders: toSeal.count,
    acceptance_p50_ms: toAcceptance.percentile(0.5),
    acceptance_p99_ms: toAcceptance.percentile(0.99),
    seal_p50_ms: toSeal.percentile(0.5),
    seal_p99_ms: toSeal.percentile(0.99),
    seal_max_ms: toSeal.max,
  }
}
