import type {
  Consumer,
  EachBatchPayload,
  IMemberAssignment,
  Kafka,
  OffsetsByTopicPartition,
} from 'kafkajs'
import type { Logger } from 'pino'
import type { Health } from '../health/health.ts'
import { type Backoff, isOutage, saysAbsent } from '../health/retry.ts'
import type { Starting } from '../health/starting.ts'
import { partitionTogether } from './assigner.ts'

export interface MemberOptions {
  kafka: Pick<Kafka, 'consumer'>
  group: string
  topics: readonly string[]
  /** How long a fetch may wait for more (service.ts). */
  gatherMs?: number | undefined
  health: Health
  /** Where joining for the first time waits for what is away. */
  starting: Starting
  log: Logger
  /** Called whenever the group gave this member its partitions, before anything of them is fetched. */
  joined(assigned: IMemberAssignment): void
  /** Takes one batch. It never throws: what was not taken is not resolved, and comes again. */
  eachBatch(payload: EachBatchPayload): Promise<void>
  /**
   * Called for a batch that holds no message: the ends of transactions, or records of aborted ones.
   * The client goes on behind it by itself, and commits nothing.
   */
  passed(batch: EmptyBatch): void
}

/** A batch without messages. */
export interface EmptyBatch {
  topic: string
  partition: number
  firstOffset: string | null
  lastOffset: string
  highWatermark: string
}

/** A fetch that gathers ends with so much. */
const GATHER_BYTES = 128 * 1024
/** Partitions that are added are taken up within this time: sooner than a producer writes to them. */
const LOOK_AT_TOPICS_MS = 10_000
/** The group waits for a heartbeat at most this long. */
const HEARTBEAT_MS = 2_000
const JOIN: Backoff = { first: 1_000, most: 5_000 }
/** A broker that has just started may not know its topics yet; later one that it does not know is not there. */
const ABSENT_MS = 60_000

/**
 * A member of a consumer group, with the settings that all consumers of the product share. It joins
 * again after a crash, and tells `health` when a fetch begins and when the broker is away. It commits
 * no offset by itself.
 */
export class GroupMember {
  readonly #options: MemberOptions
  #consumer: Consumer | undefined
  #restarting: Promise<void> | undefined
  /** Commits once; of the consumer that runs. */
  #commitOnce: EachBatchPayload['commitOffsetsIfNecessary'] | undefined

  constructor(options: MemberOptions) {
    this.#options = options
  }

  /**
   * Resolves when the group was joined; waits while the brokers are away, or do not know their groups
   * and topics yet. @throws when a topic is not there, or what stands between does not pass
   */
  async start(): Promise<void> {
    const { health, starting, topics } = this.#options
    const until = Date.now() + ABSENT_MS
    const passes = (error: unknown) => {
      if (health.stopping) return false
      return isOutage(error) && (!saysAbsent(error) || Date.now() < until)
    }
    const join = () => this.#join()
    await starting.step(`kafka (${topics.join(', ')})`, join, { passes, backoff: JOIN })
  }

  /** The partition's next fetch begins at this offset. Only for a partition that this member has. */
  seek(topic: string, partition: number, offset: number): void {
    this.#consumer?.seek({ topic, partition, offset: String(offset) })
  }

  /** Commits these offsets. @throws when they are not committed */
  async commit(offsets: OffsetsByTopicPartition): Promise<void> {
    if (this.#commitOnce) return this.#commitOnce(offsets)
    const flat = offsets.topics.flatMap(({ topic, partitions }) =>
      partitions.map((one) => ({ topic, ...one })),
    )
    await this.#consumer?.commitOffsets(flat)
  }

  /** Leaves the group; resolves when the batches in hand have ended. */
  async stop(): Promise<void> {
    await this.#restarting
    await this.#consumer?.stop().catch(() => undefined)
    await this.#consumer?.disconnect().catch(() => undefined)
  }

  /** A consumer of its own for each attempt. @throws what kept it from joining */
  async #join(): Promise<void> {
    const consumer = this.#open()
    this.#consumer = consumer
    this.#commitOnce = undefined
    const joined = this.#watch(consumer)
    try {
      await this.#run(consumer)
      // kafkajs's `run` resolves when joining failed, too, and tells of it as a crash
      await joined
    } catch (error) {
      await consumer.disconnect().catch(() => undefined)
      throw error
    }
  }

  async #run(consumer: Consumer): Promise<void> {
    await consumer.connect()
    await consumer.subscribe({ topics: [...this.#options.topics], fromBeginning: true })
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: 256,
      eachBatch: (payload) => {
        this.#commitOnce = payload.commitOffsetsIfNecessary
        this.#options.health.progressed()
        return this.#options.eachBatch(payload)
      },
    })
  }

  #open(): Consumer {
    const { kafka, group, gatherMs } = this.#options
    return kafka.consumer({
      groupId: group,
      partitionAssigners: [partitionTogether],
      allowAutoTopicCreation: false,
      metadataMaxAge: LOOK_AT_TOPICS_MS,
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

  /** Resolves when the consumer has joined for the first time; rejects when that failed. */
  #watch(consumer: Consumer): Promise<void> {
    const { health, joined, passed } = this.#options
    const { FETCH_START, FETCH, GROUP_JOIN, CRASH, END_BATCH_PROCESS } = consumer.events
    const first = settled()
    consumer.on(FETCH_START, () => health.turned())
    consumer.on(FETCH, () => health.available('kafka'))
    consumer.on(GROUP_JOIN, ({ payload }) => {
      health.turned()
      joined(payload.memberAssignment)
      first.resolve()
    })
    consumer.on(END_BATCH_PROCESS, ({ payload }) => {
      if (payload.batchSize === 0) passed(payload)
    })
    consumer.on(CRASH, ({ payload }) => {
      if (!first.isResolved()) return first.reject(payload.error)
      if (health.stopping) return
      health.unavailable('kafka', payload.error)
      if (!payload.restart) this.#restarting = this.#restart(consumer)
    })
    return first.promise
  }

  async #restart(crashed: Consumer): Promise<void> {
    await crashed.disconnect().catch(() => undefined)
    await this.#options.health.keepTrying('kafka', () => this.#join()).catch(() => undefined)
  }
}

/** A promise that is settled from outside; nobody has to wait for it. */
function settled() {
  let isResolved = false
  let resolve: () => void = () => undefined
  let reject: (error: unknown) => void = () => undefined
  const promise = new Promise<void>((...both) => {
    ;[resolve, reject] = both
  })
  promise.catch(() => undefined)
  return {
    promise,
    reject,
    resolve() {
      isResolved = true
      resolve()
    },
    isResolved: () => isResolved,
  }
}

/** Acts on a batch while the group hears that this member is alive. @throws what `act` throws */
export async function whileAlive<T>(
  { heartbeat }: Pick<EachBatchPayload, 'heartbeat'>,
  act: () => Promise<T>,
): Promise<T> {
  const alive = setInterval(() => void heartbeat().catch(() => undefined), HEARTBEAT_MS)
  try {
    return await act()
  } finally {
    clearInterval(alive)
  }
}
