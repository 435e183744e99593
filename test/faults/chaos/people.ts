import type { RecoveryAction } from '@prooftrail/contracts'
import type { BATCH_LATER } from '@prooftrail/contracts/doors'

/** What hasty agents and operators do, and when: drawn, so that the same seed draws the same. */

/** An act of somebody hasty. */
export interface Haste {
  act: (typeof ACTS)[number]
  by: 'agent' | 'operator' | 'stranger'
  via: 'door' | 'topic'
  /** The place of its run among those that are acted on; the newest where there is none yet. */
  run: number
  /** Asked twice over. */
  twice: boolean
}

/** A batch of an operator, and what is said of it afterwards, in its state or not. */
export interface Bulk {
  act: RecoveryAction
  exception_type?: string
  /** Of the runs that are acted on: the place of the last one, and how many. */
  run: number
  count: number
  perSecond: number
  via: 'dispatch' | 'console'
  /** Asked first what it would come to. */
  isDry: boolean
  steps: { request: (typeof BATCH_LATER)[number]; afterMs: number }[]
}

/** A message that some reader sets aside. */
export interface Noise {
  /** Bytes that are no message; an order that breaks off; an order of an agent that registers later. */
  kind: 'bytes' | 'cut order' | 'early order'
  /** Of `NOISE_TOPICS`, for bytes. */
  topic: number
  /** When the agent of an early order is registered. */
  afterMs: number
}

/** What an operator does with what is set aside. */
export interface Tidying {
  act: 'send' | 'discard'
  /** The first of the list that is meant, as a share of it, and how many. */
  of: number
  count: number
  /** Among all, or among those that somebody has to decide. */
  state: 'open' | 'any'
  isDry: boolean
  withEarlier: boolean
  /** By two at once. */
  twice: boolean
}

/** What helps is drawn more often than what ends a run. */
const ACTS = [
  'add_evidence',
  'add_evidence',
  'replay_from_checkpoint',
  'replay_from_checkpoint',
  'rerun_result_contract',
  'retry_callback',
  'request_evidence',
  'close',
] as const
const BULK_ACTS = [
  'replay_from_checkpoint',
  'replay_from_checkpoint',
  'rerun_result_contract',
  'request_evidence',
  'retry_callback',
  'close_exception',
  'close',
] as const
/** How many places there are for unreadable bytes. */
export const NOISE_TOPICS = 5

/** Milliseconds between two of a kind, on average. */
export const PEOPLE_PACE = { haste: 900, bulk: 20_000, noise: 7_000, tidying: 8_000 }
/** Runs of one batch: a chunk has a hundred. */
const MOST_RUNS = 130
const MOST_PARKED = 40

/** What a draw is made with. */
export interface Dice {
  pick<T>(from: readonly T[]): T
  whole(least: number, most: number): number
  chance(share: number): boolean
  share(): number
}

/** @param runs how many runs there are by then */
export function drawHaste({ pick, whole, chance }: Dice, runs: number): Haste {
  return {
    act: pick(ACTS),
    by: pick(['agent', 'agent', 'operator', 'stranger'] as const),
    via: pick(['door', 'topic'] as const),
    run: whole(0, runs),
    twice: chance(0.2),
  }
}

/** @param runs how many runs there are by then */
export function drawBulk({ pick, whole, chance }: Dice, runs: number): Bulk {
  const act = pick(BULK_ACTS)
  return {
    act,
    ...(act === 'close_exception' ? { exception_type: 'evidence_gap' } : {}),
    run: whole(0, runs),
    // closing many leaves nothing for others to do
    count: act === 'close' ? whole(1, 10) : whole(1, MOST_RUNS),
    perSecond: whole(2, 40),
    via: pick(['dispatch', 'console'] as const),
    isDry: chance(0.4),
    steps: pick(COURSES).map((request) => ({ request, afterMs: whole(0, 3_000) })),
  }
}

/** What operators say of a batch, one after the other; most of it ends. */
const COURSES: readonly (typeof BATCH_LATER)[number][][] = [
  ['run'],
  ['run'],
  ['run', 'pause', 'resume'],
  ['run', 'pause', 'pause', 'resume', 'resume'],
  ['run', 'pause', 'stop'],
  ['resume', 'run', 'run', 'stop', 'resume'],
  ['run', 'pause', 'resume', 'pause', 'resume', 'pause'],
  ['stop', 'run'],
]

export function drawNoise({ pick, whole }: Dice): Noise {
  return {
    kind: pick(['bytes', 'bytes', 'bytes', 'cut order', 'early order'] as const),
    topic: whole(0, NOISE_TOPICS - 1),
    afterMs: whole(1_000, 15_000),
  }
}

export function drawTidying({ pick, whole, chance, share }: Dice): Tidying {
  return {
    act: pick(['send', 'send', 'send', 'discard'] as const),
    of: share(),
    count: pick([1, 1, whole(2, MOST_PARKED)]),
    state: pick(['open', 'open', 'any'] as const),
    isDry: chance(0.2),
    withEarlier: chance(0.3),
    twice: chance(0.3),
  }
}
