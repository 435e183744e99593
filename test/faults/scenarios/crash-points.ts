import { expect } from 'vitest'
import type { Deployment } from '../deployment.ts'
import type { Point } from '../sabotage.ts'
import { randomFrom, type Scenario } from '../scenario.ts'
import { PATIENCE_MS, TOOLS } from '../traffic.ts'

/** Design 3: where a process may die. The console publishes nothing. */
const MOMENTS = {
  'before the save': { point: 'save', console: 'save' },
  'after the save, before the publish': { point: 'publish', console: 'saved' },
  'after the publish, before the offset moves': { point: 'published', console: 'commit' },
} as const satisfies Record<string, { point: Point; console: Point }>

export type Moment = keyof typeof MOMENTS
export const moments = Object.keys(MOMENTS) as Moment[]

/** One order for each tool, again and again, until everybody has died. */
const EVERY_MS = 250
const MOST_OPEN = 60
/** A process dies at its first, second or third time there. */
const TIMES = 3

/** Every service dies once at the moment, all of them in the same traffic. */
export function crashOfEach(moment: Moment, seed: number): Scenario {
  const everybody = (services: readonly string[]) => services.map((who) => [who, moment] as const)
  return crashes(`a crash ${moment}, in each service`, seed, everybody)
}

/** Some die once at a moment each, all of them in the same traffic. */
export function crashes(
  promise: string,
  seed: number,
  victims: (services: readonly string[]) => readonly (readonly [who: string, moment: Moment])[],
): Scenario {
  return {
    promise,
    async run(d) {
      const { services, processes, sabotage, traffic } = d
      const random = randomFrom(seed)
      const told = victims(services).map(([who, moment]) => {
        const point = MOMENTS[moment][who === 'console' ? 'console' : 'point']
        const nth = 1 + Math.floor(random() * TIMES)
        sabotage.crash(processes.port(who), point, nth)
        return { who, moment, point, nth }
      })
      const before = sabotage.crashes().length
      const crashed = Promise.all(told.map((one) => restartAfterCrash(d, one)))
      let isOver = false
      const ended = crashed.finally(() => {
        isOver = true
      })
      const sending = sendUntil(d, () => isOver)
      await ended
      await sending
      // A callback whose attempt died is made again a minute later: the books wait for it.
      await traffic.allSealed(await traffic.send(2 * TOOLS.length))
      const crashes = sabotage.crashes().slice(before)
      const wanted = told.map(({ who, point }) => `${processes.port(who)} ${point}`)
      expect(crashes.map(({ port, point }) => `${port} ${point}`).sort()).toEqual(wanted.sort())
    },
  }
}

async function restartAfterCrash(
  { processes, world, traffic, journal }: Deployment,
  { who, moment, point, nth }: { who: string; moment: Moment; point: Point; nth: number },
): Promise<void> {
  const isGone = () => !processes.isAlive(who) || undefined
  await world.until(`crash of ${who} at ${point}`, isGone, PATIENCE_MS)
  const when = `at its ${nth}. ${point}`
  journal.fault({ during: moment, what: 'SIGKILL by itself', who, when, open: traffic.open() })
  await processes.start(who)
}

/** Traffic that goes on while services die: some of it meets each of them. */
async function sendUntil({ traffic, world }: Deployment, isOver: () => boolean): Promise<void> {
  const sent = await traffic.send(2 * TOOLS.length)
  while (!isOver()) {
    const next = Date.now() + EVERY_MS
    // what stands in a queue already is enough
    if (sent.length - traffic.sealed(sent) < MOST_OPEN)
      sent.push(...(await traffic.send(TOOLS.length)))
    await world.until('the next orders’ turn', () => Date.now() >= next || undefined)
  }
}
