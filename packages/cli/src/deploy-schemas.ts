import {
  createToolTopic,
  createTopics,
  registerSchemas,
  registerToolSubject,
} from '@prooftrail/contracts'
import { Starting } from '@prooftrail/runtime'
import type { Stack } from '@prooftrail/stack'
import type { Admin } from 'kafkajs'
import { withAdmin } from './kafka-client.ts'

/**
 * The deploy step: subjects with their compatibility, topics, and those of the tools; it waits for what
 * does not answer yet.
 */
export async function deploySchemas(
  stack: Pick<Stack, 'kafka' | 'registry'>,
  partitions: number,
  tools: readonly string[],
  { replication = replicasOn(stack), starting = new Starting(() => {}) }: DeployOptions = {},
): Promise<void> {
  const { kafka, registry } = stack
  const settings = { partitions, ...(replication === undefined ? {} : { replication }) }
  // a connection for each attempt: an old one may know the brokers as they were
  const create = (act: (admin: Admin) => Promise<void>) =>
    starting.step('kafka', () => withAdmin(kafka, 'prooftrail-deploy', act))
  const register = (act: () => Promise<unknown>) => starting.step('the registry', act)
  await Promise.all([
    register(() => registerSchemas(registry)),
    create((admin) => createTopics(admin, settings)),
  ])
  for (const tool of tools) {
    await Promise.all([
      create((admin) => createToolTopic(admin, tool, settings)),
      register(() => registerToolSubject(registry, tool)),
    ])
  }
}

export interface DeployOptions {
  /** Replicas of every topic that is created; default one on one broker, else three. */
  replication?: number
  /** Where its waits are told. */
  starting?: Starting
}

/** Three where three brokers are named, however many of them are there now; else as their cluster says. */
function replicasOn({ kafka }: Pick<Stack, 'kafka'>): number | undefined {
  return kafka.brokers.length >= 3 ? 3 : undefined
}
