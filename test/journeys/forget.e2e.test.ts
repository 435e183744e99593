import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { envHere, REBUILDABLE, rebuildOne } from '@prooftrail/cli'
import { signAtDoor, topicFor } from '@prooftrail/contracts'
import { readAddresses } from '@prooftrail/stack'
import { exampleKey } from '@prooftrail/testing/trail'
import { type Db, MongoClient } from 'mongodb'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openServersOfItsOwn } from '../toolkit/servers.ts'
import { prooftrail, prooftrailJson } from '../tools/prooftrail.ts'
import { startWorld, type TestWorld } from '../world.ts'

/** What an agent's runs say is deleted everywhere; what proves them stays, and nothing comes back. */

let close: () => Promise<void>
let world: TestWorld
let mongo: MongoClient
let db: Db
const dir = mkdtempSync(join(tmpdir(), 'prooftrail-forget-'))
beforeAll(async () => {
  // the whole of each collection is read and made again
  close = await openServersOfItsOwn()
  mongo = new MongoClient(process.env.MONGODB_URL ?? '', { retryWrites: false })
  db = mongo.db('prooftrail')
  world = await startWorld()
})
afterAll(async () => {
  await world?.stop()
  await mongo?.close()
  await close?.()
  rmSync(dir, { recursive: true })
})

const FORGOTTEN = topicFor('run.forgotten')
const MARK = 'marked2c9be1d7'

/** Where any of these texts stands in the database: collection and document. */
async function placesOf(...texts: string[]): Promise<string[]> {
  const places: string[] = []
  for (const { name } of await db.listCollections().toArray()) {
    for await (const raw of db.collection(name).find()) {
      const text = JSON.stringify(raw)
      if (texts.some((one) => text.includes(one))) places.push(`${name} ${raw._id}`)
    }
  }
  return places
}

test('given runs of an agent that left, when they are forgotten, then nothing that they said is left, and the log, receipts and bundles hold', async () => {
  const agent = await world.newAgent('leaver')
  const evidence = JSON.parse(JSON.stringify(agent.order().object.evidence), (name, value) =>
    name === 'reference' ? `${value} ${MARK}` : value,
  )
  const taken = agent.order({ evidence })
  const refused = agent.order({ evidence, callback_url: `http://${MARK}.example/cb` })
  const ids = [taken, refused].map(({ object }) => object.work_order_id)
  const [id = ''] = ids
  await world.publish(taken)
  await world.publish(refused)
  const trail = await world.trailOf(id)
  await world.trailOf(ids[1] ?? '')
  await world.settle()
  const handle = String(trail.object('execution_command').task_token)
  const bundle = (await world.get('attestation', `/v1/trails/${id}`)).body
  writeFileSync(join(dir, 'bundle.json'), JSON.stringify(bundle))
  expect((await placesOf(MARK)).length).toBeGreaterThan(3)

  // whoever else can write the topic deletes nothing by it
  await world.codec.ready(['run.forgotten'])
  const stranger = exampleKey('console', ['operator'])
  const said = { work_order_id: id, agent_id: agent.id, decided_by: 'operator', reason: 'none' }
  const forged = { ...said, decided_at: new Date().toISOString() }
  for (const one of [forged, signAtDoor(forged, stranger)]) {
    const value = world.codec.encode('run.forgotten', one)
    const messages = [{ key: id, value }]
    const [at] = await world.producer.send({ topic: FORGOTTEN, acks: -1, messages })
    const place = { partition: at?.partition, offset: at?.baseOffset }
    for (const service of ['intake', 'dispatch', 'callback', 'attestation', 'console']) {
      const parked = await world.parked(
        (it) =>
          it.service === service &&
          it.topic === FORGOTTEN &&
          it.partition === place.partition &&
          it.offset === place.offset,
      )
      expect(parked).toMatchObject({ reason_code: 'PT-9062' })
      expect(parked.document).toBeUndefined()
    }
  }
  await world.settle()
  expect(await placesOf('"forgotten":true')).toEqual([])
  expect((await world.get('attestation', `/v1/trails/${id}`)).body).toEqual(bundle)

  const reason = 'the agent asked for it'
  const asked = ['agents', 'forget', agent.id, '--reason', reason]
  // nothing goes before it is said, nor while the agent may order
  const dry = await prooftrailJson<{ runs: number; dry_run: boolean }>(dir, ...asked)
  expect(dry).toMatchObject({ dry_run: true, runs: 2 })
  const early = await prooftrail(dir, ...asked, '--yes')
  expect(early.stderr).toContain('PT-8070')
  const [, kid = ''] = /--key-id (\S+)/.exec(early.stderr) ?? []
  await prooftrailJson(dir, 'agents', 'revoke', agent.id, '--key-id', kid, '--reason', 'it left')
  expect(await prooftrailJson(dir, ...asked, '--yes')).toMatchObject({
    dry_run: false,
    runs: 2,
    refused: 0,
  })
  for (const one of ids) {
    const said = await world.until('what was said of it', () =>
      world.heard('run.forgotten', one).find(({ value }) => value.reason === reason),
    )
    expect(said.value).toMatchObject({ agent_id: agent.id, reason, decided_by: 'operator' })
  }
  const forgotten = ['work_orders', 'execution_bindings', 'callbacks', 'trails', 'runs']
  for (const name of forgotten) {
    const find = () => db.collection(name).find({ forgotten: true }).toArray()
    const documents = await world.until(`${name} forgotten`, async () => {
      const found = await find()
      return found.length >= 2 && found.every(({ outbox }) => outbox.length === 0)
        ? found
        : undefined
    })
    expect(documents).toHaveLength(2)
  }
  // the signed receipt keeps the agent's own payment reference
  const gone = async () => {
    const places = await placesOf(MARK, agent.callbacks.url)
    return places.filter((place) => !place.startsWith('receipts '))
  }
  await world.until('that nothing is left', async () =>
    (await gone()).length === 0 ? true : undefined,
  )

  // the handle is in the receipt that was signed, and nowhere else
  const told = await placesOf(handle)
  expect(told.filter((place) => !place.startsWith('receipts '))).toEqual([])

  // nobody finds it, and it is found deleted by whoever asks again
  expect((await world.get('console', `/v1/tasks/${id}`)).status).toBe(404)
  expect((await world.get('attestation', `/v1/trails/${id}`)).status).toBe(404)
  expect(await prooftrailJson(dir, ...asked)).toMatchObject({ runs: 0, refused: 0 })

  // what comes again changes nothing: no second acceptance, no run
  const before = world.heard('work-order.accepted', id).length
  await world.publish(taken)
  await world.settle()
  expect(world.heard('work-order.accepted', id)).toHaveLength(before)
  expect((await world.get('console', `/v1/tasks/${id}`)).status).toBe(404)

  // the bundle verifies as before, the log is derived whole, the account has its movements
  const keys = await (await fetch(`${world.url('attestation')}/keys.json`)).text()
  writeFileSync(join(dir, 'keys.json'), keys)
  const verified = await prooftrail(dir, 'verify', 'bundle.json', '--keys', 'keys.json')
  expect(verified).toMatchObject({ exit: 0 })
  const fsck = ['log', 'fsck', world.url('attestation'), '--keys', 'keys.json', '--documents']
  expect(await prooftrailJson(dir, ...fsck)).toMatchObject({ from_trails: true, faults: 0 })
  await world.until('the debit', () => world.heard('usage-receipt.issued', id).at(0))
  expect(world.heard('usage-receipt.issued', id)).toHaveLength(1)
  const entries = await db.collection('receipts.credit_entries').find().toArray()
  expect(entries.some((entry) => JSON.stringify(entry).includes(id))).toBe(true)
}, 240_000)

test('then a rebuild makes none of it again', async () => {
  const home = process.env.E2E_DIR ?? ''
  const stack = readAddresses(process.env)
  if (!stack) throw new Error('a run has the addresses of its stack')
  const forgotten = await db
    .collection<{ _id: string }>('runs')
    .find({ forgotten: true })
    .map(({ _id }) => _id)
    .toArray()
  expect(forgotten).toHaveLength(2)
  await world.settle()
  for (const name of ['intake', 'dispatch', 'callback', 'attestation', 'console']) {
    const entry = REBUILDABLE.find((one) => one.name === name)
    if (!entry) throw new Error(`no service ${name}`)
    const env = envHere(entry, stack, home, world.services.urls)
    const { differences } = await rebuildOne(entry, { env, dir: home }, { beside: true })
    expect(differences.different.filter((one) => forgotten.includes(one))).toEqual([])
    expect(differences).toMatchObject({ missing: 0, added: 0 })
  }
}, 240_000)
