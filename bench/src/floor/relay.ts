import { type Codec, type EventTypes, openCodec, type TopicName } from '@prooftrail/contracts'
import type { Consumer, EachBatchPayload, Kafka, Message, Producer } from 'kafkajs'
import { type Node, readBy, saidAfter } from '../flow.ts'
import { makeProducer, openKafka } from '../kafka.ts'
import { type Recorded, TOOL, wayTopic } from '../recording.ts'

/** What a process of the floor runs. */
export interface RelayPlan {
  brokers: readonly string[]
  registry: string
  nodes: readonly Node[]
  recorded: readonly Recorded[]
  /** Names this run's consumer groups. */
  run: string
}

export const FLOOR = 'floor.'

/** The floor's own topic of an event type, beside the product's. */
export function floorTopic(name: TopicName): string {
  return FLOOR + wayTopic(name)
}

/** Reads, decodes, encodes and sends; keeps nothing, checks nothing. */
export async function startRelays(plan: RelayPlan): Promise<() => Promise<void>> {
  const kafka = openKafka(plan.brokers, 'bench-floor')
  const codec = openCodec({ url: plan.registry })
  const producer = makeProducer(kafka)
  await producer.connect()
  const names = [...new Set(plan.recorded.map(({ name }) => name))]
  await codec.ready(names, TOOL)
  const consumers = await Promise.all(
    plan.nodes.map((node) => startRelay(node, plan, { kafka, codec, producer })),
  )
  return async () => {
    await Promise.allSettled(consumers.map((consumer) => consumer.disconnect()))
    await producer.disconnect()
  }
}

async function startRelay(
  node: Node,
  { recorded, run }: RelayPlan,
  { kafka, codec, producer }: { kafka: Kafka; codec: Codec; producer: Producer },
): Promise<Consumer> {
  const reads = readBy(node)
  const replies = new Map<string, Recorded[]>()
  for (const name of reads) {
    const said = new Set(saidAfter(node, name))
    replies.set(
      floorTopic(name),
      recorded.filter((one) => said.has(one.name)),
    )
  }
  const send = makeRounds(producer)
  const consumer = kafka.consumer({
    groupId: `bench-floor-${node}-${run}`,
    allowAutoTopicCreation: false,
    sessionTimeout: 30_000,
    rebalanceTimeout: 60_000,
    heartbeatInterval: 2_000,
    maxWaitTimeInMs: 500,
    maxBytesPerPartition: 4 * 1024 * 1024,
    maxBytes: 16 * 1024 * 1024,
  })
  let offsets = new Map<string, { topic: string; partition: number; offset: string }>()
  let isCommitting = false
  const commitSoon = async () => {
    if (isCommitting) return
    isCommitting = true
    await new Promise((resolve) => setImmediate(resolve))
    while (offsets.size > 0) {
      const moved = [...offsets.values()]
      offsets = new Map()
      await consumer.commitOffsets(moved).catch(() => undefined)
    }
    isCommitting = false
  }
  const eachBatch = async ({ batch, resolveOffset, heartbeat }: EachBatchPayload) => {
    const { topic, partition } = batch
    const out: { topic: string; message: Message }[] = []
    for (const { key, value } of batch.messages) {
      if (value === null) continue
      await codec.decode(topic.slice(FLOOR.length), value)
      for (const { name, value: said, headers } of replies.get(topic) ?? []) {
        // What was recorded was decoded by the schema of its topic.
        const fitting = said as EventTypes[TopicName]
        const tool = name === 'execution.commanded' ? TOOL : undefined
        const message = { key, value: codec.encode(name, fitting, tool), headers }
        out.push({ topic: floorTopic(name), message })
      }
    }
    if (out.length > 0) await send(out)
    resolveOffset(batch.lastOffset())
    const offset = (BigInt(batch.lastOffset()) + 1n).toString()
    offsets.set(`${topic}/${partition}`, { topic, partition, offset })
    void commitSoon()
    await heartbeat()
  }
  const joined = new Promise<void>((resolve) => {
    consumer.on(consumer.events.GROUP_JOIN, () => resolve())
  })
  await consumer.connect()
  await consumer.subscribe({ topics: reads.map(floorTopic), fromBeginning: true })
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    partitionsConsumedConcurrently: 256,
    eachBatch,
  })
  await joined
  return consumer
}

/** What batches that arrive together say goes out in one request, as in the product's rounds. */
function makeRounds(producer: Producer) {
  let waiting: Item[] = []
  let isTurning = false
  const turn = async () => {
    await new Promise((resolve) => setImmediate(resolve))
    while (waiting.length > 0) {
      const items = waiting
      waiting = []
      const byTopic = new Map<string, Message[]>()
      for (const { topic, message } of items.flatMap(({ out }) => out)) {
        const list = byTopic.get(topic)
        if (list) list.push(message)
        else byTopic.set(topic, [message])
      }
      const topicMessages = [...byTopic].map(([topic, messages]) => ({ topic, messages }))
      await producer.sendBatch({ acks: -1, topicMessages }).then(
        () => items.forEach(({ resolve }) => void resolve()),
        (error: unknown) => items.forEach(({ reject }) => void reject(error)),
      )
    }
    isTurning = false
  }
  return (out: Item['out']): Promise<void> =>
    new Promise((resolve, reject) => {
      waiting.push({ out, resolve, reject })
      if (isTurning) return
      isTurning = true
      void turn()
    })
}

interface Item {
  out: { topic: string; message: Message }[]
  resolve: () => void
  reject: (error: unknown) => void
}
