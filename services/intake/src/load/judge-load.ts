/** How far a reader of a topic is: offsets summed over the topic's partitions. */
export interface Progress {
  done: number
  end: number
}

/** Where everything stood at one time. */
export interface Sample {
  /** Milliseconds of a clock that only goes forward. */
  at: number
  /** The core's stages after intake, each an order's next step; never a tool or a receiver. */
  stages: readonly Progress[]
  /** Intake on the topic of orders. */
  orders: Progress
}

export interface LoadLimits {
  /** How long what intake has accepted may wait in the stages after it, all together. */
  digestMs: number
  /** So many orders may always be under way there, however slow they are. */
  atLeast: number
  /** How long an order may be expected to wait on the topic before the door answers 429. */
  waitMs: number
}

export interface Judgement {
  /** How many orders may be under way in the stages after intake. */
  most: number
  /** How many are. */
  underWay: number
  /** How many of them each stage digests in a millisecond. */
  perMs: number
  /** How long an order that arrives now is expected to wait on the topic. */
  waitMs: number
}

/** A throughput is read over this time; a sample older than it is of no use. */
export const MEMORY_MS = 10_000
const DIGEST_RATE_MS = 4_000
/** What is younger than this is in hand and does not wait. */
const WAITING_MS = 1_000

/**
 * How much the stages after intake can take, and how long orders wait on the topic.
 * By Little's law, n orders under way at a throughput of r/s wait for n/r seconds: so r × `digestMs`
 * may be under way. Orders that wait for a tool, a receiver or credits are in nobody's queue and
 * count nowhere.
 * @param samples oldest first, the last one now; all of the last `MEMORY_MS`
 */
export function judgeLoad(samples: readonly Sample[], limits: LoadLimits): Judgement {
  const now = samples.at(-1)
  if (!now) return { most: limits.atLeast, underWay: 0, perMs: 0, waitMs: 0 }
  const busyMs = Math.min(DIGEST_RATE_MS, busyFor(samples, now))
  const rates = now.stages.map((_, i) => rateOf(samples, ({ stages }) => stages[i], busyMs))
  const perMs = Math.max(0, ...rates)
  return {
    most: Math.max(limits.atLeast, Math.ceil(perMs * limits.digestMs)),
    underWay: underWayIn(now),
    perMs,
    waitMs: waitOf(samples, now),
  }
}

function underWayIn({ stages }: Sample): number {
  return stages.reduce((sum, stage) => sum + lagOf(stage), 0)
}

/** Since when there was always something to digest: what idle stages do tells nothing. */
function busyFor(samples: readonly Sample[], now: Sample): number {
  const idle = samples.findLast((one) => one !== now && underWayIn(one) === 0)
  return idle ? now.at - idle.at : Number.POSITIVE_INFINITY
}

function lagOf({ done, end }: Progress): number {
  return Math.max(0, end - done)
}

/** Progress per millisecond since the first sample of so many milliseconds. */
function rateOf(
  samples: readonly Sample[],
  stageOf: (sample: Sample) => Progress | undefined,
  overMs: number,
): number {
  const now = samples.at(-1)
  const first = samples.find(({ at }) => now !== undefined && now.at - at <= overMs)
  const [before, after] = [first && stageOf(first), now && stageOf(now)]
  if (!first || !now || !before || !after || now.at === first.at) return 0
  return Math.max(0, after.done - before.done) / (now.at - first.at)
}

/**
 * The backlog at the rate at which it shrinks, measured only while there was one: what a quiet
 * topic lets through tells nothing of what it could. Infinite while nothing is taken.
 */
function waitOf(samples: readonly Sample[], now: Sample): number {
  const backlog = lagOf(now.orders)
  const headMs = backlog === 0 ? 0 : now.at - cameAt(samples, now)
  if (headMs < WAITING_MS) return 0
  return backlog / rateOf(samples, ({ orders }) => orders, headMs)
}

/** When the oldest order on the topic had certainly come: the first sample that counts it. */
function cameAt(samples: readonly Sample[], { at, orders }: Sample): number {
  return samples.find(({ orders: { end } }) => end > orders.done)?.at ?? at
}
