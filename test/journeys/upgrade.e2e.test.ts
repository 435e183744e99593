import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { deploySchemas, envHere, REBUILDABLE, rebuildOne } from '@prooftrail/cli'
import { readAddresses, type StackAddresses } from '@prooftrail/stack'
import { type Admin, Kafka, logLevel } from 'kafkajs'
import { BSON, MongoClient } from 'mongodb'
import { afterEach, describe, expect, test } from 'vitest'
import { inconsistencies } from '../faults/checkpoint-watch.ts'
import { TOOLS } from '../faults/traffic.ts'
import { openServersOfItsOwn } from '../toolkit/servers.ts'
import { RELEASES, type Release, readRelease } from '../upgrade/release.ts'
import { YEARS } from '../upgrade/scenario.ts'
import { commitEnds, writeWholeTopics } from '../upgrade/whole-topics.ts'
import { startWorld } from '../world.ts'

/**
 * A deployment of an earlier release, from the bytes of its topics, its accounts and its keys: this
 * release's schemas come on top of its own, and this release's services take it over.
 */

const PATIENCE_MS = 400_000
const environment = { ...process.env }
const stops: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const act of stops.splice(0).reverse()) await act()
  Object.assign(process.env, environment)
}, PATIENCE_MS)

describe.each(RELEASES)('given a deployment of release %s', (version) => {
  test(
    'when this release takes it over, then what was sealed stays, and what waited or comes is sealed',
    async () => {
      const release = readRelease(version)
      stops.push(await openServersOfItsOwn({ isBare: true }))
      const stack = readAddresses(process.env)
      if (!stack) throw new Error('the servers have no addresses')
      await registerThen(release, stack)
      const tools = TOOLS.map(({ tool }) => tool)
      await deploySchemas(stack, 4, tools)
      await putBack(release, stack)
      await rebuildAll(release, stack)
      const world = await startWorld({ env: YEARS })
      stops.push(() => world.stop())

      for (const [id, text] of Object.entries(release.bundles)) {
        const { bundle } = await world.trailOf(id)
        const before: { name: string }[] = JSON.parse(text).links
        const now = bundle.links.slice(0, before.length)
        expect(JSON.stringify(now), id).toBe(JSON.stringify(before))
      }
      const { waiting, unsent, checkpoint } = release
      await world.fund(waiting.account, 100)
      await world.trailOf(waiting.id)
      const value = Buffer.from(unsent.value, 'base64')
      await world.publishRaw({ key: unsent.id, value })
      const { verdict } = await world.trailOf(unsent.id)
      expect(verdict.ok).toBe(true)
      const fresh = (await world.newAgent('after')).order()
      await world.publish(fresh)
      await world.trailOf(fresh.object.work_order_id)
      expect(await inconsistencies(world.url('attestation'), [checkpoint])).toEqual([])
      // nothing of the release was set aside but what it had set aside itself
      const parked = await world.get('console', '/v1/parked')
      expect(parked.body).toMatchObject({ entries: [{ code: 'PT-9001', service: 'intake' }] })
    },
    PATIENCE_MS,
  )
})

/** Registers the release's schemas as its own deploy step did: each gets the id that messages name. */
async function registerThen({ schemas }: Release, { registry }: StackAddresses): Promise<void> {
  const ask = async (method: string, path: string, body: object) => {
    const headers = { 'content-type': 'application/vnd.schemaregistry.v1+json' }
    const init = { method, headers, body: JSON.stringify(body) }
    const answer = await fetch(`${registry.url}${path}`, init)
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
    return Object(await answer.json())
  }
  for (const [subject, { id, schema }] of Object.entries(schemas).sort(byId)) {
    const named = encodeURIComponent(subject)
    await ask('PUT', `/config/${named}`, { compatibility: 'FULL_TRANSITIVE' })
    const registered = await ask('POST', `/subjects/${named}/versions`, { schema })
    expect(registered.id, subject).toBe(id)
  }
}

const byId = ([, a]: [string, { id: number }], [, b]: [string, { id: number }]) => a.id - b.id

/** Topics, groups, accounts and keys as they were; the services' documents follow from them. */
async function putBack(release: Release, stack: StackAddresses): Promise<void> {
  const { messages, groups, entries, keys } = release
  const kafka = new Kafka({ brokers: [...stack.kafka.brokers], logLevel: logLevel.NOTHING })
  const admin: Admin = kafka.admin()
  await admin.connect()
  try {
    await writeWholeTopics(kafka, admin, messages)
    for (const [group, topics] of Object.entries(groups)) {
      await commitEnds(kafka, admin, group, topics)
    }
  } finally {
    await admin.disconnect()
  }
  const mongo = new MongoClient(stack.mongodb.url, { retryWrites: false })
  const documents = entries.map((one) => BSON.EJSON.deserialize(one))
  await mongo.db('prooftrail').collection('receipts.credit_entries').insertMany(documents)
  await mongo.close()
  const folder = join(process.env.E2E_DIR ?? '', 'keys')
  mkdirSync(folder, { recursive: true })
  for (const [name, text] of Object.entries(keys)) {
    writeFileSync(join(folder, name), text, { mode: 0o600 })
  }
}

async function rebuildAll({ urls }: Release, stack: StackAddresses): Promise<void> {
  const dir = process.env.E2E_DIR ?? ''
  for (const service of REBUILDABLE) {
    const env = { ...envHere(service, stack, dir, new Map(Object.entries(urls))), ...YEARS }
    const { isInPlace } = await rebuildOne(service, { env, dir })
    expect(isInPlace, service.name).toBe(true)
  }
}
