import { createHash } from 'node:crypto'
import { randomFrom } from '../scenario.ts'
import {
  type Bulk,
  type Dice,
  drawBulk,
  drawHaste,
  drawNoise,
  drawTidying,
  type Haste,
  type Noise,
  PEOPLE_PACE,
  type Tidying,
} from './people.ts'

/** What is done to a deployment under load. */
export type Doing =
  | { what: 'kill'; who: string }
  | { what: 'pause'; who: string; forMs: number }
  | { what: 'crash'; who: string; point: 'save' | 'publish' | 'published'; nth: number }
  | { what: 'double'; who: string; forMs: number }
  | { what: 'delay'; who: string; topic: LateTopic; forMs: number }
  | { what: 'receivers down'; forMs: number }
  | { what: 'server killed'; who: Server; forMs: number }
  | { what: 'server paused'; who: Server; forMs: number }

export type Server = 'kafka' | 'registry' | 'mongodb'
export type LateTopic = 'execution.bound' | 'result.accepted' | 'usage-receipt.issued'

export type Timed<T> = T & { at: number }

export interface Schedule {
  /** In order of time: milliseconds from the beginning. */
  doings: Timed<Doing>[]
  haste: Timed<Haste>[]
  bulk: Timed<Bulk>[]
  noise: Timed<Noise>[]
  tidying: Timed<Tidying>[]
}

const POINTS = ['save', 'publish', 'published'] as const
const LATE: readonly LateTopic[] = ['execution.bound', 'result.accepted', 'usage-receipt.issued']
const SERVERS: readonly Server[] = ['kafka', 'registry', 'mongodb']

/** Milliseconds between two doings, on average. */
const DOINGS_PACE = 4_000
/** Of the load, milliseconds between two orders of a kind, and how many of it there are at most. */
const LOAD = { orders: { pace: 400, most: 4_500 }, partial: { pace: 1_500, most: 1_200 } }
/** A short time has some of everything all the same. */
const LEAST = { doings: 8, bulk: 3, noise: 5, tidying: 5 }
/** When nothing more is begun, so that there is load until the end: of a short time a share. */
const LAST = { share: 0.9, ms: 20_000 }
/** What readers of a topic that is kept back are: who joins topics. */
const JOINING = ['attestation', 'console'] as const
/** Twice the attempts of a callback last half a minute: receivers come back well before. */
const MOST_DOWN_MS = 5_000

/** Milliseconds between two orders of a kind: of hours, all that was ever stored is read in the end. */
export function loadPace(kind: keyof typeof LOAD, seconds: number): number {
  return Math.max(LOAD[kind].pace, Math.ceil((seconds * 1000) / LOAD[kind].most))
}

/**
 * The same schedule for the same seed and time, whatever the machine.
 * @param services by name, in any order @param ownServers whether the servers may be broken too
 */
export function drawSchedule(
  seed: number,
  seconds: number,
  services: readonly string[],
  ownServers: boolean,
): Schedule {
  const dice = diceOf(seed)
  const end = Math.max(seconds * 1000 * LAST.share, seconds * 1000 - LAST.ms)
  const timed = <T>(pace: number, draw: (at: number) => T): Timed<T>[] => {
    const list: Timed<T>[] = []
    const { whole } = dice
    for (let at = whole(0, pace); at < end; at += whole(pace / 3, (5 * pace) / 3)) {
      list.push({ ...draw(at), at })
    }
    return list
  }
  const runsBy = (at: number) => Math.floor(at / loadPace('partial', seconds))
  const kinds = doingsOf(dice, [...services].sort(), ownServers)
  const paceOf = (kind: Exclude<keyof typeof LEAST, 'doings'>) =>
    Math.min(PEOPLE_PACE[kind], end / LEAST[kind])
  return {
    doings: timed(Math.min(DOINGS_PACE, end / LEAST.doings), () => dice.pick(kinds)()),
    haste: timed(PEOPLE_PACE.haste, (at) => drawHaste(dice, runsBy(at))),
    bulk: timed(paceOf('bulk'), (at) => drawBulk(dice, runsBy(at))),
    noise: timed(paceOf('noise'), () => drawNoise(dice)),
    tidying: timed(paceOf('tidying'), () => drawTidying(dice)),
  }
}

/** Of everything that a schedule says: the same for the same course. */
export function digestOf(schedule: Schedule): string {
  return createHash('sha256').update(JSON.stringify(schedule)).digest('hex').slice(0, 12)
}

function diceOf(seed: number): Dice {
  const share = randomFrom(seed)
  return {
    share,
    chance: (most) => share() < most,
    whole: (least, most) => Math.round(least + share() * (most - least)),
    pick(from) {
      const one = from[Math.floor(share() * from.length)]
      if (one === undefined) throw new Error('nothing to draw from')
      return one
    },
  }
}

function doingsOf(
  { pick, whole }: Dice,
  services: readonly string[],
  ownServers: boolean,
): (() => Doing)[] {
  // the console publishes nothing under load, so it is never at a publish
  const publishing = services.filter((who) => who !== 'console')
  return [
    () => ({ what: 'kill', who: pick(services) }),
    () => ({ what: 'kill', who: pick(services) }),
    () => ({ what: 'pause', who: pick(services), forMs: whole(500, 9_000) }),
    () => ({ what: 'crash', who: pick(publishing), point: pick(POINTS), nth: whole(1, 4) }),
    () => ({ what: 'crash', who: pick(publishing), point: pick(POINTS), nth: whole(1, 4) }),
    () => ({ what: 'double', who: pick(publishing), forMs: whole(1_000, 8_000) }),
    () => ({ what: 'delay', who: pick(JOINING), topic: pick(LATE), forMs: whole(500, 5_000) }),
    () => ({ what: 'receivers down', forMs: whole(500, MOST_DOWN_MS) }),
    ...(ownServers
      ? [
          () => ({ what: 'server killed' as const, who: pick(SERVERS), forMs: whole(0, 4_000) }),
          () => ({ what: 'server paused' as const, who: pick(SERVERS), forMs: whole(500, 8_000) }),
        ]
      : []),
  ]
}
