import { createTopics, registerSchemas } from '@prooftrail/contracts'
import { startStack } from '@prooftrail/stack'
import { Kafka, logLevel } from 'kafkajs'
import type { TestProject } from 'vitest/node'

/** One real stack for a whole test run; every file takes its own database and its own groups. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const stack = await startStack({ ephemeral: true, onProgress: tell })
  const kafka = new Kafka({ brokers: stack.kafka.brokers, logLevel: logLevel.NOTHING })
  const admin = kafka.admin()
  await admin.connect()
  await Promise.all([createTopics(admin, { partitions: 4 }), registerSchemas(stack.registry)])
  await admin.disconnect()
  process.env.KAFKA_BROKERS = stack.kafka.brokers.join(',')
  process.env.SCHEMA_REGISTRY_URL = stack.registry.url
  process.env.MONGODB_URL = stack.mongodb.url
  process.env.MONGODB_STAND_IN = stack.mongodb.standIn ? '1' : '0'
  project.onTestsRerun(async () => {})
  return () => stack.stop()
}

function tell({ part, message }: { part: string; message: string }): void {
  if (/ready|fetch/.test(message)) process.stderr.write(`  ${part} ${message}\n`)
}
