/** The deploy step for topics: every topic of the catalogue with the settings that it promises. */
import { ContractError, type Fault } from './faults.ts'
import { perToolTopics } from './register.ts'
import { TOPIC_NAMES, type TopicInfo, type TopicName, topicFor, topics } from './topics.ts'

/** What this step asks of a Kafka admin client; that of kafkajs fits. */
export interface TopicAdmin {
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
  describeCluster(): Promise<{ brokers: unknown[] }>
  fetchTopicMetadata(options: {
    topics: string[]
  }): Promise<{ topics: { name: string; partitions: unknown[] }[] }>
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
 * @throws ContractError PT-9022 when an existing topic has another number of partitions than promised
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
  const wanted = names.map((name) => ({
    topic: topicFor(name, tool),
    numPartitions: topics[name].partitions ?? settings.partitions,
    replicationFactor: replication,
    configEntries: topicConfig(topics[name], replication),
    promised: topics[name].partitions,
  }))
  const missing = wanted.filter(({ topic }) => !existing.has(topic))
  if (missing.length > 0) {
    const requests = missing.map(({ promised: _, ...request }) => request)
    await admin.createTopics({ topics: requests, waitForLeaders: false })
    await untilLed(admin, requests)
  }
  await comparePartitions(
    admin,
    wanted.filter(({ topic, promised }) => promised !== undefined && existing.has(topic)),
  )
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

async function comparePartitions(
  admin: TopicAdmin,
  promises: readonly { topic: string; numPartitions: number }[],
): Promise<void> {
  if (promises.length === 0) return
  const promised = new Map(promises.map(({ topic, numPartitions }) => [topic, numPartitions]))
  const found = await admin.fetchTopicMetadata({ topics: [...promised.keys()] })
  const faults: Fault[] = found.topics
    .filter(({ name, partitions }) => promised.get(name) !== partitions.length)
    .map(({ name, partitions }) => ({
      code: 'PT-9022',
      path: name,
      detail: `${partitions.length} partitions, not ${promised.get(name)}`,
    }))
  if (faults.length > 0) throw new ContractError('PT-9022', 'topics differ', faults)
}
