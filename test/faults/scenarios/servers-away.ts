import { subjectFor, topics } from '@prooftrail/contracts'
import { expect } from 'vitest'
import { watchProbes } from '../probes.ts'
import type { Scenario } from '../scenario.ts'
import { PATIENCE_MS } from '../traffic.ts'

const MINUTE_MS = 60_000

export const brokerRestart: Scenario = {
  promise: 'the broker dies and starts again: nothing that it confirmed is lost, no pod is killed',
  async run({ processes, servers, traffic, journal, world }) {
    const probes = watchProbes(processes.urls())
    const sending = traffic.send(40, { everyMs: 100 })
    await world.until('orders under way', () => traffic.open() > 0 || undefined)
    const open = traffic.open()
    journal.fault({ during: 'broker', what: 'SIGKILL', who: 'kafka', when: 'in mid-flow', open })
    await servers().kafka.kill('SIGKILL')
    await servers().kafka.restart()
    await traffic.allSealed(await sending)
    await probes.stop()
    expect(probes.unhealthy).toEqual([])
  },
}

export const registryAway: Scenario = {
  promise: 'the registry is away: what needs it waits, everything else goes on',
  async run({ processes, servers, traffic, journal, world }) {
    const { record } = topics['work-order.submitted']
    const id = await registerNextVersion(world.services.stack.registry.url)
    const agent = await world.newAgent('faults_registry', { credits: 100 })
    const probes = watchProbes(processes.urls())
    await servers().registry.kill('SIGKILL')
    const order = agent.order()
    const waiting = traffic.enter(order, { tool: 'tokenops', price: 10, agent, ends: 'delivered' })
    const when = `with an order in a schema of ${record} that nobody has read yet`
    const open = traffic.open()
    journal.fault({ during: 'registry', what: 'SIGKILL', who: 'registry', when, open })
    // the new member comes last, and null is its first branch
    const value = world.codec.encode('work-order.submitted', order)
    value.writeUInt32BE(id, 1)
    await world.publishRaw({ key: waiting.id, value: Buffer.concat([value, Buffer.of(0)]) })
    const intakeTells = () => probes.unready.has('intake') || undefined
    await world.until('outage that intake tells', intakeTells, PATIENCE_MS)
    // a partition waits for the order that cannot be read; three of four go on
    const others = await traffic.send(24)
    await world.until('orders that go on', () => traffic.sealed(others) > 0 || undefined)
    expect(traffic.sealed([waiting])).toBe(0)
    await servers().registry.restart()
    await traffic.allSealed([waiting, ...others])
    await probes.stop()
    expect(probes.unhealthy).toEqual([])
  },
}

export const databaseAway: Scenario = {
  promise: 'MongoDB is away for a minute: no pod is killed by its probe, no message is parked',
  async run({ processes, servers, services, traffic, journal, world }) {
    const probes = watchProbes(processes.urls())
    const { pid } = servers().mongodb
    const sending = traffic.send(40, { everyMs: 1_000 })
    await world.until('orders under way', () => traffic.open() > 0 || undefined)
    process.kill(pid, 'SIGSTOP')
    const open = traffic.open()
    journal.fault({ during: 'database', what: 'SIGSTOP', who: 'mongodb', when: 'for 60 s', open })
    const end = Date.now() + MINUTE_MS
    try {
      // the minute itself is the fault
      await world.until('end of the minute', () => Date.now() > end || undefined, PATIENCE_MS)
    } finally {
      process.kill(pid, 'SIGCONT')
    }
    await traffic.allSealed(await sending)
    await probes.stop()
    expect(probes.unhealthy).toEqual([])
    const told = services.filter((service) => probes.unready.has(service))
    journal.figure({ during: 'database', what: `/readyz told it: ${told.join(', ')}` })
    expect(told).toContain('intake')
  },
}

/** What a deploy step does to a subject that gets a member. @returns the schema's id */
async function registerNextVersion(registry: string): Promise<number> {
  const schema = JSON.parse(topics['work-order.submitted'].schema)
  schema.fields.push({ name: 'remark', type: ['null', 'string'], default: null })
  const url = `${registry}/subjects/${subjectFor('work-order.submitted')}/versions`
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify({ schema: JSON.stringify(schema) }),
  })
  const id: unknown = Reflect.get(Object(await answer.json()), 'id')
  if (typeof id !== 'number') throw new Error(`the registry answers ${answer.status}`)
  return id
}
