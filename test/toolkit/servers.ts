import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTopics, registerSchemas } from '@prooftrail/contracts'
import { startStack } from '@prooftrail/stack'
import { Kafka, logLevel } from 'kafkajs'

interface ServerOptions {
  /** Without topics and schemas. */
  isBare?: boolean
}

/**
 * Starts servers with all topics and schemas, and names them in this process's environment, where
 * `startWorld` and integration tests look. @returns what stops them
 */
export async function openServers({
  isBare = false,
}: ServerOptions = {}): Promise<() => Promise<void>> {
  const needsMongod = process.env.TEST_MONGODB === 'mongod'
  const stack = await startStack({
    ephemeral: true,
    onProgress: tell,
    ...(needsMongod ? { source: 'embedded' } : {}),
  })
  if (needsMongod && stack.mongodb.kind !== 'mongod') throw new Error('the stack has no mongod')
  if (!isBare) {
    const kafka = new Kafka({ brokers: stack.kafka.brokers, logLevel: logLevel.NOTHING })
    const admin = kafka.admin()
    await admin.connect()
    await Promise.all([createTopics(admin, { partitions: 4 }), registerSchemas(stack.registry)])
    await admin.disconnect()
  }
  process.env.KAFKA_BROKERS = stack.kafka.brokers.join(',')
  process.env.SCHEMA_REGISTRY_URL = stack.registry.url
  process.env.MONGODB_URL = stack.mongodb.url
  process.env.MONGODB_STAND_IN = stack.mongodb.standIn ? '1' : '0'
  const dir = await mkdtemp(join(tmpdir(), 'prooftrail-e2e-'))
  process.env.E2E_DIR = dir
  return async () => {
    await stack.stop()
    await rm(dir, { recursive: true, force: true })
  }
}

/** As `openServers`, beside those of the run: what a test leaves on them is nobody else's. */
export async function openServersOfItsOwn(
  options: ServerOptions = {},
): Promise<() => Promise<void>> {
  const names = ['KAFKA_BROKERS', 'SCHEMA_REGISTRY_URL', 'MONGODB_URL'] as const
  // an address in the environment would be taken
  for (const name of names) delete process.env[name]
  return openServers(options)
}

function tell({ part, message }: { part: string; message: string }): void {
  if (/ready|fetch/.test(message)) process.stderr.write(`  ${part} ${message}\n`)
}
