import { envHere, REBUILDABLE, rebuildOne } from '@prooftrail/cli'
import { topicFor } from '@prooftrail/contracts'
import { readAddresses } from '@prooftrail/stack'
import { type Admin, Kafka, logLevel } from 'kafkajs'
import { type Db, MongoClient } from 'mongodb'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { actsOn } from '../toolkit/acts.ts'
import { caseOf, example, type SignedOrder } from '../toolkit/agent.ts'
import { readWholeTopics } from '../upgrade/whole-topics.ts'
import { type RegisteredAgent, startWorld, type TestWorld } from '../world.ts'

/** Every service's documents, dropped and made again from the topics. */

const KAFKA = (process.env.KAFKA_BROKERS ?? '').split(',')

let world: TestWorld
let mongo: MongoClient
let db: Db
beforeAll(async () => {
  mongo = new MongoClient(process.env.MONGODB_URL ?? '', { retryWrites: false })
  db = mongo.db('prooftrail')
  world = await startWorld()
})
afterAll(async () => {
  await world?.stop()
  await mongo?.close()
})

const acts = actsOn(() => world)

/** What a rebuild cannot know, by collection: see the README of each service. */
const LEFT_OUT: Record<string, readonly string[]> = {
  receipts: ['checked_at', 'checks'],
  callbacks: ['begun_at', 'lease_until'],
  trails: ['until', 'looked'],
  // how far a batch has counted
  execution_bindings: [
    ...['through', 'open_chunks', 'unanswered', 'credit', 'credited_at', 'heard_at', 'tick_at'],
  ],
  // the order in which the console met facts
  runs: ['sequence'],
}

const tools = [
  {
    tool: 'tokenops',
    capability: 'settlement_evidence_review',
    lacking: undefined,
    ready: undefined,
  },
  {
    tool: 'energyops',
    capability: 'interconnection_readiness_check',
    ready: 'complete',
    lacking: 'incomplete',
  },
  {
    tool: 'financeops',
    capability: 'reconciliation_check',
    ready: 'all-matched',
    lacking: 'missing-class',
  },
] as const

/** Orders of all tools, ready, partial, refused, short of credits, and one that was put right. */
async function ordersOf(agent: RegisteredAgent): Promise<SignedOrder[]> {
  const orders = tools.flatMap(({ tool, capability, ready, lacking }) => {
    const asking = {
      ...{ requested_tool: tool, requested_capability: capability },
      ...(tool === 'tokenops'
        ? {}
        : { proof_requirements: undefined, workflow_context: undefined }),
    }
    const missing = { evidence: example('tokenops-missing-item').evidence }
    return [
      agent.order({ ...asking, ...(ready ? caseOf(tool, ready) : {}) }),
      agent.order({ ...asking, ...(lacking ? caseOf(tool, lacking) : missing) }),
    ]
  })
  const refused = agent.order({ requested_capability: 'none_of_that_name' })
  return [...orders, refused]
}

/** The documents of a collection in a form in which two are compared. */
async function documentsOf(collection: string): Promise<Map<string, Compared>> {
  const left = new Set(LEFT_OUT[collection] ?? [])
  const strip = (value: unknown): unknown => {
    if (Array.isArray(value)) {
      const items = value.map(strip)
      return collection === 'runs' ? items.map((one) => JSON.stringify(one)).sort() : items
    }
    if (typeof value !== 'object' || value === null) return value
    const members = Object.entries(value).filter(([name]) => !left.has(name))
    // no topic says what became of a request for evidence
    const isRequest = 'is_request' in value
    const kept = members.filter(([name]) => !(isRequest && OF_REQUESTS.has(name)))
    // by name alone: a member may be called `toString`, and then has no text to be ordered by
    kept.sort(([one], [other]) => (one < other ? -1 : 1))
    return Object.fromEntries(kept.map(([name, member]) => [name, strip(member)]))
  }
  const raws = await db
    .collection<{ _id: string; state: string; handled_ids: string[]; [member: string]: unknown }>(
      collection,
    )
    .find()
    .toArray()
  return new Map(
    raws.map(({ _id, state, handled_ids, published_ids, ix, parked }) => {
      const isOfRequest = (id: string) => id.startsWith('outcome:') && state.includes('is_request')
      const handled = handled_ids.filter((id) => !isOfRequest(id)).sort()
      return [_id, { state: strip(JSON.parse(state)), handled, published_ids, ix, parked }]
    }),
  )
}

interface Compared {
  handled: string[]
  [member: string]: unknown
}

function statesOf(documents: ReadonlyMap<string, Compared>): Map<string, unknown> {
  return new Map([...documents].map(([id, { handled: _, ...document }]) => [id, document]))
}

const OF_REQUESTS = new Set(['phase', 'attempts', 'payload'])

/** Closes runs in a batch; resolves when each has its answer. */
async function batchOf(work_order_ids: readonly string[]): Promise<void> {
  const address = `${world.url('dispatch')}/v1/batches`
  const post = async (url: string, body: unknown) => {
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
    return Object(await answer.json())
  }
  const act = { recovery_action: 'close', reason: 'it was put right' }
  const { batch_id } = await post(address, { act, work_order_ids })
  await post(`${address}/${batch_id}/run`, {})
  await world.until('the end of the batch', async () => {
    const { body } = await world.get('dispatch', `/v1/batches/${batch_id}`)
    return body.settled === true ? true : undefined
  })
}

/** Where all topics end, but for the announcements that tools make at every start. */
function endsOfTopics(): Promise<Record<string, string>> {
  return withKafka(async (_, admin) => {
    const names = (await admin.listTopics()).filter((name) => name.startsWith('prooftrail.'))
    const ends: Record<string, string> = {}
    for (const name of names.filter((one) => one !== topicFor('tool.announced')).sort()) {
      const partitions = await admin.fetchTopicOffsets(name)
      ends[name] = partitions
        .map(({ partition, high }) => `${partition}:${high}`)
        .sort()
        .join()
    }
    return ends
  })
}

/** Every message of these topics; of all where none is named. */
function messagesOf(names?: readonly string[]) {
  return withKafka((kafka, admin) => readWholeTopics(kafka, admin, names))
}

async function withKafka<T>(ask: (kafka: Kafka, admin: Admin) => Promise<T>): Promise<T> {
  const kafka = new Kafka({ brokers: [...KAFKA], logLevel: logLevel.NOTHING })
  const admin = kafka.admin()
  await admin.connect()
  try {
    return await ask(kafka, admin)
  } finally {
    await admin.disconnect()
  }
}

/** Messages of these ids in words: which topic each is on. */
async function describe(ids: readonly string[]): Promise<string> {
  if (ids.length === 0) return 'nothing'
  const found = (await messagesOf()).filter(({ headers }) => ids.includes(headers.ce_id ?? ''))
  return found.map(({ topic, headers }) => `${headers.ce_id} on ${topic}`).join(', ')
}

test('given any service whose collection was dropped, when it is rebuilt from the topics, then its documents are equal, and orders go on', async () => {
  const agent = await world.newAgent('rebuilt')
  const poor = await world.newAgent('rebuilt-poor', { credits: 15 })
  const orders = await ordersOf(agent)
  for (const order of orders) await world.publish(order)
  // said twice
  await world.publish(orders[0] as SignedOrder)
  const short = [poor.order(), poor.order()]
  for (const order of short) await world.publish(order)
  for (const order of orders) await world.trailOf(order.object.work_order_id)
  const partial = orders[1]?.object.work_order_id ?? ''
  const { payment_request_artifact = '' } = Object(example('tokenops-complete').evidence)
  const evidence = { payment_request_artifact }
  await acts.publish(await acts.sign(agent, partial, 'add_evidence', { evidence }))
  await world.trailOf(partial, 1)
  await acts.publish(await acts.sign(agent, partial, 'replay_from_checkpoint'))
  await world.trailOf(partial, 3)
  await world.fund(poor.account, 100)
  for (const order of short) await world.trailOf(order.object.work_order_id)
  // a callback that was given up and tried again, and a request for evidence that was made
  const gone = world.receiver.address((_request, n) => ({ status: n === 1 ? 410 : 200 }))
  const unreached = await world.newAgent('rebuilt-gone', { callbacks: gone })
  const retried = unreached.order()
  const asked = unreached.order({ evidence: example('tokenops-missing-item').evidence })
  await world.publish(retried)
  const retriedId = retried.object.work_order_id
  await world.trailOf(retriedId)
  await world.until('a ticket', () => world.heard('exception.opened', retriedId).at(0))
  await world.until('an act', async () => {
    const { status } = await acts.ask(retriedId, 'retry_callback')
    return status === 200 ? true : undefined
  })
  await world.trailOf(retriedId, 2)
  await world.publish(asked)
  const askedId = asked.object.work_order_id
  await world.trailOf(askedId)
  await acts.ask(askedId, 'request_evidence')
  await world.trailOf(askedId, 1)
  await world.until('both callbacks', () => (gone.received.length >= 4 ? true : undefined))
  await batchOf([retriedId, 'wo_nobody_knows'])
  await world.trailOf(retriedId, 3)
  // one that waits for credits while everything is made again
  const broke = await world.newAgent('rebuilt-broke', { credits: 0 })
  const waiting = broke.order()
  await world.publish(waiting)
  await world.until('the ticket', () =>
    world.heard('exception.opened', waiting.object.work_order_id).at(0),
  )
  await world.settle()
  const bundles = new Map<string, string>()
  for (const { object } of orders) {
    bundles.set(
      object.work_order_id,
      JSON.stringify((await world.trailOf(object.work_order_id)).bundle.links),
    )
  }
  const stack = readAddresses(process.env)
  const dir = process.env.E2E_DIR ?? ''
  if (!stack) throw new Error('the run has no stack')
  const rebuilding = REBUILDABLE.map((service) => ({
    service,
    env: envHere(service, stack, dir, world.services.urls),
  }))
  // beside what runs: equal, and nothing is touched; in place of it: refused
  for (const { service, env } of rebuilding) {
    const { differences } = await rebuildOne(service, { env, dir }, { beside: true })
    expect(differences, service.name).toMatchObject({ differentCount: 0, missing: 0, added: 0 })
  }
  for (const { service, env } of rebuilding.slice(0, 2)) {
    const refused = rebuildOne(service, { env, dir })
    await expect(refused, service.name).rejects.toMatchObject({ code: 'PT-9050' })
  }
  await world.settle()
  await world.stop()
  const said = await endsOfTopics()
  // one that comes about when its attempt ends counts before the result, or comes to nothing after it
  const heartbeats = new Set(
    (await messagesOf([topicFor('execution.progressed')])).map(({ headers }) => headers.ce_id),
  )

  for (const { service, env } of rebuilding) {
    const { collection } = await rebuildOne(service, { env, dir }, { beside: true })
    const before = await documentsOf(collection)
    await db.dropCollection(collection)
    const { isInPlace } = await rebuildOne(service, { env, dir })
    expect(isInPlace).toBe(true)
    expect(before.size).toBeGreaterThan(0)
    const after = await documentsOf(collection)
    expect(statesOf(after), service.name).toEqual(statesOf(before))
    // what came to nothing, because another topic was read first, may have come in its turn now
    const lost = [...before].flatMap(([id, { handled }]) => {
      const now = new Set(after.get(id)?.handled)
      return handled.filter((one) => !now.has(one) && !heartbeats.has(one)).map((one) => [id, one])
    })
    expect(lost, `${service.name}: ${await describe(lost.map(([, one = '']) => one))}`).toEqual([])
  }

  // nothing is said again: no second callback, debit, seal or signature
  world = await startWorld()
  await world.settle()
  expect(await endsOfTopics()).toEqual(said)
  for (const [id, links] of bundles) {
    expect(JSON.stringify((await world.trailOf(id)).bundle.links)).toBe(links)
  }
  await world.fund(broke.account, 100)
  await world.trailOf(waiting.object.work_order_id)
  const next = await world.newAgent('rebuilt-next')
  for (const order of await ordersOf(next)) {
    await world.publish(order)
    await world.trailOf(order.object.work_order_id)
  }
  const again = orders[0] as SignedOrder
  await world.publish(again)
  await world.settle()
  const bundle = await world.trailOf(again.object.work_order_id)
  expect(JSON.stringify(bundle.bundle.links)).toBe(bundles.get(again.object.work_order_id))
}, 300_000)
