/** Whether topics that exist have the settings that the catalogue promises. */
import { ContractError, type Fault } from './faults.ts'

/** What a comparison asks of a Kafka admin client; that of kafkajs fits. */
export interface TopicInspector {
  describeCluster(): Promise<{ brokers: readonly { nodeId: number }[] }>
  fetchTopicMetadata(options: { topics: string[] }): Promise<{
    topics: {
      name: string
      partitions: { partitionId: number; replicas: number[] }[]
    }[]
  }>
  describeConfigs(options: {
    resources: { type: number; name: string }[]
    includeSynonyms: boolean
  }): Promise<{
    resources: {
      resourceName: string
      configEntries: { configName: string; configValue: string }[]
    }[]
  }>
}

/** What a topic is to be like. */
export interface WantedTopic {
  topic: string
  /** Present where the number of partitions is part of the promise. */
  promised?: number | undefined
  /** Replicas of every partition, at least. */
  replicationFactor: number
  configEntries: readonly { name: string; value: string }[]
}

/** Kafka's number for a topic among what has a configuration. */
const TOPIC = 2
/** More is better than what is promised. */
const AT_LEAST: ReadonlySet<string> = new Set(['min.insync.replicas'])
/** Where the commands that mend it find the brokers. */
const BOOTSTRAP = '--bootstrap-server "$KAFKA_BROKERS"'

/**
 * Every difference of topics that exist, as a PT-9022 with the command that mends it.
 * @param settings the names of settings that matter; default: all that the topics are wanted with
 * @throws what the client throws: an outage, or no right to see a topic or its configuration
 */
export async function compareTopics(
  admin: TopicInspector,
  wanted: readonly WantedTopic[],
  settings?: ReadonlySet<string>,
): Promise<Fault[]> {
  if (wanted.length === 0) return []
  const names = wanted.map(({ topic }) => topic)
  const [{ topics }, { resources }, { brokers }] = await Promise.all([
    admin.fetchTopicMetadata({ topics: names }),
    admin.describeConfigs({
      resources: names.map((name) => ({ type: TOPIC, name })),
      includeSynonyms: false,
    }),
    admin.describeCluster(),
  ])
  const nodes = brokers.map(({ nodeId }) => nodeId).sort((a, b) => a - b)
  const partitionsOf = new Map(topics.map(({ name, partitions }) => [name, partitions]))
  const configOf = new Map(
    resources.map(({ resourceName, configEntries }) => [
      resourceName,
      new Map(configEntries.map(({ configName, configValue }) => [configName, configValue])),
    ]),
  )
  return wanted.flatMap((one) => [
    ...partitionFaults(one, partitionsOf.get(one.topic)?.length ?? 0),
    ...replicaFaults(one, partitionsOf.get(one.topic) ?? [], nodes),
    ...configFaults(one, configOf.get(one.topic) ?? new Map(), settings),
  ])
}

/** @throws ContractError PT-9022 with every difference, as `compareTopics` */
export async function checkTopics(...args: Parameters<typeof compareTopics>): Promise<void> {
  const faults = await compareTopics(...args)
  if (faults.length > 0) throw new ContractError('PT-9022', 'topics differ', faults)
}

function partitionFaults({ topic, promised }: WantedTopic, found: number): Fault[] {
  if (promised === undefined || promised === found) return []
  const differs = `${count(found, 'partition')}, not ${promised}`
  return [
    found < promised
      ? fault(
          topic,
          differs,
          `kafka-topics.sh ${BOOTSTRAP} --alter --topic ${topic} --partitions ${promised}`,
        )
      : fault(
          topic,
          `${differs}; partitions are never taken away: the topic is made anew from its messages`,
        ),
  ]
}

function replicaFaults(
  { topic, replicationFactor }: WantedTopic,
  partitions: readonly { partitionId: number; replicas: number[] }[],
  nodes: readonly number[],
): Fault[] {
  const short = partitions.filter(({ replicas }) => replicas.length < replicationFactor)
  if (short.length === 0) return []
  const least = Math.min(...short.map(({ replicas }) => replicas.length))
  const differs = `${count(least, 'replica')}, not ${replicationFactor}`
  if (nodes.length < replicationFactor) {
    return [fault(topic, `${differs}; there are ${count(nodes.length, 'broker')}`)]
  }
  const plan = {
    version: 1,
    partitions: short.map(({ partitionId: partition, replicas }) => {
      // those that have it stay, the first of them leads
      const others = nodes.filter((node) => !replicas.includes(node))
      return { topic, partition, replicas: [...replicas, ...others].slice(0, replicationFactor) }
    }),
  }
  const file = `<(echo '${JSON.stringify(plan)}')`
  const command = `kafka-reassign-partitions.sh ${BOOTSTRAP} --execute --reassignment-json-file ${file}`
  return [fault(topic, differs, command)]
}

function configFaults(
  { topic, configEntries }: WantedTopic,
  found: ReadonlyMap<string, string>,
  settings?: ReadonlySet<string>,
): Fault[] {
  const differing = configEntries.filter(({ name, value }) => {
    const is = found.get(name)
    if (is === undefined || settings?.has(name) === false) return false
    return AT_LEAST.has(name) ? Number(is) < Number(value) : is !== value
  })
  if (differing.length === 0) return []
  const differs = differing.map(({ name, value }) => `${name} is ${found.get(name)}, not ${value}`)
  const wanted = differing.map(({ name, value }) => `${name}=${value}`).join()
  const entity = `--entity-type topics --entity-name ${topic}`
  const command = `kafka-configs.sh ${BOOTSTRAP} --alter ${entity} --add-config ${wanted}`
  return [fault(topic, differs.join(', '), command)]
}

function fault(topic: string, differs: string, command?: string): Fault {
  const mend = command === undefined ? '' : `. Mend it with: ${command}`
  return { code: 'PT-9022', path: topic, detail: `${differs}${mend}` }
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`
}
