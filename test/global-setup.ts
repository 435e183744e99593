import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTopics, registerSchemas } from '@prooftrail/contracts'
import { startStack } from '@prooftrail/stack'
import { Kafka, logLevel } from 'kafkajs'
import type { TestProject } from 'vitest/node'

/**
 * One real stack for a whole test run. Integration tests take a database and groups of their own;
 * the end-to-end tests are one deployment, whose keys and logs are in E2E_DIR.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const needsMongod = process.env.TEST_MONGODB === 'mongod'
  const stack = await startStack({
    ephemeral: true,
    onProgress: tell,
    ...(needsMongod ? { source: 'embedded' } : {}),
  })
  if (needsMongod && stack.mongodb.kind !== 'mongod') throw new Error('the stack has no mongod')
  const kafka = new Kafka({ brokers: stack.kafka.brokers, logLevel: logLevel.NOTHING })
  const admin = kafka.admin()
  await admin.connect()
  await Promise.all([createTopics(admin, { partitions: 4 }), registerSchemas(stack.registry)])
  await admin.disconnect()
  process.env.KAFKA_BROKERS = stack.kafka.brokers.join(',')
  process.env.SCHEMA_REGISTRY_URL = stack.registry.url
  process.env.MONGODB_URL = stack.mongodb.url
  process.env.MONGODB_STAND_IN = stack.mongodb.standIn ? '1' : '0'
  const dir = await mkdtemp(join(tmpdir(), 'prooftrail-e2e-'))
  process.env.E2E_DIR = dir
  project.onTestsRerun(async () => {})
  return async () => {
    await stack.stop()
    await rm(dir, { recursive: true, force: true })
  }
}

function tell({ part, message }: { part: string; message: string }): void {
  if (/ready|fetch/.test(message)) process.stderr.write(`  ${part} ${message}\n`)
}
