import { randomBytes } from 'node:crypto'
import { access, copyFile, mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Kafka, logLevel } from 'kafkajs'
import { type Artefacts, CLUSTER_NODE } from './artefacts.ts'
import type { Java } from './java.ts'
import { javaOptions, serverEnv } from './java-options.ts'
import { acceptsConnections, type Ports } from './ports.ts'
import type { ServerPlan } from './server.ts'

/** The largest message that the broker takes: above the 8 MiB that the largest topic allows. */
const LARGEST_MESSAGE = 9 << 20

/** Prepares a broker's directory, new or used before, and says how to run the broker: Kafka in KRaft mode, alone. */
export async function planKafka(
  dataDir: string,
  ports: Ports,
  artefacts: Artefacts,
  java: Java,
  env: NodeJS.ProcessEnv,
): Promise<ServerPlan> {
  const home = join(dataDir, 'kafka')
  const logs = join(home, 'log')
  await mkdir(logs, { recursive: true })
  await formatOnce(logs, artefacts)
  const config = join(home, 'server.properties')
  await writeFile(config, brokerProperties(logs, ports))
  return {
    part: 'kafka',
    command: java.command,
    args: [
      ...(await javaOptions('kafka', dataDir, artefacts, java)),
      '-Xms256m',
      '-Xmx512m',
      `-Dlog4j2.configurationFile=${artefacts.kafkaLogging}`,
      '-cp',
      artefacts.kafkaClassPath,
      'kafka.Kafka',
      config,
    ],
    cwd: home,
    logFile: join(dataDir, 'logs', 'kafka.log'),
    env: serverEnv(env, dataDir),
    isReady: () => isBrokerReady(ports.kafka),
  }
}

/** The broker's configuration: one node, small tables, nothing kept shorter than for ever unless a topic says so. */
export function brokerProperties(logs: string, ports: Ports): string {
  const properties: Record<string, string | number | boolean> = {
    'process.roles': 'broker,controller',
    'node.id': CLUSTER_NODE,
    'controller.quorum.voters': `${CLUSTER_NODE}@127.0.0.1:${ports.controller}`,
    listeners: `BROKER://127.0.0.1:${ports.kafka},CONTROLLER://127.0.0.1:${ports.controller}`,
    'advertised.listeners': `BROKER://127.0.0.1:${ports.kafka}`,
    'listener.security.protocol.map': 'BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name': 'BROKER',
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': logs,

    'auto.create.topics.enable': false,
    'default.replication.factor': 1,
    'min.insync.replicas': 1,
    'message.max.bytes': LARGEST_MESSAGE,
    'replica.fetch.max.bytes': LARGEST_MESSAGE,
    'socket.request.max.bytes': 100 << 20,
    'log.retention.ms': -1,
    'log.retention.bytes': -1,
    'log.segment.bytes': 256 << 20,
    // index files are allocated at full size, two for every partition
    'log.index.size.max.bytes': 1 << 20,
    'log.cleaner.threads': 1,
    'log.cleaner.dedupe.buffer.size': 8 << 20,

    // a group that reads again after a long holiday goes on where it was
    'offsets.retention.minutes': 525_600,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 4,
    'offsets.topic.segment.bytes': 16 << 20,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 4,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,

    'num.network.threads': 2,
    'num.io.threads': 4,
    'background.threads': 2,
    'num.recovery.threads.per.data.dir': 2,
  }
  const lines = Object.entries(properties).map(
    ([name, value]) => `${name}=${escapeValue(`${value}`)}`,
  )
  return `${lines.join('\n')}\n`
}

/** Java's properties format takes the backslash for an escape. */
function escapeValue(value: string): string {
  return value.replaceAll('\\', '\\\\')
}

async function formatOnce(logs: string, artefacts: Artefacts): Promise<void> {
  const meta = join(logs, 'meta.properties')
  const formatted = await access(meta).then(
    () => true,
    () => false,
  )
  if (formatted) return
  await copyFile(artefacts.kafkaBootstrap, join(logs, 'bootstrap.checkpoint'))
  const lines = [
    'version=1',
    `cluster.id=${drawId()}`,
    `node.id=${CLUSTER_NODE}`,
    `directory.id=${drawId()}`,
  ]
  await writeFile(meta, `${lines.join('\n')}\n`)
}

/** A UUID as Kafka writes it. A first byte below 0x80 keeps clear of its reserved ids and of a leading dash. */
function drawId(): string {
  const bytes = randomBytes(16)
  bytes[0] = (bytes[0] ?? 0) & 0x7f
  return bytes.toString('base64url')
}

async function isBrokerReady(port: number): Promise<boolean> {
  if (!(await acceptsConnections(port))) return false
  const kafka = new Kafka({
    clientId: 'prooftrail-stack',
    brokers: [`127.0.0.1:${port}`],
    logLevel: logLevel.NOTHING,
    connectionTimeout: 2_000,
    retry: { retries: 0 },
  })
  const admin = kafka.admin()
  try {
    await admin.connect()
    const { brokers } = await admin.describeCluster()
    return brokers.length > 0
  } finally {
    await admin.disconnect()
  }
}

/** Whether topics of this product hold messages on disk. */
export async function hasTopicData(dataDir: string): Promise<boolean> {
  const logs = join(dataDir, 'kafka', 'log')
  const partitions = (await readdir(logs).catch(() => [])).filter((name) =>
    name.startsWith('prooftrail.'),
  )
  for (const partition of partitions) {
    const segments = (await readdir(join(logs, partition))).filter((name) => name.endsWith('.log'))
    for (const segment of segments) {
      if ((await stat(join(logs, partition, segment))).size > 0) return true
    }
  }
  return false
}
