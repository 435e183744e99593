import { createToolTopic, registerToolSubject } from '@prooftrail/contracts'
import {
  connectHost,
  type Env,
  type Host,
  makeLog,
  readHostConfig,
  Starting,
  sayTo,
} from '@prooftrail/runtime'
import { readAddresses } from '@prooftrail/stack'
import { stackAddresses } from '../commands/submit.ts'

/** The environment that a service of this stack has: the given one, else the running stack's. */
async function stackEnv(): Promise<Env> {
  if (readAddresses(process.env)) return process.env
  const { kafka, registry, mongodb } = await stackAddresses()
  return {
    ...process.env,
    KAFKA_BROKERS: kafka.brokers.join(','),
    SCHEMA_REGISTRY_URL: registry.url,
    MONGODB_URL: mongodb.url,
    MONGODB_STAND_IN: mongodb.standIn ? '1' : '0',
    OPEN_ACCESS: '1',
  }
}

const STDERR = 2

/** Connects to the running stack, does the work, and closes whatever came of it. */
export async function withHost<T>(
  name: string,
  work: (host: Host) => Promise<T>,
  logLevel?: string,
): Promise<T> {
  const config = readHostConfig(await stackEnv())
  // standard output belongs to what the command says
  const log = makeLog(name, logLevel ?? config.logLevel, STDERR)
  // somebody waits for the answer, and can ask again
  const host = await connectHost(
    config,
    name,
    log,
    new Starting(sayTo(log), { passes: () => false }),
  )
  try {
    return await work(host)
  } finally {
    await host.close()
  }
}

export interface TopicOptions {
  partitions: number
  replication?: number
}

/** The command topic and its subject: before the tool is announced (design: section 2). Idempotent. */
export async function deployTopic(host: Host, tool: string, options: TopicOptions): Promise<void> {
  const admin = host.kafka.admin()
  await admin.connect()
  try {
    await Promise.all([
      createToolTopic(admin, tool, options),
      registerToolSubject(host.config.registry, tool),
    ])
  } finally {
    await admin.disconnect()
  }
}
