/** How far a reader of a topic is: offsets summed over the topic's partitions. */
export interface Progress {
  done: number
  end: number
  /**
   * Where others than the core write, too: how many of what was done was of an order. What is before
   * the reader is of orders as far as what it read lately was.
   */
  came?: number
}

/** Where everything stood at one time. */
export interface Sample {
  /** Milliseconds of a clock that only goes forward. */
  at: number
  /** The core's stages after intake, each an order's next step; never a tool or a receiver. */
  stages: readonly Progress[]
  /** How many orders this process has taken so far. */
  taken: number
}

export interface LoadLimits {
  /** How long what intake has accepted may be under way in the stages after it. */
  digestMs: number
  /** So many orders may always be under way there, however slow they are. */
  atLeast: number
  /** How long an order may be expected to wait before the door answers 429. */
  waitMs: number
}

export interface Judgement {
  /** How many orders may be under way in the stages after intake. */
  most: number
  /** How many are, now or on the average of the last seconds, whichever is more. */
  underWay: number
  /** How many of them are digested in a millisecond. */
  perMs: number
  /** How long an order is under way there, on the whole; undefined while too few pass to tell. */
  passMs: number | undefined
  /** How long an order is expected to wait behind those that are taken before it. */
  waitMs(queue: Queue): number
}

/** What is before an order that arrives now. */
export interface Queue {
  /** How many orders are taken before it. */
  ahead: number
  /** For how long there has been no room for all that come. */
  closedMs: number
}

/** Samples older than this are of no use. */
export const MEMORY_MS = 10_000
/** A stage's throughput is that since it was idle last, measured over this time. */
const RATE_MS = { least: 1_000, most: 4_000 } as const
/** So many orders are to pass a stage in `RATE_MS.most` to tell how long they take. */
const ENOUGH = 20
/** Without any load they may take so much of the time that is allowed. */
const SHARE_OF_REST = 0.5
/** It may take this long before the first order is taken. */
const STUCK_MS = 5_000
/** A shorter time without room is a moment. */
const WAITING_MS = 1_000

type Of = (sample: Sample) => Progress | undefined

/**
 * How much the stages after intake can take, and how long orders wait for it.
 * By Little's law, n orders under way at a throughput of r/s take n/r seconds: so as many may be
 * under way as keep these seconds within `digestMs`, or within twice what an order takes without
 * load where that is more. Orders that wait for a tool, a receiver or credits are in nobody's queue
 * and count nowhere.
 * @param seen oldest first, the last one now; all of the last `MEMORY_MS`
 * @param restMs how long an order is under way at the least
 */
export function judgeLoad(seen: readonly Sample[], limits: LoadLimits, restMs = 0): Judgement {
  const samples = ofOrders(seen)
  const now = samples.at(-1)
  if (!now) {
    return { most: limits.atLeast, underWay: 0, perMs: 0, passMs: undefined, waitMs: () => 0 }
  }
  const underWay = underWayOf(samples, now)
  const perMs = Math.min(fullestRate(samples, now), rateThrough(samples, allStages))
  const digestMs = Math.max(limits.digestMs, restMs / SHARE_OF_REST)
  return {
    most: Math.max(limits.atLeast, Math.ceil(perMs * digestMs)),
    ...{ underWay, perMs, passMs: passOf(samples, now) },
    waitMs: (queue) => waitOf(samples, queue),
  }
}

/**
 * The samples as orders alone would have made them: a flood of what anybody may write is nobody's load.
 * Where nothing was read lately nothing is known, and what waits there counts for nothing: the same
 * reader's other topics tell when it stands still.
 */
function ofOrders(samples: readonly Sample[]): readonly Sample[] {
  const now = samples.at(-1)
  if (!now?.stages.some(({ came }) => came !== undefined)) return samples
  const first = recentOf(samples, now)[0] ?? now
  const shares = now.stages.map((stage, i) => shareOfOrders(first.stages[i] ?? stage, stage))
  return samples.map((sample) => {
    const stages = sample.stages.map(({ done, end, came }, i) => {
      const lag = Math.round(lagOf({ done, end }) * (shares[i] ?? 1))
      return came === undefined ? { done, end } : { done: came, end: came + lag }
    })
    return { ...sample, stages }
  })
}

/** Which part of what a stage did in between was of orders: 0 to 1. */
function shareOfOrders(before: Progress, now: Progress): number {
  const done = now.done - before.done
  if (done <= 0) return 0
  return Math.min(1, Math.max(0, (now.came ?? now.done) - (before.came ?? before.done)) / done)
}

/** What the stage digests that most wait for: the others are no faster in the long run. */
function fullestRate(samples: readonly Sample[], now: Sample): number {
  const [fullest] = now.stages
    .map((stage, i) => ({ lag: lagOf(stage), of: stageOf(i) }))
    .toSorted((a, b) => b.lag - a.lag)
  return fullest ? rateThrough(samples, fullest.of) : 0
}

/**
 * Since it was idle, or on the average of a shorter or a longer time: of a burst after a quiet time
 * the first tells most, of orders that come in waves the last.
 */
function rateThrough(samples: readonly Sample[], of: Of): number {
  const times = [busyFor(samples, of), RATE_MS.most, MEMORY_MS]
  return Math.max(...times.map((overMs) => rateOf(samples, of, overMs)))
}

/**
 * An order that passes one of n stages is the nth part of an order. Stages that share a machine
 * take turns: what one of them does in its own is several times what all together can.
 */
function allStages({ stages }: Sample): Progress {
  const sum = (of: (one: Progress) => number) =>
    stages.reduce((all, one) => all + of(one), 0) / Math.max(1, stages.length)
  return { done: sum(({ done }) => done), end: sum(({ end }) => end) }
}

/**
 * The average counts besides the moment: orders that are with a tool right now are in nobody's queue,
 * and they come back. Who filled their places would send the next ones after them as one wave, and
 * in a wave everybody waits for all.
 */
function underWayOf(samples: readonly Sample[], now: Sample): number {
  const of = ({ stages }: Sample) => stages.reduce((sum, stage) => sum + lagOf(stage), 0)
  const recent = recentOf(samples, now).map(of)
  return Math.max(of(now), recent.reduce((sum, one) => sum + one, 0) / recent.length)
}

/** The mean number before each stage over its throughput, summed over the stages that orders pass. */
function passOf(samples: readonly Sample[], now: Sample): number | undefined {
  const recent = recentOf(samples, now)
  const times = now.stages.flatMap((_, i) => {
    const of = stageOf(i)
    const rate = rateOf(samples, of, RATE_MS.most)
    if (rate * RATE_MS.most < ENOUGH) return []
    const lags = recent.map((sample) => lagOf(of(sample) ?? { done: 0, end: 0 }))
    return [lags.reduce((sum, lag) => sum + lag, 0) / lags.length / rate]
  })
  // Where orders do not pass all stages, nobody can tell how long the whole way takes.
  if (times.length < now.stages.length) return undefined
  return times.reduce((sum, ms) => sum + ms, 0)
}

function recentOf(samples: readonly Sample[], now: Sample): Sample[] {
  return samples.filter(({ at }) => now.at - at <= RATE_MS.most)
}

function stageOf(i: number): Of {
  return ({ stages }) => stages[i]
}

function lagOf({ done, end }: Progress): number {
  return Math.max(0, end - done)
}

/** For how long there was always something before a stage: what an idle one does tells nothing. */
function busyFor(samples: readonly Sample[], of: Of): number {
  const at = samples.at(-1)?.at ?? 0
  const isIdle = (one: Progress | undefined) => one !== undefined && lagOf(one) === 0
  const idle = samples.findLast((sample) => sample.at < at && isIdle(of(sample)))
  return Math.min(RATE_MS.most, Math.max(RATE_MS.least, idle ? at - idle.at : Infinity))
}

/** Progress per millisecond over so much time, or a little more. */
function rateOf(samples: readonly Sample[], of: Of, overMs: number): number {
  const now = samples.at(-1)
  if (!now) return 0
  const first = samples.findLast(({ at }) => now.at - at >= overMs) ?? samples[0]
  const [before, after] = [first && of(first), of(now)]
  if (!first || !before || !after || now.at === first.at) return 0
  return Math.max(0, after.done - before.done) / (now.at - first.at)
}

/**
 * What is before it at the rate at which it is taken, measured only while there was no room: what a
 * quiet time lets through tells nothing of what could be taken. While nothing is taken, an order
 * waits as long as there has been no room; when that lasts, there is no end to it.
 */
function waitOf(samples: readonly Sample[], { ahead, closedMs }: Queue): number {
  if (ahead === 0 || closedMs < WAITING_MS) return 0
  const rate = rateOf(samples, ({ taken }) => ({ done: taken, end: taken }), closedMs)
  if (rate > 0) return ahead / rate
  return closedMs < STUCK_MS ? closedMs : Number.POSITIVE_INFINITY
}
