import { setTimeout as pause } from 'node:timers/promises'
import { type Codec, openCodec, type TopicName, topicFor } from '@prooftrail/contracts'
import { Kafka, logLevel, type Producer } from 'kafkajs'
import type { Db, MongoClient } from 'mongodb'
import type { Logger } from 'pino'
import type { HostConfig } from './config.ts'
import { hideAbortedRecords } from './consumer/aborted.ts'
import { leanFetches } from './consumer/lean-fetch.ts'
import { paceFetches } from './consumer/paced-fetch.ts'
import { fetchPausedSoon } from './consumer/paused-fetch.ts'
import { lookForNoRequests } from './consumer/quiet-requests.ts'
import { KEPT, openMongo } from './documents/mongo-client.ts'
import { type SayWait, Starting } from './health/starting.ts'
import type { Door } from './http/server.ts'
import { useRecordsInOnePass } from './kafka-records/install.ts'
import { partitionByKey } from './kafka-records/murmur2.ts'
import { makeLog } from './log.ts'
import { encodeEvent } from './message.ts'
import { Shutdown, StopIncomplete } from './shutdown.ts'
import { doorCause, spanOf } from './tracing/ids.ts'
import { openTracing, type Tracing } from './tracing/open-traces.ts'

/** What services of one process share: connections, codec, log. One host per process. */
export interface Host {
  config: HostConfig
  kafka: Kafka
  producer: Producer
  db: Db
  codec: Codec
  log: Logger
  /** Names this process among all others of the deployment. */
  instance: string
  /** Where steps of a start are taken that may meet an outage. */
  starting: Starting
  /** Where spans are told, where anybody listens. */
  tracing?: Tracing | undefined
  /** The port of the process's only service, listened on since its start. */
  door?: Door
  close(): Promise<void>
}

/** What a start tells while it waits, as lines of a log. */
export function sayTo(log: Logger): SayWait {
  return (line, error) => log.warn(error === undefined ? {} : { err: error }, line)
}

/**
 * Connects Kafka and MongoDB; waits while one of them does not answer.
 * @throws when what it meets does not pass, such as wrong credentials
 */
export async function connectHost(
  config: HostConfig,
  name: string,
  // each service of the process names itself on its lines
  log: Logger = makeLog(undefined, config.logLevel),
  starting = new Starting(sayTo(log)),
): Promise<Host> {
  useRecordsInOnePass()
  hideAbortedRecords()
  paceFetches()
  leanFetches()
  fetchPausedSoon()
  lookForNoRequests()
  const instance = `${process.pid.toString(36)}${Date.now().toString(36)}`
  const kafka = new Kafka({
    clientId: `prooftrail-${name}`,
    brokers: config.kafka.brokers,
    ssl: config.kafka.ssl,
    ...(config.kafka.sasl ? { sasl: config.kafka.sasl } : {}),
    logLevel: logLevel.WARN,
    logCreator: () => (entry) => {
      const { message, error } = entry.log
      // A rebalance or a broker that restarts is daily business: the loop reports outages itself.
      log.debug({ err: error, namespace: entry.namespace }, message)
    },
    retry: { retries: 8, initialRetryTime: 100, maxRetryTime: 5_000 },
  })
  const producer = kafka.producer({
    allowAutoTopicCreation: false,
    createPartitioner: partitionByKey,
    metadataMaxAge: 60_000,
    retry: { retries: 3, initialRetryTime: 100, maxRetryTime: 1_000 },
  })
  const mongo = openMongo(config.mongodb)
  const codec = openCodec(config.registry)
  const tracing = config.tracing && (await openTracing(config.tracing))
  try {
    await Promise.all([
      starting.step('kafka', () => producer.connect()),
      starting.step('mongodb', () => mongo.connect()),
    ])
  } catch (error) {
    await Promise.allSettled([producer.disconnect(), mongo.close()])
    throw error
  }
  return {
    config,
    kafka,
    producer,
    db: mongo.db(config.mongodb.database, KEPT),
    codec,
    log,
    instance,
    starting,
    tracing,
    close: async () => {
      const ms = config.stopWithinMs * CLOSE_SHARE
      // what an unreachable receiver did not get is lost, and holds up no stop
      await Promise.race([
        tracing?.close().catch(() => undefined),
        pause(ms, undefined, { ref: false }),
      ])
      await closeWithin(ms, producer, mongo)
    },
  }
}

/** Of a stop's time, what connections may take to close; services have the rest. */
const CLOSE_SHARE = 0.2

async function closeWithin(ms: number, producer: Producer, mongo: MongoClient): Promise<void> {
  const close = (name: string, stop: () => Promise<void>) => {
    const one = new Shutdown(ms)
    one.add({ stop }, name)
    return one.stop()
  }
  const closed = await Promise.allSettled([
    close('the connection to kafka', () => producer.disconnect()),
    close('the connection to mongodb', () => mongo.close()),
  ])
  const left = closed.flatMap((one) =>
    one.status === 'rejected' && one.reason instanceof StopIncomplete ? one.reason.left : [],
  )
  if (left.length > 0) throw new StopIncomplete(left)
}

/**
 * What every door does: encode and publish, answered when the broker has it (acks=-1).
 * @throws ContractError for a value that the schema cannot hold; an ordinary error on an outage.
 */
export async function produce(
  host: Host,
  source: string,
  name: TopicName,
  value: unknown,
  options: { tool?: string; traceparent?: string } = {},
): Promise<void> {
  await host.codec.ready([name], options.tool)
  const event = { type: name, data: value, ...(options.tool ? { tool: options.tool } : {}) }
  const cause = {
    id: doorCause(source),
    at: new Date().toISOString(),
    traceId: spanOf(options.traceparent)?.traceId,
  }
  const message = encodeEvent(host.codec, source, event, cause)
  const from = Date.now()
  await host.producer.send({
    topic: topicFor(name, options.tool),
    acks: -1,
    messages: [{ key: message.key, value: message.value, headers: message.headers }],
  })
  host.tracing?.of(source, '').sent([message], from)
}
