import { expect } from 'vitest'
import type { Deployment } from '../deployment.ts'
import type { Scenario } from '../scenario.ts'
import { PATIENCE_MS } from '../traffic.ts'

const ORDERS = 30
const EVERY_MS = 60

export const twoInstances: Scenario = {
  promise: 'two instances of each service: one is paused past its session and resumed',
  async run(d) {
    const { services, processes, traffic, world, journal } = d
    await Promise.all(services.map((service) => processes.add(second(service), service)))
    await members(d, 2)
    const before = traffic.send(ORDERS, { everyMs: EVERY_MS })
    await world.until('orders under way', () => traffic.open() > ORDERS / 4 || undefined)
    for (const who of services) {
      const when = 'of two, past its session'
      journal.fault({ during: 'paused', what: 'SIGSTOP', who, when, open: traffic.open() })
      processes.signal(who, 'SIGSTOP')
    }
    try {
      // the group gives the other one what the silent one had
      await members(d, 1)
      const meanwhile = await traffic.send(ORDERS)
      await traffic.allSealed(meanwhile)
    } finally {
      for (const service of services) processes.signal(service, 'SIGCONT')
    }
    await members(d, 2)
    const after = await traffic.send(ORDERS)
    await traffic.allSealed([...(await before), ...after])
    await Promise.all(services.map((service) => processes.end(second(service))))
    await members(d, 1)
    const alone = await traffic.send(services.length)
    await traffic.allSealed(alone)
    expect(services.filter((service) => !processes.isAlive(service))).toEqual([])
  },
}

function second(service: string): string {
  return `${service}-2`
}

/** Resolves when every service's group has that many members. */
async function members({ world, services }: Deployment, count: number): Promise<void> {
  const groups = async () => {
    const all = await world.admin.listGroups()
    const ids = all.groups.map(({ groupId }) => groupId)
    return ids.filter((id) => services.some((one) => belongsTo(id, one)))
  }
  const have = async () => {
    const described = await world.admin.describeGroups(await groups())
    const counts = described.groups.map((group) => group.members.length)
    return (counts.length === services.length && counts.every((one) => one === count)) || undefined
  }
  await world.until(`groups of ${count} members`, have, PATIENCE_MS)
}

/** An executor's group names its version. */
function belongsTo(group: string, service: string): boolean {
  return group === `prooftrail.${service}` || group.startsWith(`prooftrail.${service}@`)
}
