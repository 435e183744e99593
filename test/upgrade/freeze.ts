/**
 * Freezes what this release writes, for the releases after it: `npm run freeze -- VERSION`, once, with the
 * commit that is released. Starts servers and every service, has orders of every tool, an order that is put
 * right, one that is refused, one that waits, a batch and a parked message, and keeps all of it.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type Codec,
  openCodec,
  parseTopic,
  subjectFor,
  TOPIC_NAMES,
  topicFor,
  topics,
} from '@prooftrail/contracts'
import { BSON, MongoClient } from 'mongodb'
import { openServersOfItsOwn } from '../toolkit/servers.ts'
import { startWorld, type TestWorld } from '../world.ts'
import { fileOf, type Release, releaseBytes, type Sample } from './release.ts'
import { digestOf, samplesOf } from './samples.ts'
import { liveThrough, YEARS } from './scenario.ts'
import { readWholeTopics } from './whole-topics.ts'

/** The tool whose topics stand for those of every tool. */
const TOOL = 'tokenops'

const [version = ''] = process.argv.slice(2)
if (!/^\d+\.\d+\.\d+$/.test(version)) {
  process.stderr.write('npm run freeze -- VERSION: three numbers, such as 0.2.0\n')
  process.exit(2)
}
const close = await openServersOfItsOwn()
const world = await startWorld({ env: YEARS })
try {
  const release = await freeze(world)
  const bytes = releaseBytes(release)
  writeFileSync(fileOf(version), bytes)
  const { messages, samples } = release
  process.stdout.write(
    `${fileOf(version)}: ${messages.length} messages, ${samples.length} samples, ${bytes.length} bytes\n`,
  )
} finally {
  await world.stop()
  await close()
}

async function freeze(on: TestWorld): Promise<Release> {
  const lived = await liveThrough(on)
  await on.settle()
  const registry = process.env.SCHEMA_REGISTRY_URL ?? ''
  const schemas: Release['schemas'] = {}
  for (const name of await subjects(on)) {
    const answer = await fetch(`${registry}/subjects/${encodeURIComponent(name)}/versions/latest`)
    const { id, schema } = Object(await answer.json())
    schemas[name] = { id, schema }
  }
  return {
    ...{ version, schemas, ...lived },
    samples: await samples(openCodec({ url: registry })),
    messages: await readWholeTopics(on.kafka, on.admin),
    groups: await groups(on),
    entries: await creditEntries(),
    keys: keys(),
    urls: Object.fromEntries(on.services.urls),
  }
}

/** Subjects of all topics that there are. */
async function subjects({ admin }: TestWorld): Promise<string[]> {
  const found = (await admin.listTopics()).flatMap((topic) => parseTopic(topic) ?? [])
  return found.map(({ name, tool }) => subjectFor(name, tool)).sort()
}

async function samples(codec: Codec): Promise<Sample[]> {
  await codec.ready(TOPIC_NAMES, TOOL)
  return Promise.all(
    TOPIC_NAMES.flatMap((name) => {
      const tool = topics[name].per_tool === true ? TOOL : undefined
      const topic = topicFor(name, tool)
      return samplesOf(name).map(async (value) => {
        const bytes = codec.encode(name, value, tool)
        return {
          ...{ topic, value: bytes.toString('base64') },
          digest: digestOf(await codec.decode(topic, bytes)),
        }
      })
    }),
  )
}

async function groups({ admin }: TestWorld): Promise<Release['groups']> {
  const listed = (await admin.listGroups()).groups.map(({ groupId }) => groupId)
  const all: Release['groups'] = {}
  for (const groupId of listed.filter((id) => id.startsWith('prooftrail.')).sort()) {
    const read = await admin.fetchOffsets({ groupId })
    all[groupId] = read.map(({ topic }) => topic).sort()
  }
  return all
}

async function creditEntries(): Promise<object[]> {
  const mongo = new MongoClient(process.env.MONGODB_URL ?? '', { retryWrites: false })
  try {
    const entries = mongo.db('prooftrail').collection('receipts.credit_entries')
    return (await entries.find().toArray()).map((one) => BSON.EJSON.serialize(one))
  } finally {
    await mongo.close()
  }
}

function keys(): Record<string, string> {
  const folder = join(process.env.E2E_DIR ?? '', 'keys')
  return Object.fromEntries(
    readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
  )
}
