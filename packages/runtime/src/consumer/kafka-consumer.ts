import { setTimeout as pause } from 'node:timers/promises'
import type { Consumer, EachBatchPayload, IMemberAssignment, Kafka } from 'kafkajs'
import { isPassing } from '../health/retry.ts'
import type { Input } from '../service.ts'
import { type AdmissionControl, AdmissionQueue } from './admission.ts'
import { partitionTogether } from './assigner.ts'
import { BatchHandler, type BatchOptions, HEARTBEAT_MS } from './batch.ts'

/**
 * The consumer of one service.
 * C1 All batches of a fetch are handed on together; a batch's offsets move only after all that it
 *    held was saved and published, or parked.
 *    A partition goes on meanwhile: only its commit waits for what is deferred.
 * C2 A message that the registry's outage leaves unreadable pauses its partition alone.
 * C3 The handler never throws into kafkajs: what was not taken is not resolved, and comes again.
 * C4 Stopping takes what was fetched, commits it, and leaves the group.
 * C5 A topic with admission control is taken as far as that grants; the rest waits in memory, and its
 *    partition is paused.
 */

export interface ConsumeOptions<I extends Input> extends BatchOptions<I> {
  kafka: Kafka
  group: string
  topics: readonly string[]
  /** How long a fetch may wait for more (service.ts). */
  gatherMs?: number | undefined
  admission?: AdmissionControl
}

export interface Consuming {
  stop(): Promise<void>
}

/** A fetch that gathers ends with so much. */
const GATHER_BYTES = 128 * 1024
const RETRY_MS = 1_000
/** A broker that has just started is waited for this long. */
const START_MS = 60_000

/** Resolves when the group was joined. @throws when the broker or a topic is not there */
export async function startConsumer<I extends Input>(
  options: ConsumeOptions<I>,
): Promise<Consuming> {
  const consumer = new GroupConsumer(options)
  await consumer.start()
  return consumer
}

class GroupConsumer<I extends Input> implements Consuming {
  readonly #options: ConsumeOptions<I>
  readonly #batches: BatchHandler<I>
  readonly #queue: AdmissionQueue | undefined
  #consumer: Consumer | undefined
  #restarting: Promise<void> | undefined

  constructor(options: ConsumeOptions<I>) {
    this.#options = options
    const batches = new BatchHandler(options)
    this.#batches = batches
    this.#queue =
      options.admission &&
      new AdmissionQueue(options.admission, (payload, messages) =>
        batches.handle(payload, messages),
      )
  }

  /** A broker that has just started answers for a while that it does not know its groups yet. */
  async start(): Promise<void> {
    for (const until = Date.now() + START_MS; ; ) {
      try {
        return await this.#connect()
      } catch (error) {
        await this.#consumer?.disconnect().catch(() => undefined)
        if (!isPassing(error) || Date.now() > until) throw error
        this.#options.log.info({ err: error }, 'the broker is not ready; trying again')
        await pause(RETRY_MS)
      }
    }
  }

  async stop(): Promise<void> {
    await this.#restarting
    await this.#queue?.stop()
    await this.#batches.flush()
    // Returns when the batches in hand have ended.
    await this.#consumer?.stop().catch(() => undefined)
    await this.#consumer?.disconnect().catch(() => undefined)
  }

  async #connect(): Promise<void> {
    const consumer = this.#open()
    this.#consumer = consumer
    this.#watch(consumer)
    await consumer.connect()
    await consumer.subscribe({ topics: [...this.#options.topics], fromBeginning: true })
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: 256,
      eachBatch: (payload) => this.#eachBatch(payload),
    })
  }

  #open(): Consumer {
    const { kafka, group, gatherMs } = this.#options
    return kafka.consumer({
      groupId: group,
      partitionAssigners: [partitionTogether],
      allowAutoTopicCreation: false,
      // After a crash the group waits this long for the member that is gone.
      sessionTimeout: 12_000,
      rebalanceTimeout: 60_000,
      heartbeatInterval: HEARTBEAT_MS,
      minBytes: gatherMs === undefined ? 1 : GATHER_BYTES,
      maxWaitTimeInMs: gatherMs ?? 500,
      maxBytesPerPartition: 4 * 1024 * 1024,
      maxBytes: 16 * 1024 * 1024,
      // Short of the minute after which a silent loop counts as stuck.
      retry: { retries: 8, initialRetryTime: 200, maxRetryTime: 5_000 },
    })
  }

  #watch(consumer: Consumer): void {
    const { health } = this.#options
    const { FETCH_START, FETCH, GROUP_JOIN, CRASH } = consumer.events
    consumer.on(FETCH_START, () => health.turned())
    consumer.on(FETCH, () => health.available('kafka'))
    consumer.on(GROUP_JOIN, ({ payload }) => this.#joined(payload.memberAssignment))
    consumer.on(CRASH, ({ payload }) => {
      if (health.stopping) return
      health.unavailable('kafka', payload.error)
      if (!payload.restart) this.#restarting = this.#restart(consumer)
    })
  }

  #joined(assigned: IMemberAssignment): void {
    const { health, admission } = this.#options
    health.turned()
    this.#batches.forgetLags()
    this.#queue?.drop()
    admission?.assigned(assigned[admission.topic]?.length ?? 0)
  }

  async #eachBatch(payload: EachBatchPayload): Promise<void> {
    const { topic, messages } = payload.batch
    const isAdmitted = this.#queue && topic === this.#options.admission?.topic
    if (isAdmitted) await this.#queue?.add(payload)
    else await this.#batches.handle(payload, messages)
  }

  async #restart(crashed: Consumer): Promise<void> {
    await crashed.disconnect().catch(() => undefined)
    await this.#options.health.keepTrying('kafka', () => this.#connect()).catch(() => undefined)
  }
}
