import type { TopicName } from '@prooftrail/contracts'
import type { Deployment } from '../deployment.ts'
import { randomFrom, type Scenario } from '../scenario.ts'
import { PATIENCE_MS, TOOLS } from '../traffic.ts'

/** The moments follow from it. */
const SEED = 20_260_302
const ORDERS = 36

/** Who is killed, and the fact whose random n-th appearance says when. */
const VICTIMS = [
  ['intake', 'work-order.accepted'],
  ['receipt', 'credits.held'],
  ['dispatch', 'execution.bound'],
  ['tokenops', 'execution.bound'],
  ['energyops', 'result.produced'],
  ['financeops', 'execution.bound'],
  ['callback', 'callback.attempted'],
  ['attestation', 'trail.attested'],
  ['console', 'result.accepted'],
] as const satisfies readonly (readonly [victim: string, fact: TopicName])[]

export const killed: Scenario = {
  promise: 'kill -9 of each service in mid-flow',
  async run(d) {
    const random = randomFrom(SEED)
    const from = d.traffic.sent.length
    const own = () => d.traffic.sent.slice(from, from + ORDERS)
    const killing = VICTIMS.map(([victim, fact]) => {
      const tool = TOOLS.some((one) => one.tool === victim) ? victim : undefined
      const share = tool ? ORDERS / TOOLS.length : ORDERS
      // in the earlier half, so that work is left
      const nth = 1 + Math.floor((random() * share) / 2)
      const count = () =>
        d.traffic.said(
          fact,
          own().filter((one) => !tool || one.tool === tool),
        )
      return killAt(d, victim, `at the ${nth}. ${fact}`, () => count() >= nth)
    })
    await Promise.all([d.traffic.send(ORDERS), ...killing])
    // A callback whose attempt died is made again a minute later: the books wait for it.
    await d.traffic.allSealed(await d.traffic.send(2 * TOOLS.length))
  },
}

/** Kills as soon as the moment is there, and starts again. */
async function killAt(
  { world, processes, traffic, journal }: Deployment,
  who: string,
  when: string,
  isThere: () => boolean,
): Promise<void> {
  await world.until(when, () => isThere() || undefined, PATIENCE_MS)
  journal.fault({ during: 'mid-flow', what: 'SIGKILL', who, when, open: traffic.open() })
  await processes.kill(who)
  await processes.start(who)
}
