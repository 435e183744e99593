import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Kafka, logLevel } from 'kafkajs'
import { MongoClient } from 'mongodb'
import { expect, onTestFinished, test, vi } from 'vitest'
import { marksOf } from './embedded/marks.ts'
import { findProcesses, identifyProcess } from './embedded/process-table.ts'
import { findRunningStack, type Stack, type StackOptions, startStack } from './start-stack.ts'

const TOPIC = 'prooftrail.kept.v1'
const SCHEMA = { type: 'record', name: 'Kept', fields: [{ name: 'what', type: 'string' }] }

async function openDir(): Promise<string> {
  const dir = await realpath(await mkdtemp(join(tmpdir(), 'prooftrail-test-')))
  onTestFinished(() => rm(dir, { recursive: true, force: true }))
  return dir
}

async function start(dataDir: string, more: StackOptions = {}): Promise<Stack> {
  const stack = await startStack({ dataDir, source: 'embedded', ...more })
  onTestFinished(() => stack.stop())
  return stack
}

function openKafka(stack: Stack): Kafka {
  return new Kafka({ brokers: stack.kafka.brokers, logLevel: logLevel.NOTHING })
}

async function write(stack: Stack): Promise<{ schemaId: unknown }> {
  const kafka = openKafka(stack)
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic: TOPIC, numPartitions: 1 }] })
  await admin.disconnect()
  const producer = kafka.producer()
  await producer.connect()
  await producer.send({ topic: TOPIC, acks: -1, messages: [{ key: 'k', value: 'kept' }] })
  await producer.disconnect()
  // a first schema moves the next id away from 1, where a new registry would start, too
  await register(stack, 'other-value', { ...SCHEMA, name: 'Other' })
  const schemaId = await register(stack, `${TOPIC}-value`, SCHEMA)
  const writeConcern = { w: 'majority', journal: true } as const
  const client = new MongoClient(stack.mongodb.url, { writeConcern })
  await client.db('test').collection<{ _id: string }>('kept').insertOne({ _id: 'kept' })
  await client.close()
  return { schemaId }
}

async function register(stack: Stack, subject: string, schema: object): Promise<unknown> {
  const response = await fetch(`${stack.registry.url}/subjects/${subject}/versions`, {
    method: 'POST',
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify({ schema: JSON.stringify(schema) }),
  })
  expect(response.status).toBe(200)
  const answer: unknown = await response.json()
  return answer
}

async function read(
  stack: Stack,
): Promise<{ end: string | undefined; schemaId: unknown; document: unknown }> {
  const admin = openKafka(stack).admin()
  await admin.connect()
  const [partition] = await admin.fetchTopicOffsets(TOPIC)
  await admin.disconnect()
  const schemaId = await register(stack, `${TOPIC}-value`, SCHEMA)
  const client = new MongoClient(stack.mongodb.url)
  const document = await client.db('test').collection('kept').findOne()
  await client.close()
  return { end: partition?.high, schemaId, document }
}

test('data, schema ids and ports survive hard kills, a stop and a start; nobody else starts on them', async () => {
  const dataDir = await openDir()
  const first = await start(dataDir)
  const { schemaId } = await write(first)
  const kept = { end: '1', schemaId, document: { _id: 'kept' } }

  expect(await findRunningStack(dataDir)).toMatchObject({ registry: { url: first.registry.url } })
  await expect(startStack({ dataDir, source: 'embedded' })).rejects.toMatchObject({
    code: 'STACK_ALREADY_RUNNING',
    message: expect.stringContaining(`process ${process.pid}`),
  })

  const { kafka, registry, mongodb } = first.parts ?? {}
  await Promise.all([kafka, registry, mongodb].map((part) => part?.kill('SIGKILL')))
  await Promise.all([kafka, registry, mongodb].map((part) => part?.restart()))
  expect(await read(first)).toEqual(kept)

  await first.stop()
  expect(await findProcesses(marksOf(dataDir))).toEqual([])
  const second = await start(dataDir)
  expect(second.kafka).toEqual(first.kafka)
  expect(await read(second)).toEqual(kept)

  await second.stop()
  await rm(join(dataDir, 'registry'), { recursive: true })
  await expect(startStack({ dataDir, source: 'embedded' })).rejects.toMatchObject({
    code: 'STACK_REGISTRY_LOST',
    message: expect.stringContaining('registry.mv.db is missing'),
  })
})

test('documents in a form that is no longer read are refused by their name, and left alone', async () => {
  const dataDir = await openDir()
  const file = join(dataDir, 'mongodb', 'documents.mv.db')
  await mkdir(join(dataDir, 'mongodb'), { recursive: true })
  await writeFile(file, 'of an earlier version')
  await expect(startStack({ dataDir, source: 'embedded' })).rejects.toMatchObject({
    code: 'STACK_DATA_OUTDATED',
    message: expect.stringContaining(file),
  })
  expect(await readFile(file, 'utf8')).toBe('of an earlier version')
})

test('after a crash that left servers behind, a start ends them, steps around a taken port and finds the data', async () => {
  const dataDir = await openDir()
  const crashing = await startElsewhere(dataDir)
  const record: { parts: Record<string, number>; addresses: Stack } = JSON.parse(
    await readFile(join(dataDir, 'stack.json'), 'utf8'),
  )
  const { schemaId } = await write(record.addresses)
  const servers = Object.values(record.parts)
  const guards = (await findProcesses(marksOf(dataDir))).filter((pid) => !servers.includes(pid))
  expect(guards).toHaveLength(3)
  for (const pid of guards) process.kill(pid, 'SIGKILL')
  crashing.kill('SIGKILL')
  await once(crashing, 'exit')
  for (const pid of servers) expect(await identifyProcess(pid)).toBeDefined()

  const registryPort = Number(new URL(record.addresses.registry.url).port)
  process.kill(record.parts.registry ?? 0, 'SIGKILL')
  const somebody = createServer((socket) => socket.destroy())
  onTestFinished(() => new Promise<void>((resolve) => somebody.close(() => resolve())))
  await vi.waitFor(() => listen(somebody, registryPort), { timeout: 5_000 })

  const said: string[] = []
  const stack = await start(dataDir, { onProgress: ({ message }) => said.push(message) })
  for (const pid of servers) expect(await identifyProcess(pid)).toBeUndefined()
  expect(said).toContainEqual(expect.stringMatching(`port ${registryPort} is taken; using \\d+`))
  expect(await read(stack)).toEqual({ end: '1', schemaId, document: { _id: 'kept' } })
})

test('a stack whose process is killed leaves nothing running', async () => {
  const dataDir = await openDir()
  const parent = await startElsewhere(dataDir)
  parent.kill('SIGKILL')
  await vi.waitFor(async () => expect(await findProcesses(marksOf(dataDir))).toEqual([]), {
    timeout: 15_000,
  })
  expect(await findRunningStack(dataDir)).toBeUndefined()
})

/** Starts a stack in a process of its own; settles when it is ready. */
async function startElsewhere(dataDir: string) {
  const code = `
    import { startStack } from ${JSON.stringify(new URL('./start-stack.ts', import.meta.url).href)}
    await startStack({ dataDir: ${JSON.stringify(dataDir)}, source: 'embedded' })
    console.log('ready')`
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  await Promise.race([
    once(child.stdout, 'data'),
    once(child, 'exit').then(() => expect.fail('the stack did not start')),
  ])
  return child
}

function listen(server: ReturnType<typeof createServer>, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host: '127.0.0.1', port }, () => resolve())
  })
}
