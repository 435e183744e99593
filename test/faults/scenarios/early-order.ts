import { proveKey, topicFor } from '@prooftrail/contracts'
import { expect } from 'vitest'
import { makeAgent } from '../../toolkit/agent.ts'
import type { Deployment } from '../deployment.ts'
import { deployPatience, PATIENCE, taking } from '../patience-tool.ts'
import type { Scenario } from '../scenario.ts'
import { PATIENCE_MS } from '../traffic.ts'

const CREDITS = 100

export const earlyOrder: Scenario = {
  promise: 'an order before its agent’s and its tool’s registration waits for them',
  async run(d) {
    const { world, traffic, journal } = d
    const callbacks = world.receiver.address()
    const maker = makeAgent('faults_unknown', callbacks.url)
    const stranger = { ...maker, callbacks, secret: '' }
    const newcomer = await world.newAgent('faults_newcomer', { credits: CREDITS })
    const terms = { ends: 'delivered' } as const
    const waiting = await Promise.all([
      traffic.publish(stranger.order(), { ...terms, agent: stranger, tool: 'tokenops', price: 10 }),
      traffic.publish(newcomer.order(taking(0)), { ...terms, ...PATIENCE, agent: newcomer }),
    ])
    await intakeHasSeen(d)
    const accepted = waiting.flatMap(({ id }) => world.heard('work-order.accepted', id))
    expect(accepted).toEqual([])
    const open = traffic.open()
    const when = 'after the order had been taken'
    journal.fault({ during: 'early', what: 'registration', who: 'agent', when, open })
    journal.fault({ during: 'early', what: 'registration', who: 'tool', when, open })
    const { kty, crv, x } = maker.keys.publicJwk
    const proof = proveKey(maker.id, maker.keys.privateJwk)
    await say(d, 'intake', '/v1/agents', { agent_id: maker.id, public_key: { kty, crv, x }, proof })
    const registered = async () =>
      (await world.get('intake', `/v1/agents/${maker.id}`)).status === 200 || undefined
    await world.until('the registration', registered)
    await Promise.all([world.fund(maker.account, CREDITS), deployPatience(d)])
    await traffic.allSealed(waiting)
  },
}

/** Every order on the intake topic is decided or waits: nothing stands before intake. */
async function intakeHasSeen({ world }: Deployment): Promise<void> {
  const topic = topicFor('work-order.submitted')
  const taken = async () => {
    const ends = await world.admin.fetchTopicOffsets(topic)
    const [own] = await world.admin.fetchOffsets({ groupId: 'prooftrail.intake', topics: [topic] })
    const offsets = new Map(own?.partitions.map(({ partition, offset }) => [partition, offset]))
    const isAt = ends.every(
      ({ partition, high }) => high === '0' || offsets.get(partition) === high,
    )
    return isAt || undefined
  }
  await world.until('intake that has taken all', taken, PATIENCE_MS)
}

async function say({ world }: Deployment, service: string, path: string, body: unknown) {
  const answer = await fetch(`${world.url(service)}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
}
