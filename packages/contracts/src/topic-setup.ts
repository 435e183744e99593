/** The deploy step for topics: every topic of the catalogue with the settings that it promises. */

import type { Fault } from './faults.ts'
import { perToolTopics } from './register.ts'
import { checkTopics, compareTopics, type TopicInspector, type WantedTopic } from './topic-check.ts'
import {
  parseTopic,
  TOPIC_NAMES,
  type TopicInfo,
  type TopicName,
  topicFor,
  topics,
} from './topics.ts'

/** What this step asks of a Kafka admin client; that of kafkajs fits. */
export interface TopicAdmin extends TopicInspector {
  listTopics(): Promise<string[]>
  createTopics(options: {
    topics: {
      topic: string
      numPartitions: number
      replicationFactor: number
      configEntries: { name: string; value: string }[]
    }[]
    waitForLeaders: boolean
  }): Promise<boolean>
}

export interface TopicSettings {
  /** Partitions of topics whose number is not part of the promise. */
  readonly partitions: number
  /**
   * By default one replica on one broker, else three: two that are seen are three of which one is away,
   * and what is created then is kept as safely as the rest. Fewer are for who says so.
   */
  readonly replication?: number
}

const DAY_MS = 86_400_000

/**
 * Creates the topics that are missing; those that exist are left as they are.
 * @throws ContractError PT-9022 when an existing topic is not as promised, with what mends it
 */
export async function createTopics(admin: TopicAdmin, settings: TopicSettings): Promise<void> {
  const names = TOPIC_NAMES.filter((name) => topics[name].per_tool !== true)
  await create(admin, settings, names)
}

/** Creates the topics of one tool, before it is announced. @throws RangeError for no tool's name */
export async function createToolTopic(
  admin: TopicAdmin,
  tool: string,
  settings: TopicSettings,
): Promise<void> {
  await create(admin, settings, perToolTopics(), tool)
}

/**
 * The settings of a topic as Kafka names them; with three replicas a write is on two before it counts.
 * The broker keeps every message uncompressed: anybody may compress what he sends in any way, no
 * consumer has to know how, and `max.message.bytes` bounds what is read, not what was sent.
 */
export function topicConfig(
  info: TopicInfo,
  replication: number,
): { name: string; value: string }[] {
  const retention = info.retention === 'forever' ? -1 : Number.parseInt(info.retention, 10) * DAY_MS
  const config: Record<string, string> = {
    'cleanup.policy': info.compacted === true ? 'compact' : 'delete',
    'compression.type': 'uncompressed',
    'max.message.bytes': String(info.max_message_bytes),
    'message.timestamp.type': 'LogAppendTime',
    'min.insync.replicas': replication >= 3 ? '2' : '1',
    'retention.bytes': '-1',
    'retention.ms': String(retention),
  }
  return Object.entries(config).map(([name, value]) => ({ name, value }))
}

async function create(
  admin: TopicAdmin,
  settings: TopicSettings,
  names: readonly TopicName[],
  tool?: string,
): Promise<void> {
  const replication = settings.replication ?? (await defaultReplication(admin))
  const existing = new Set(await admin.listTopics())
  const wanted = names.map((name) => wantedTopic(name, tool, replication))
  const missing = wanted.filter(({ topic }) => !existing.has(topic))
  if (missing.length > 0) {
    const requests = missing.map(({ promised, configEntries, ...request }) => ({
      ...request,
      configEntries: [...configEntries],
      numPartitions: promised ?? settings.partitions,
    }))
    await admin.createTopics({ topics: requests, waitForLeaders: false })
    await untilLed(admin, requests)
  }
  await checkTopics(
    admin,
    wanted.filter(({ topic }) => existing.has(topic)),
  )
}

function wantedTopic(name: TopicName, tool: string | undefined, replication: number): WantedTopic {
  return {
    topic: topicFor(name, tool),
    replicationFactor: replication,
    configEntries: topicConfig(topics[name], replication),
    promised: topics[name].partitions,
  }
}

/** What a service that uses a topic rests on; how durable it is, is the deployment's own choice. */
const RESTED_ON: ReadonlySet<string> = new Set([
  'cleanup.policy',
  'compression.type',
  'max.message.bytes',
  'message.timestamp.type',
  'retention.bytes',
  'retention.ms',
])

/**
 * Whether the topics that a service uses are as the catalogue says; asked before it uses them.
 * @throws ContractError PT-9022 with what mends it; what the client throws
 */
export async function checkTopicsInUse(
  admin: TopicInspector,
  names: readonly TopicName[],
  tool?: string,
): Promise<void> {
  const wanted = names.map((name) =>
    wantedTopic(name, topics[name].per_tool === true ? tool : undefined, 1),
  )
  await checkTopics(admin, wanted, RESTED_ON)
}

/**
 * Every difference between a deployment's topics and the catalogue, those of tools included: a PT-9022
 * for each, with what mends it.
 * @throws what the client throws
 */
export async function diagnoseTopics(admin: TopicAdmin): Promise<Fault[]> {
  const [listed, replication] = await Promise.all([admin.listTopics(), defaultReplication(admin)])
  const existing = new Set(listed)
  const missing = TOPIC_NAMES.filter(
    (name) => topics[name].per_tool !== true && !existing.has(topicFor(name)),
  )
  const known = listed.flatMap((topic) => {
    const found = parseTopic(topic)
    return found ? [wantedTopic(found.name, found.tool, replication)] : []
  })
  return [
    ...missing.map((name): Fault => {
      const detail = 'it is missing. Mend it with: prooftrail schemas register'
      return { code: 'PT-9022', path: topicFor(name), detail }
    }),
    ...(await compareTopics(admin, known)),
  ]
}

const LEADERS_MS = 60_000
const ASK_MS = 100

/**
 * A topic may be used once every partition has a leader; a broker under load takes its time, and
 * says meanwhile that it does not know the topic.
 * @throws what the broker last said, after a minute
 */
async function untilLed(
  admin: TopicAdmin,
  requests: readonly { topic: string; numPartitions: number }[],
): Promise<void> {
  const until = Date.now() + LEADERS_MS
  for (;;) {
    try {
      const found = await admin.fetchTopicMetadata({ topics: requests.map(({ topic }) => topic) })
      const led = new Map(found.topics.map(({ name, partitions }) => [name, partitions.length]))
      if (requests.every(({ topic, numPartitions }) => led.get(topic) === numPartitions)) return
      if (Date.now() > until) throw new Error('topics were created, but not all have leaders')
    } catch (error) {
      if (Date.now() > until) throw error
    }
    await new Promise((resolve) => setTimeout(resolve, ASK_MS))
  }
}

async function defaultReplication(admin: TopicAdmin): Promise<number> {
  const { brokers } = await admin.describeCluster()
  return brokers.length > 1 ? 3 : 1
}
