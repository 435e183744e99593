import {
  type EventTypes,
  openCodec,
  registerSchemas,
  registerToolSubject,
} from '@prooftrail/contracts'
import { startChild } from '../child.ts'
import { NODES, WAY } from '../flow.ts'
import type { WayOnBus } from '../hops.ts'
import { listenKeys, makeProducer, openKafka } from '../kafka.ts'
import type { Feed } from '../load.ts'
import type { Roles } from '../measure.ts'
import type { Backend } from '../options.ts'
import { type Recorded, TOOL } from '../recording.ts'
import { startOwnStack } from '../stacks.ts'
import { floorTopic, type RelayPlan } from './relay.ts'

/** The floor under way: its feed, and the processes whose cost is the floor's. */
export interface Running {
  feed: Feed
  roles: Roles
  /** Where its orders' way is to be read. */
  way: WayOnBus
  stop(): Promise<void>
}

/**
 * The same graph without the product: topics, partitions, readers, message shapes and sizes of a
 * recorded order; no state, no keys, no callback.
 */
export async function startFloor(
  recorded: readonly Recorded[],
  options: { backend: Backend; processes: boolean; partitions: number },
): Promise<Running> {
  const own = await startOwnStack(options.backend)
  const { stack } = own
  const run = Date.now().toString(36)
  const { brokers } = stack.kafka
  const kafka = openKafka(brokers, 'bench-driver')
  await Promise.all([
    createFloorTopics(kafka, options.partitions),
    registerSchemas(stack.registry).then(() => registerToolSubject(stack.registry, TOOL)),
  ])
  const base: Omit<RelayPlan, 'nodes'> = { brokers, registry: stack.registry.url, recorded, run }
  const shares = options.processes ? NODES.map((node) => [node]) : [NODES]
  const children = shares.map(() => startChild('floor/process', options.processes ? 32 : 64))
  await Promise.all(
    children.map((child, i) =>
      child.ask({ type: 'start', plan: { ...base, nodes: shares[i] ?? [] } }),
    ),
  )
  const codec = openCodec({ url: stack.registry.url })
  await codec.ready(['work-order.submitted'])
  const producer = makeProducer(kafka)
  await producer.connect()
  const submitted = recorded.find(({ name }) => name === 'work-order.submitted')
  // It was decoded by the schema of its topic.
  const order = submitted?.value as EventTypes['work-order.submitted']
  let count = 0
  const feed: Feed = {
    onDone: () => {},
    prepare: (wanted) => Array.from({ length: wanted }, () => `floor-${run}-${count++}`),
    async send(ids) {
      await producer.send({
        topic: floorTopic('work-order.submitted'),
        acks: -1,
        messages: ids.map((key) => ({ key, value: codec.encode('work-order.submitted', order) })),
      })
    },
  }
  const silence = await listenKeys(kafka, floorTopic('trail.attested'), (id) => feed.onDone(id))
  return {
    feed,
    roles: { work: children.map(({ pid }) => pid), servers: own.pids },
    way: { kafka, topicOf: floorTopic },
    async stop() {
      await Promise.allSettled([silence(), producer.disconnect()])
      await Promise.all(children.map((child) => child.stop()))
      await own.stop()
    },
  }
}

async function createFloorTopics(
  kafka: ReturnType<typeof openKafka>,
  partitions: number,
): Promise<void> {
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({
    waitForLeaders: true,
    topics: WAY.map((name) => ({
      topic: floorTopic(name),
      numPartitions: name === 'ledger.appended' ? 1 : partitions,
      replicationFactor: 1,
      configEntries: [
        { name: 'message.timestamp.type', value: 'LogAppendTime' },
        { name: 'max.message.bytes', value: String(4 * 1024 * 1024) },
      ],
    })),
  })
  await admin.disconnect()
}
