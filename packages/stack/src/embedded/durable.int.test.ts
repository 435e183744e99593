import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type AnyBulkWriteOperation,
  type Collection,
  MongoBulkWriteError,
  MongoClient,
} from 'mongodb'
import { expect, onTestFinished, test } from 'vitest'
import { artefactFolder, artefactsIn } from './artefacts.ts'
import { findJava } from './java.ts'
import { planMongo } from './mongodb.ts'
import { drawPorts } from './ports.ts'
import { type ManagedServer, startServer } from './server.ts'
import { defaultCacheDir } from './start.ts'

/** A document as the product writes it; the check tells whether it is one version, and all of it. */
interface Stored {
  _id: string
  version: number
  /** `<_id>@<version>`, unique. */
  cas: string
  body: string
  check: string
  trimmed?: boolean
}

interface Entry {
  _id: string
  key: string
  amount: number
}

const ROUNDS = 10
const WRITERS = 4
const BULK = 20
const PAGE = 200

test('a stand-in that is killed in mid-traffic keeps every write that it acknowledged, whole', async () => {
  const { server, url } = await startStandIn()
  const kept = new Map<string, { acknowledged: number; tried: number; trimmed: boolean }>()
  const entries = new Map<number, { acknowledged: number; tried: number }>()
  let drawn = 7
  const draw = (below: number) => {
    drawn = (drawn * 48_271) % 2_147_483_647
    return drawn % below
  }
  for (let round = 1; round <= ROUNDS; round += 1) {
    const client = new MongoClient(url, { retryWrites: false, serverSelectionTimeoutMS: 5_000 })
    const docs = client.db('test').collection<Stored>('docs')
    const list = client.db('test').collection<Entry>('docs.entries')
    await docs.createIndexes([{ key: { cas: 1 }, name: 'cas', unique: true }])
    await list.createIndexes([{ key: { key: 1 }, name: 'key', unique: true }])
    await expectKept(docs, kept)
    await expectEntries(list, entries)

    const most = 1 + draw(400)
    let answered = 0
    let dead: Promise<void> | undefined
    const onAnswer = () => {
      answered += 1
      if (answered >= most) dead ??= server.kill('SIGKILL')
    }
    await Promise.all(
      Array.from({ length: WRITERS }, async (_, writer) => {
        while (!dead) {
          try {
            await saveAndTrim(docs, kept, `${writer}`, draw)
            onAnswer()
            await append(list, entries, writer)
            onAnswer()
          } catch (error) {
            if (!dead || isRefused(error)) throw error
          }
        }
      }),
    )
    await dead
    await client.close(true)
    await server.restart()
  }
  expect(kept.size).toBeGreaterThan(100)
}, 180_000)

/** Whether the server itself refused a write; whether it was made is not known otherwise. */
function isRefused(error: unknown): boolean {
  return error instanceof MongoBulkWriteError && [error.writeErrors].flat().length > 0
}

/** Saves new documents and next versions in one unordered write, then changes the saved ones by their versions. */
async function saveAndTrim(
  docs: Collection<Stored>,
  kept: Map<string, { acknowledged: number; tried: number; trimmed: boolean }>,
  writer: string,
  draw: (below: number) => number,
): Promise<void> {
  const ids = [...new Set(Array.from({ length: BULK }, () => `${writer}/${draw(150)}`))]
  const operations = ids.map((id): AnyBulkWriteOperation<Stored> => {
    const { acknowledged = 0 } = kept.get(id) ?? {}
    kept.set(id, { acknowledged, tried: acknowledged + 1, trimmed: false })
    const next = versionOf(id, acknowledged + 1)
    return acknowledged === 0
      ? { insertOne: { document: next } }
      : {
          replaceOne: { filter: { cas: `${id}@${acknowledged}` }, replacement: next, upsert: true },
        }
  })
  await docs.bulkWrite(operations, { ordered: false })
  const saved = ids.map((id) => {
    const one = {
      acknowledged: kept.get(id)?.tried ?? 0,
      tried: kept.get(id)?.tried ?? 0,
      trimmed: false,
    }
    kept.set(id, one)
    return { id, one }
  })
  const places = saved.map(({ id, one }) => `${id}@${one.acknowledged}`)
  await docs.updateMany({ cas: { $in: places } }, { $set: { trimmed: true } })
  for (const { one } of saved) one.trimmed = true
}

/** Inserts behind the end of a list, as an account moves. */
async function append(
  list: Collection<Entry>,
  entries: Map<number, { acknowledged: number; tried: number }>,
  account: number,
): Promise<void> {
  const { acknowledged } = entries.get(account) ?? { acknowledged: 0 }
  const tried = acknowledged + 5
  entries.set(account, { acknowledged, tried })
  const next = Array.from({ length: 5 }, (_, at) => entryOf(account, acknowledged + at + 1))
  await list.insertMany(next, { ordered: true })
  entries.set(account, { acknowledged: tried, tried })
}

/** Every acknowledged version is there or a later one that was tried, whole, and found by its index alone. */
async function expectKept(
  docs: Collection<Stored>,
  kept: Map<string, { acknowledged: number; tried: number; trimmed: boolean }>,
): Promise<void> {
  const found = new Map((await docs.find().toArray()).map((doc) => [doc._id, doc]))
  for (const [id, one] of kept) {
    const doc = found.get(id)
    const version = doc?.version ?? 0
    expect([one.acknowledged, one.tried], `${id} at ${version}`).toContain(version)
    if (doc) expect(doc).toMatchObject(versionOf(id, version))
    if (one.trimmed) expect(doc?.trimmed, id).toBe(true)
    kept.set(id, { acknowledged: version, tried: version, trimmed: doc?.trimmed ?? false })
  }
  const places = [...kept].flatMap(([id, { acknowledged: version }]) => [
    `${id}@${version}`,
    `${id}@${version - 1}`,
    `${id}@${version + 1}`,
  ])
  const byIndex = await inPages(places, (page) => docs.find({ cas: { $in: page } }).toArray())
  expect(new Set(byIndex.map(({ _id }) => _id))).toEqual(new Set(found.keys()))
  expect(byIndex).toHaveLength(found.size)
}

/** Lists have no gap, hold all that was acknowledged, and a key is there once. */
async function expectEntries(
  list: Collection<Entry>,
  entries: Map<number, { acknowledged: number; tried: number }>,
): Promise<void> {
  const found = new Map((await list.find().toArray()).map((entry) => [entry._id, entry]))
  for (const [account, { acknowledged, tried }] of entries) {
    let end = 0
    while (found.has(entryOf(account, end + 1)._id)) end += 1
    expect(end).toBeGreaterThanOrEqual(acknowledged)
    expect(end).toBeLessThanOrEqual(tried)
    const wanted = Array.from({ length: end }, (_, at) => entryOf(account, at + 1))
    for (const entry of wanted) expect(found.get(entry._id)).toEqual(entry)
    const keys = wanted.map(({ key }) => key)
    const byKey = await inPages(keys, (page) => list.find({ key: { $in: page } }).toArray())
    expect(byKey).toHaveLength(end)
    entries.set(account, { acknowledged: end, tried: end })
  }
}

/** The stand-in compares every document found with every value of the filter. */
async function inPages<T>(
  values: readonly string[],
  read: (page: string[]) => Promise<T[]>,
): Promise<T[]> {
  const found: T[] = []
  for (let start = 0; start < values.length; start += PAGE) {
    found.push(...(await read(values.slice(start, start + PAGE))))
  }
  return found
}

function versionOf(id: string, version: number): Stored {
  const body = createHash('sha256').update(`${id}/${version}`).digest('hex').repeat(32)
  const check = createHash('sha256').update(body).digest('hex')
  return { _id: id, version, cas: `${id}@${version}`, body, check }
}

function entryOf(account: number, seq: number): Entry {
  return { _id: `${account}/${seq}`, key: `${account}-${seq}`, amount: seq }
}

async function startStandIn(): Promise<{ server: ManagedServer; url: string }> {
  const dataDir = await mkdtemp(join(tmpdir(), 'prooftrail-test-'))
  const java = await findJava(process.env)
  if (typeof java === 'string') throw new Error(java)
  const artefacts = artefactsIn(await artefactFolder(defaultCacheDir(process.env), process.env))
  await mkdir(join(dataDir, 'logs'))
  const ports = drawPorts(Math.random)
  const plan = await planMongo('h2', dataDir, ports, artefacts, java, process.env)
  const server = await startServer(plan, () => undefined)
  onTestFinished(async () => {
    await server.stop({ hard: true })
    await rm(dataDir, { recursive: true, force: true })
  })
  return { server, url: `mongodb://127.0.0.1:${ports.mongodb}/?directConnection=true` }
}
