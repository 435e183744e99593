/** Who may say what, on a broker that knows users: each service does its whole job with what it is granted. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openPublisher } from '@prooftrail/agent-sdk'
import { startWorld, type World, whoMayWrite } from '@prooftrail/cli'
import {
  type AclParty,
  aclsFor,
  brokerAcls,
  createToolTopic,
  proveKey,
  senderOf,
  TOPIC_NAMES,
  topicFor,
  topics,
  userOf,
} from '@prooftrail/contracts'
import { makeLog, makeMetrics, watchWriters } from '@prooftrail/runtime'
import { Kafka, logLevel, Partitioners } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type Agent, makeAgent } from '../toolkit/agent.ts'
import { fetchVerified } from '../toolkit/trail-of.ts'
import { until } from '../toolkit/until.ts'

const TOOLS = ['tokenops', 'energyops']
const dir = mkdtempSync(join(tmpdir(), 'prooftrail-acls-'))

let world: World
let agent: Agent

beforeAll(async () => {
  agent = makeAgent('acl', undefined)
  world = await startWorld({
    ...{ dir, source: 'embedded', mongoBackend: 'memory', tools: TOOLS, portOffset: 30_000 },
    users: { agents: [agent.id] },
    logLevel: 'debug',
  })
}, 240_000)
afterAll(async () => {
  await world?.stop()
  rmSync(dir, { recursive: true, force: true })
}, 60_000)

/** A party's credentials at the brokers. */
function saslOf(party: AclParty) {
  const username = userOf(party)
  const file = join(dir, 'keys', `kafka-${username.replace(/^prooftrail-/, '')}.secret`)
  return { mechanism: 'plain' as const, username, password: readFileSync(file, 'utf8').trim() }
}

const kafkaOf = (party: AclParty) => clientWith(saslOf(party))

function clientWith(credentials?: { username: string; password: string }): Kafka {
  return new Kafka({
    ...{ clientId: 'acl', brokers: world.stack.kafka.brokers, logLevel: logLevel.NOTHING },
    retry: { retries: 1, initialRetryTime: 50 },
    ...(credentials ? { sasl: { mechanism: 'plain', ...credentials } } : {}),
  })
}

const REFUSED = /authorization failed|not authorized/i
/** What kafkajs makes of a group or a transactional id that the broker refuses. */
const NO_COORDINATOR = /Failed to find group coordinator/

/** What became of one message to each topic, by topic. */
async function writeEach(kafka: Kafka, names: readonly string[]): Promise<Map<string, string>> {
  const producer = kafka.producer({
    allowAutoTopicCreation: false,
    createPartitioner: Partitioners.DefaultPartitioner,
  })
  await producer.connect()
  const outcomes = new Map<string, string>()
  for (const topic of names) {
    const sent = producer.send({ topic, acks: -1, messages: [{ key: 'x', value: 'x' }] })
    outcomes.set(topic, await sent.then(() => 'written', String))
  }
  await producer.disconnect()
  return outcomes
}

/** `read` when something was fetched, else why not. */
async function read(kafka: Kafka, topic: string, groupId: string): Promise<string> {
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 100, retry: { retries: 0 } })
  try {
    await consumer.connect()
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    return await new Promise((resolve, reject) => {
      consumer.on(consumer.events.CRASH, ({ payload }) => resolve(String(payload.error)))
      consumer.on(consumer.events.FETCH, () => resolve('read'))
      consumer.run({ eachMessage: async () => undefined }).catch(reject)
    })
  } catch (error) {
    return String(error)
  } finally {
    await consumer.disconnect()
  }
}

/** Every topic as it exists here, with who writes and reads it. */
function places() {
  return TOPIC_NAMES.flatMap((name) => {
    const { readers, per_tool } = topics[name]
    // who sends a topic's parked messages again writes it too
    const writers = [...topics[name].writers, senderOf(topics[name]) ?? []].flat()
    const of = (tool?: string) => ({ topic: topicFor(name, tool), tool, writers, readers })
    return per_tool ? TOOLS.map(of) : [of()]
  })
}

const SERVICES = ['intake', 'dispatch', 'receipt', 'callback', 'attestation', 'console']

async function ask(service: string, path: string, body?: object) {
  const answer = await fetch(`${world.urls.get(service)}${path}`, {
    ...(body
      ? {
          method: 'POST',
          body: JSON.stringify(body),
          headers: { 'content-type': 'application/json' },
        }
      : {}),
  })
  return { status: answer.status, body: Object(await answer.json()) }
}

test('one order goes through to its seal, each service with its own user and its own ACLs alone', async () => {
  const { kty, crv, x } = agent.keys.publicJwk
  const registration = {
    public_key: { kty, crv, x },
    proof: proveKey(agent.id, agent.keys.privateJwk),
  }
  await ask('intake', '/v1/agents', { agent_id: agent.id, ...registration })
  await until('the agent', async () =>
    (await ask('intake', `/v1/agents/${agent.id}`)).status === 200 ? true : undefined,
  )
  const terms = { credits: 100, settlement_provider: 'manual_invoice', reference: 'acl-1' }
  await ask('receipt', `/v1/accounts/${agent.id}/funding`, terms)
  const order = agent.order({ callback_policy: 'status_polling_only' })
  const publisher = await openPublisher({
    kafka: { brokers: world.stack.kafka.brokers, sasl: saslOf({ kind: 'agent', name: agent.id }) },
    registry: world.stack.registry,
  })
  onTestFinished(() => publisher.close())
  await publisher.publish(order)
  const attestation = world.urls.get('attestation') ?? ''
  const trail = await fetchVerified(attestation, order.object.work_order_id)
  expect(trail.verdict).toMatchObject({ ok: true, verdict: 'ready' })
  // intake sees the load, and nobody's log tells of something that was refused
  const log = readFileSync(world.logFile, 'utf8')
  expect(log).toContain('running')
  expect(log.split('\n').filter((line) => REFUSED.test(line))).toEqual([])
  // a broker that has just started may not know its groups yet; one that refuses never tells
  if (log.includes('the load cannot be seen')) {
    const isSeen = () => readFileSync(world.logFile, 'utf8').includes('the load is seen again')
    await until('the load', () => isSeen() || undefined)
  }
})

describe('nobody says what is another’s to say', () => {
  const parties: AclParty[] = [
    ...SERVICES.map((name) => ({ kind: 'service' as const, name })),
    { kind: 'tool', name: 'tokenops' },
    { kind: 'deploy' },
    { kind: 'doctor' },
  ]
  test.each(parties)('$kind $name writes no topic that does not name it', async (party) => {
    const name = party.kind === 'service' ? party.name : party.kind === 'tool' ? 'executor' : ''
    const foreign = places().filter(({ writers }) => !writers.includes(name))
    const outcomes = await writeEach(
      kafkaOf(party),
      foreign.map(({ topic }) => topic),
    )
    expect([...outcomes].filter(([, outcome]) => !REFUSED.test(outcome))).toEqual([])
    expect(outcomes.size).toBeGreaterThan(10)
  })

  test('an agent writes what agents sign: no funding, no agent, no result', async () => {
    const kafka = kafkaOf({ kind: 'agent', name: agent.id })
    const foreign = places().filter(({ writers }) => !writers.includes('agent'))
    const outcomes = await writeEach(
      kafka,
      foreign.map(({ topic }) => topic),
    )
    expect(foreign.map(({ topic }) => topic)).toContain(topicFor('funding.received'))
    expect(foreign.map(({ topic }) => topic)).toContain(topicFor('agent.announced'))
    expect([...outcomes].filter(([, outcome]) => !REFUSED.test(outcome))).toEqual([])
  })

  test('neither an agent nor a tool opens a transaction; the brokers’ own user may', async () => {
    const open = async (kafka: Kafka) => {
      const producer = kafka.producer({
        ...{ transactionalId: 'prooftrail-x', idempotent: true, maxInFlightRequests: 1 },
        createPartitioner: Partitioners.DefaultPartitioner,
      })
      await producer.connect()
      onTestFinished(() => producer.disconnect())
      await (await producer.transaction()).abort()
      return 'opened'
    }
    // the broker makes the topic of transactions at its first one
    await until('a transaction', () =>
      open(clientWith(world.stack.kafka.sasl)).catch(() => undefined),
    )
    const outsiders: AclParty[] = [
      { kind: 'agent', name: agent.id },
      { kind: 'tool', name: 'tokenops' },
    ]
    for (const party of outsiders) {
      await expect(open(kafkaOf(party))).rejects.toThrow(NO_COORDINATOR)
    }
  })

  test('whoever shows no password, or a wrong one, is nobody', async () => {
    for (const credentials of [undefined, { username: 'prooftrail-receipt', password: 'guess' }]) {
      const admin = clientWith(credentials).admin()
      await expect(admin.connect().then(() => admin.listTopics())).rejects.toThrow()
      await admin.disconnect()
    }
  })
})

describe('nobody hears what is another’s to hear', () => {
  test('an agent reads nothing', async () => {
    const kafka = kafkaOf({ kind: 'agent', name: agent.id })
    for (const topic of [topicFor('work-order.submitted'), topicFor('result.accepted')]) {
      expect(await read(kafka, topic, 'x')).toMatch(/authoriz|coordinator/)
    }
  })

  test('a tool reads its own commands, in a group of its own, and no other’s', async () => {
    const kafka = kafkaOf({ kind: 'tool', name: 'tokenops' })
    const own = topicFor('execution.commanded', 'tokenops')
    const others = topicFor('execution.commanded', 'energyops')
    expect(await read(kafka, own, 'prooftrail.tokenops@probe')).toBe('read')
    expect(await read(kafka, others, 'prooftrail.tokenops@probe')).toMatch(REFUSED)
    expect(await read(kafka, topicFor('result.produced'), 'prooftrail.tokenops@probe')).toMatch(
      REFUSED,
    )
    expect(await read(kafka, own, 'prooftrail.energyops@1.0.0')).toMatch(NO_COORDINATOR)
    expect(await read(kafka, own, 'prooftrail.dispatch')).toMatch(NO_COORDINATOR)
  })

  test('intake sees where the topics of others stand, and not what they hold', async () => {
    const kafka = kafkaOf({ kind: 'service', name: 'intake' })
    const admin = kafka.admin()
    await admin.connect()
    onTestFinished(() => admin.disconnect())
    const held = topicFor('credits.held')
    expect((await admin.fetchTopicOffsets(held)).length).toBe(4)
    expect(await read(kafka, held, 'prooftrail.intake-probe')).toMatch(REFUSED)
  })
})

test('the deploy step makes topics with a user of its own, and the product’s alone', async () => {
  const admin = kafkaOf({ kind: 'deploy' }).admin()
  await admin.connect()
  onTestFinished(() => admin.disconnect())
  await createToolTopic(admin, 'another', { partitions: 1 })
  expect(await admin.listTopics()).toContain(topicFor('execution.commanded', 'another'))
  const foreign = admin.createTopics({ topics: [{ topic: 'elsewhere' }] })
  await expect(foreign).rejects.toThrow()
})

test('a topic that is opened to somebody is warned of by who reads it, and by the doctor', async () => {
  const service: AclParty = { kind: 'service', name: 'receipt' }
  const metrics = makeMetrics('receipt', false)
  const config = { kafka: { brokers: world.stack.kafka.brokers } }
  const watched = () =>
    watchWriters({ host: { kafka: kafkaOf(service), config }, service: 'receipt', metrics, log })
  const log = makeLog('acl', 'silent')
  const before = watched()
  await before.stop()
  expect(before.warnings()).toEqual([])
  const acl = brokerAcls(aclsFor({ kind: 'agent', name: agent.id })).slice(0, 1)
  const opened = acl.map((one) => ({ ...one, resourceName: topicFor('funding.received') }))
  const admin = clientWith(world.stack.kafka.sasl).admin()
  await admin.connect()
  onTestFinished(() => admin.disconnect())
  await admin.createAcls({ acl: opened })
  const after = watched()
  await after.stop()
  const user = userOf({ kind: 'agent', name: agent.id })
  const detail = `${topicFor('funding.received')}: User:${user} may write it`
  expect(after.warnings()).toEqual([{ code: 'PT-9040', detail }])
  const found = await whoMayWrite({ ...world.stack.kafka, sasl: saslOf({ kind: 'doctor' }) })
  expect(found).toMatchObject({ state: 'open', open: [detail] })
  // a tool may not ask
  const asTool = { ...world.stack.kafka, sasl: saslOf({ kind: 'tool', name: 'tokenops' }) }
  expect(await whoMayWrite(asTool)).toMatchObject({ state: 'not told' })
})
