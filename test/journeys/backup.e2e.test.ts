import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deploySchemas, type Finding, lookDeep } from '@prooftrail/cli'
import { topicFor } from '@prooftrail/contracts'
import { backUp, restoreBackup, type Stack, startStack } from '@prooftrail/stack'
import { MongoClient } from 'mongodb'
import { afterAll, expect, test } from 'vitest'
import { inconsistencies } from '../faults/checkpoint-watch.ts'
import { TOOLS } from '../faults/traffic.ts'
import { type RegisteredAgent, startWorld, type TestWorld } from '../world.ts'

/** A stack of its own: backed up, restored to another folder, and then broken part by part. */

const PATIENCE_MS = 400_000
const root = mkdtempSync(join(tmpdir(), 'prooftrail-backup-'))
const environment = { ...process.env }
let stack: Stack | undefined
let world: TestWorld | undefined

afterAll(async () => {
  await stop()
  Object.assign(process.env, environment)
  rmSync(root, { recursive: true, force: true })
}, PATIENCE_MS)

const places = (home: string) => ({ dataDir: join(home, 'data'), keysDir: join(home, 'keys') })

async function startStackIn(home: string): Promise<Stack> {
  stack = await startStack({ dataDir: join(home, 'data'), source: 'embedded' })
  process.env.KAFKA_BROKERS = stack.kafka.brokers.join(',')
  process.env.SCHEMA_REGISTRY_URL = stack.registry.url
  process.env.MONGODB_URL = stack.mongodb.url
  process.env.MONGODB_STAND_IN = stack.mongodb.standIn ? '1' : '0'
  process.env.E2E_DIR = home
  return stack
}

async function stop(): Promise<void> {
  await world?.stop()
  world = undefined
  await stack?.stop()
  stack = undefined
}

/** An order of each tool, sealed; their bundles' links by id. */
async function sealed(on: TestWorld, agent: RegisteredAgent): Promise<Map<string, string>> {
  const orders = TOOLS.map(({ asking }) => agent.order(asking))
  for (const order of orders) await on.publish(order)
  const links = new Map<string, string>()
  for (const { object } of orders) {
    const { bundle } = await on.trailOf(object.work_order_id)
    links.set(object.work_order_id, JSON.stringify(bundle.links))
  }
  return links
}

test(
  'given a backup of Kafka, registry, MongoDB and keys, when it is restored to another folder, then everything goes on, the log from where it was; and what disagrees is named',
  async () => {
    const [first, second, copy] = ['first', 'second', 'copy'].map((name) => join(root, name))
    if (!first || !second || !copy) throw new Error('three folders')
    const begun = await startStackIn(first)
    await deploySchemas(begun, 4, [])
    world = await startWorld()
    const before = await sealed(world, await world.newAgent('backed-up'))
    const waiting = await world.newAgent('backed-up-broke', { credits: 0 })
    const short = waiting.order()
    await world.publish(short)
    const { work_order_id } = short.object
    await world.until('its ticket', () => world?.heard('exception.opened', work_order_id).at(0))
    await world.settle()
    const checkpoint = await (await fetch(`${world.url('attestation')}/checkpoint`)).text()

    const running = backUp(places(first), copy)
    await expect(running).rejects.toMatchObject({ code: 'STACK_ALREADY_RUNNING' })
    await stop()
    const { files } = await backUp(places(first), copy)
    expect(files.map(({ path }) => path)).toContain('keys/services.keys.json')
    await expect(restoreBackup(copy, places(first))).rejects.toMatchObject({
      code: 'STACK_BACKUP_TARGET',
    })
    const key = join(copy, 'keys/services.keys.json')
    const text = readFileSync(key, 'utf8')
    writeFileSync(key, `${text} `)
    const broken = restoreBackup(copy, places(second))
    await expect(broken).rejects.toMatchObject({ code: 'STACK_BACKUP_BROKEN' })
    writeFileSync(key, text)
    rmSync(first, { recursive: true })
    await restoreBackup(copy, places(second))

    const restored = await startStackIn(second)
    world = await startWorld()
    for (const [id, links] of before) {
      expect(JSON.stringify((await world.trailOf(id)).bundle.links)).toBe(links)
    }
    await world.fund(waiting.account, 100)
    await world.trailOf(work_order_id)
    await sealed(world, await world.newAgent('restored'))
    expect(await inconsistencies(world.url('attestation'), [checkpoint])).toEqual([])
    await world.settle()
    const { urls } = world.services
    const look = () => lookDeep(restored, { dir: second, urls })
    await world.stop()
    world = undefined
    const mongo = new MongoClient(restored.mongodb.url, { retryWrites: false })
    const db = mongo.db('prooftrail')
    const named = async () => (await look()).map(({ code }: Finding) => code)
    try {
      const runs = db.collection<{ _id: string }>('runs')
      const leaves = db.collection<{ _id: number; hash: unknown }>('trails.leaves')
      const entries = db.collection<{ _id: string; kind: string }>('receipts.credit_entries')
      const gone = await runs.findOne({ _id: work_order_id })
      const [zero, one] = [await leaves.findOne({ _id: 0 }), await leaves.findOne({ _id: 1 })]
      const [hold] = await entries.find({ kind: 'hold' }).toArray()
      if (!gone || !hold) throw new Error('no run, or nothing was held')
      await runs.deleteOne({ _id: work_order_id })
      await leaves.updateOne({ _id: 0 }, { $set: { hash: one?.hash } })
      await entries.deleteOne({ _id: hold._id })
      const found = await look()
      expect(found.map(({ code }) => code)).toEqual(
        expect.arrayContaining(['PT-8063', 'PT-8064', 'PT-8065']),
      )
      expect(found.map(({ next }) => next)).toContain(
        'stop console, then: prooftrail rebuild console',
      )
      await entries.insertOne(hold)
      await leaves.updateOne({ _id: 0 }, { $set: { hash: zero?.hash } })
      await runs.insertOne(gone)

      // a checkpoint, and a document, of messages that no topic holds
      const heads = db.collection<{ _id: string; next_offset: number }>('trails.log')
      const head = await heads.findOne({ _id: 'checkpoint' })
      await heads.updateOne({ _id: 'checkpoint' }, { $set: { next_offset: 1_000_000 } })
      const foreign = { ...gone, _id: `wo_${'a'.repeat(32)}`, ix: {}, cas: 'foreign' }
      await runs.insertOne(foreign)
      expect(await named()).toEqual(['PT-8062', 'PT-8062'])
      await runs.deleteOne({ _id: foreign._id })
      await heads.updateOne(
        { _id: 'checkpoint' },
        { $set: { next_offset: head?.next_offset ?? 0 } },
      )
      expect(await look()).toEqual([])

      const subject = `${topicFor('trail.attested')}-value`
      for (const permanent of ['', '?permanent=true']) {
        await fetch(`${restored.registry.url}/subjects/${subject}${permanent}`, {
          method: 'DELETE',
        })
      }
      expect(await named()).toEqual(['PT-8061'])
    } finally {
      await mongo.close()
    }
  },
  PATIENCE_MS,
)
