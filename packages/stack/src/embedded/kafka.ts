import { randomBytes } from 'node:crypto'
import { access, copyFile, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Kafka, logLevel } from 'kafkajs'
import { StackError } from '../stack-error.ts'
import type { Artefacts } from './artefacts.ts'
import { brokerProperties } from './broker-properties.ts'
import { adminOf, type BrokerUsers } from './broker-users.ts'
import type { Java } from './java.ts'
import { javaOptions, serverEnv } from './java-options.ts'
import { acceptsConnections, type BrokerPorts, brokersOf, type Ports } from './ports.ts'
import type { ServerPlan } from './server.ts'

/**
 * Prepares the directory of a broker, new or used before, and says how to run it: Kafka in KRaft mode, each node broker
 * and controller, alone or one of three.
 *
 * @param cluster the id that all nodes of a new data directory share
 */
export async function planKafka(
  dataDir: string,
  node: number,
  cluster: string,
  { ports, artefacts, java, env, users }: KafkaSetting,
): Promise<ServerPlan> {
  const home = brokerHome(dataDir, node)
  const logs = join(home, 'log')
  const brokers = brokersOf(ports)
  const own = brokers.find((one) => one.node === node)
  if (!own) throw new Error(`no ports for broker ${node}`)
  await mkdir(logs, { recursive: true })
  await formatOnce(logs, node, cluster, artefacts)
  const config = join(home, 'server.properties')
  await writeFile(config, brokerProperties(logs, own, brokers, users), { mode: 0o600 })
  const name = node === 1 ? 'kafka' : `kafka-${node}`
  return {
    part: 'kafka',
    ...(brokers.length > 1 ? { name: `broker ${node}` } : {}),
    command: java.command,
    args: [
      ...(await javaOptions('kafka', dataDir, artefacts, java)),
      // three of them fit beside everything else on a laptop of 8 GB
      ...(brokers.length > 1 ? ['-Xms128m', '-Xmx320m'] : ['-Xms256m', '-Xmx512m']),
      `-Dlog4j2.configurationFile=${artefacts.kafkaLogging}`,
      '-cp',
      artefacts.kafkaClassPath,
      'kafka.Kafka',
      config,
    ],
    cwd: home,
    logFile: join(dataDir, 'logs', `${name}.log`),
    env: serverEnv(env, dataDir),
    isReady: () => isBrokerReady(own, users),
  }
}

/** What every broker of a stack is planned with. */
interface KafkaSetting {
  ports: Ports
  artefacts: Artefacts
  java: Java
  env: NodeJS.ProcessEnv
  users?: BrokerUsers | undefined
}

/** Where a broker keeps its data. */
function brokerHome(dataDir: string, node: number): string {
  return join(dataDir, node === 1 ? 'kafka' : `kafka-${node}`)
}

async function formatOnce(
  logs: string,
  node: number,
  cluster: string,
  artefacts: Artefacts,
): Promise<void> {
  const meta = join(logs, 'meta.properties')
  if (await exists(meta)) return
  await copyFile(artefacts.kafkaBootstrap, join(logs, 'bootstrap.checkpoint'))
  const lines = [
    'version=1',
    `cluster.id=${cluster}`,
    `node.id=${node}`,
    `directory.id=${drawId()}`,
  ]
  await writeFile(meta, `${lines.join('\n')}\n`)
}

/**
 * The id of the cluster whose nodes this data directory holds: that of its first broker, else a new one.
 *
 * @param count how many brokers the stack is to have
 * @throws StackError STACK_BROKERS_DIFFER where the directory was begun with another number
 */
export async function clusterId(dataDir: string, count: number): Promise<string> {
  const meta = (node: number) => join(brokerHome(dataDir, node), 'log', 'meta.properties')
  if (!(await exists(meta(1)))) return drawId()
  const begun = (await exists(meta(2))) ? 3 : 1
  if (begun !== count) {
    throw new StackError(
      'STACK_BROKERS_DIFFER',
      `${dataDir} holds the topics of ${begun === 1 ? 'one broker' : 'three brokers'}, and ${count === 1 ? 'one is' : 'three are'} asked for. ` +
        'Take another data directory (for the command line: PROOFTRAIL_HOME), or start as it was begun.',
    )
  }
  const id = /^cluster\.id=(.+)$/m.exec(await readFile(meta(1), 'utf8'))?.[1]
  return id ?? drawId()
}

function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  )
}

/** A UUID as Kafka writes it. A first byte below 0x80 keeps clear of its reserved ids and of a leading dash. */
function drawId(): string {
  const bytes = randomBytes(16)
  bytes[0] = (bytes[0] ?? 0) & 0x7f
  return bytes.toString('base64url')
}

/** Whether a broker answers and counts itself as one of its cluster. */
async function isBrokerReady(
  { node, kafka: port }: BrokerPorts,
  users: BrokerUsers | undefined,
): Promise<boolean> {
  if (!(await acceptsConnections(port))) return false
  const kafka = new Kafka({
    clientId: 'prooftrail-stack',
    brokers: [`127.0.0.1:${port}`],
    logLevel: logLevel.NOTHING,
    connectionTimeout: 2_000,
    retry: { retries: 0 },
    ...(users ? { sasl: { ...adminOf(users), mechanism: 'plain' } } : {}),
  })
  const admin = kafka.admin()
  try {
    await admin.connect()
    const { brokers } = await admin.describeCluster()
    return brokers.some(({ nodeId }) => nodeId === node)
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
