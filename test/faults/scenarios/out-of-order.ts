import { type TopicName, topicFor, topics } from '@prooftrail/contracts'
import { expect } from 'vitest'
import type { Deployment } from '../deployment.ts'
import type { Scenario } from '../scenario.ts'
import { PATIENCE_MS } from '../traffic.ts'

/** The services that join topics. */
const JOINING = ['attestation', 'console'] as const
/** Facts in the order in which they are said; each is kept back until all later ones have come. */
const LATE: readonly TopicName[] = ['agent.registered', 'execution.bound', 'result.accepted']

export const outOfOrder: Scenario = {
  promise:
    'facts arrive out of order between topics: an early one is kept, and the trail is the same',
  async run(d) {
    const { world, processes, sabotage, traffic, journal } = d
    const hold = (topics: readonly TopicName[]) => {
      for (const who of JOINING) sabotage.hold(processes.port(who), topics)
    }
    hold(LATE)
    const agent = await world.newAgent('faults_early', { credits: 100 })
    const terms = { tool: 'tokenops', price: 10, agent, ends: 'delivered' } as const
    const own = await traffic.publish(agent.order(), terms)
    const sent = [own, ...(await traffic.send(12))]
    const isPosted = () => traffic.said('callback.attempted', sent) === sent.length || undefined
    await world.until('a callback of each', isPosted, PATIENCE_MS)
    expect(traffic.sealed(sent)).toBe(0)
    for (let kept = LATE.length - 1; kept >= 0; kept -= 1) {
      await caughtUp(d, ['usage-receipt.issued', 'callback.attempted', ...LATE.slice(kept + 1)])
      expect(traffic.sealed([own])).toBe(0)
      hold(LATE.slice(0, kept))
    }
    await traffic.allSealed(sent)
    for (const who of JOINING) {
      const when = `${LATE.join(', ')} after all that follows them`
      journal.fault({ during: 'order', what: 'topics late', who, when, open: sent.length })
    }
  },
}

/** Resolves when the joining services have taken all that stands on these topics. */
async function caughtUp({ world }: Deployment, names: readonly TopicName[]): Promise<void> {
  const lag = async () => {
    for (const who of JOINING) {
      const read = names.filter((name) => topics[name].readers.some((one) => one === who))
      const from = read.map((name) => topicFor(name))
      const committed = await world.admin.fetchOffsets({
        groupId: `prooftrail.${who}`,
        topics: from,
      })
      for (const { topic, partitions } of committed) {
        const ends = await world.admin.fetchTopicOffsets(topic)
        const isBehind = ends.some(({ partition, high }) => {
          const own = partitions.find((one) => one.partition === partition)
          return high !== '0' && own?.offset !== high
        })
        if (isBehind) return undefined
      }
    }
    return true
  }
  await world.until(`end of ${names}`, lag, PATIENCE_MS)
}
