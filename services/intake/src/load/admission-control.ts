import type { AdmissionControl } from '@prooftrail/runtime'
import { judgeLoad, type LoadLimits, MEMORY_MS, type Sample } from './judge-load.ts'

/**
 * Admission of orders: how many intake takes from the topic, and when its HTTP door answers 429.
 * G1 What is under way after intake stays within what those stages digest in `digestMs`.
 * G2 Nothing is refused for load: what is not taken waits on the topic.
 * G3 Without samples nothing is known, and every order is taken.
 */
export interface OrderAdmission extends AdmissionControl {
  /** Told when a sample is begun; what ends afterwards is not in it. Answers its mark. */
  begin(): number
  /** Told what `begin` led to. `partitions` is how many the topic of orders has. */
  sampled(sample: Sample, partitions: number, mark: number): void
  /** Told from time to time: what was digested since the last sample makes room. */
  tick(): void
  /** Asked for each request: seconds after which it may come again; undefined: come in. */
  turnAway(): number | undefined
  /** Whether anything is under way or waits, so that the next sample is worth its price. */
  isBusy(): boolean
}

/** Whoever is sent away may ask again within two minutes, however long the backlog. */
const MAX_RETRY_SECONDS = 120
/** Samples older than this tell nothing. */
const STALE_MS = 30_000
/** For so long it is taken for granted that the stages go on as they did. */
const FORESIGHT_MS = 1_000
/** The shortest time under way grows by this factor until a shorter one is seen. */
const FORGETTING_PER_HOUR = 1.1
/** A refusal to grant that is not repeated within this time was momentary. */
const DENIAL_MS = 3_000

/** @param now milliseconds of a clock that only goes forward, the samples' own */
export function makeOrderAdmission(
  topic: string,
  limits: LoadLimits,
  now: () => number,
): OrderAdmission {
  let samples: readonly Sample[] = []
  let told: () => void = () => {}
  /** This process's part of the topic. */
  let own = 1
  let share = 1
  let granted = 0
  let ended = 0
  /** Of those ended, how many the last sample counts. */
  let counted = 0
  let closedAt: number | undefined
  let deniedAt = 0
  let shed = 0
  let judgement = judgeLoad([], limits)
  /** The shortest time that orders were ever under way; what was long ago counts less and less. */
  let restMs = Number.POSITIVE_INFINITY

  const isBlind = () => now() - (samples.at(-1)?.at ?? -Infinity) > STALE_MS
  const room = () => {
    const { most, underWay, perMs } = judgement
    const passed = Math.min(FORESIGHT_MS, now() - (samples.at(-1)?.at ?? now()))
    return Math.max(0, Math.min(most, most - underWay + perMs * passed))
  }
  const rest = (passed: number) => {
    restMs *= FORGETTING_PER_HOUR ** (passed / 3_600_000)
    return Number.isFinite(restMs) ? restMs : 0
  }
  const isDenying = () => closedAt !== undefined && now() - deniedAt <= DENIAL_MS
  const waitMs = () => (isBlind() ? 0 : judgement.waitMs)

  return {
    topic,
    begin: () => ended,
    sampled(sample, partitions, mark) {
      samples = [...samples.filter(({ at }) => sample.at - at <= MEMORY_MS), sample]
      const passed = sample.at - (samples.at(-2)?.at ?? sample.at)
      judgement = judgeLoad(samples, limits, rest(passed))
      restMs = Math.min(restMs, judgement.passMs ?? Infinity)
      counted = mark
      share = Math.min(1, own / Math.max(1, partitions))
      told()
    },
    grant() {
      if (isBlind() || granted - counted < Math.ceil(room() * share)) {
        granted += 1
        return true
      }
      if (!isDenying()) closedAt = now()
      deniedAt = now()
      return false
    },
    taken(count) {
      ended += count
    },
    assigned(partitions) {
      own = partitions
    },
    onRoom(tell) {
      told = tell
    },
    tick() {
      if (isDenying()) told()
    },
    turnAway() {
      if (waitMs() <= limits.waitMs) return undefined
      shed += 1
      return Math.min(MAX_RETRY_SECONDS, Math.max(1, Math.ceil(waitMs() / 1000)))
    },
    isBusy() {
      const last = samples.at(-1)
      const isMoving = last && [last.orders, ...last.stages].some(({ done, end }) => end > done)
      return isMoving || granted > counted || isDenying()
    },
    readings() {
      return {
        closedSeconds: isDenying() ? (now() - (closedAt ?? now())) / 1000 : 0,
        // Prometheus keeps it, people read it: no infinity.
        waitSeconds: Math.min(waitMs() / 1000, 86_400),
        shed,
      }
    },
  }
}
