import { type BrokerUsers, userProperties } from './broker-users.ts'
import type { BrokerPorts } from './ports.ts'

/** The largest message that the broker takes: above the 8 MiB that the largest topic allows. */
const LARGEST_MESSAGE = 9 << 20

/**
 * How long a transaction may stay open: what stands behind its first record on a topic waits for its
 * end. Kafka's own clients ask for a minute if not told otherwise, so no less; the broker refuses
 * more. docker-compose.yml says the same.
 */
const LONGEST_TRANSACTION_MS = 60_000

/** A broker's configuration: small tables, nothing kept shorter than for ever unless a topic says so. */
export function brokerProperties(
  logs: string,
  { node, kafka, controller }: BrokerPorts,
  brokers: readonly BrokerPorts[],
  users?: BrokerUsers,
): string {
  const replication = brokers.length >= 3 ? 3 : 1
  const inSync = replication === 3 ? 2 : 1
  const properties: Record<string, string | number | boolean> = {
    'process.roles': 'broker,controller',
    'node.id': node,
    'controller.quorum.voters': brokers
      .map((one) => `${one.node}@127.0.0.1:${one.controller}`)
      .join(','),
    listeners: `BROKER://127.0.0.1:${kafka},CONTROLLER://127.0.0.1:${controller}`,
    'advertised.listeners': `BROKER://127.0.0.1:${kafka}`,
    'listener.security.protocol.map': 'BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name': 'BROKER',
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': logs,

    'auto.create.topics.enable': false,
    'default.replication.factor': replication,
    'min.insync.replicas': inSync,
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
    'offsets.topic.replication.factor': replication,
    'offsets.topic.num.partitions': 4,
    'offsets.topic.segment.bytes': 16 << 20,
    'transaction.state.log.replication.factor': replication,
    'transaction.state.log.min.isr': inSync,
    'transaction.state.log.num.partitions': 4,
    'transaction.max.timeout.ms': LONGEST_TRANSACTION_MS,
    // how often the broker looks for transactions whose time is over
    'transaction.abort.timed.out.transaction.cleanup.interval.ms': 5_000,
    'share.coordinator.state.topic.replication.factor': replication,
    'share.coordinator.state.topic.min.isr': inSync,
    'group.initial.rebalance.delay.ms': 0,

    'num.network.threads': 2,
    'num.io.threads': 4,
    'background.threads': 2,
    'num.recovery.threads.per.data.dir': 2,
    ...(users ? userProperties(users) : {}),
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
