import { setTimeout as pause } from 'node:timers/promises'
import { type TopicName, topicFor } from '@prooftrail/contracts'
import type { EachBatchPayload, IMemberAssignment, Kafka, KafkaMessage } from 'kafkajs'
import type { Logger } from 'pino'
import { Health } from '../health/health.ts'
import type { Starting } from '../health/starting.ts'
import { pages } from '../log.ts'
import type { ServiceMetrics } from '../metrics.ts'
import type { Publisher } from '../outbox/publisher.ts'
import { type Fold, FoldFault, type Folding } from './fold.ts'
import { FoldInbox, type ReadMessage } from './fold-inbox.ts'
import { FoldProgress } from './fold-progress.ts'
import { type EmptyBatch, GroupMember, whileAlive } from './group-member.ts'
import type { Readable } from './read-message.ts'
import { topicEnds } from './topic-ends.ts'

/**
 * Runs a fold beside the loop of its service.
 * I1 Offsets are the fold's: the group commits none, every assignment goes on at the stored head.
 * I2 A topic that does not hold the head, or a `FoldFault`, stops the fold for good; everything else
 *    is an outage and tried again with backoff, while heartbeats go on. `/readyz` tells of both.
 * I3 What cannot be read or is refused is parked, as it was, before the head moves behind it: told
 *    twice rather than never.
 * I4 Of many processes one has the partition; the others follow the stored head.
 * I5 Stopping waits for the batch in hand, but no longer than its time.
 */

export interface TopicFoldOptions<T extends TopicName> {
  kafka: Pick<Kafka, 'consumer' | 'admin'>
  topic: T
  fold: Fold<T>
  reader: Readable
  publisher: Publisher
  metrics: ServiceMetrics
  /** Where the start waits for what is away. */
  starting: Starting
  log: Logger
}

/** Messages that `apply` gets at once, at most. */
const CHUNK = 1_000
/** How often the stored head is looked at until all that was on the topic is folded. */
const FOLLOW_MS = 500
const STOP_MS = 10_000
const NONE = Number.POSITIVE_INFINITY

type Batch = EachBatchPayload['batch']

export class TopicFold<T extends TopicName> implements Folding {
  readonly #options: TopicFoldOptions<T>
  readonly #topic: string
  readonly #health: Health
  readonly #member: GroupMember
  readonly #inbox: FoldInbox<T>
  readonly #progress: FoldProgress
  /** The next offset that this process would fold. */
  #next = 0
  /** Whether the partition came since the head was last read. */
  #isNew = true
  #lag: number | undefined
  /** Append time of the first message in hand. */
  #inHand = NONE
  #following: NodeJS.Timeout | undefined

  constructor(options: TopicFoldOptions<T>) {
    const { kafka, topic: name, fold, reader, publisher, metrics, starting, log } = options
    const topic = topicFor(name)
    const health = new Health(log, metrics)
    this.#options = options
    this.#topic = topic
    this.#health = health
    this.#progress = new FoldProgress(fold.codes)
    this.#inbox = new FoldInbox({ topic, reader, publisher, health, metrics, log })
    this.#member = new GroupMember({
      ...{ kafka, topics: [topic], health, starting, log },
      group: `prooftrail.${reader.name}-${fold.name}`,
      joined: (assigned) => this.#joined(assigned),
      eachBatch: (payload) => this.#eachBatch(payload),
      passed: (batch) => this.#passed(batch),
    })
    metrics.live.consumers.push({
      oldest: () => this.#inHand,
      lags: () => (this.#lag === undefined ? [] : [{ topic, lag: this.#lag }]),
    })
  }

  /** Resolves when the group was joined, or the fold must not go on; waits while a server is away. */
  async start(): Promise<void> {
    const { fold, kafka, starting } = this.#options
    // In this order: what others fold meanwhile is on the topic when its end is asked for.
    this.#next = await starting.step(`the head of ${fold.name}`, () => fold.head())
    const ends = await starting.step(`kafka (${this.#topic})`, () => topicEnds(kafka, this.#topic))
    this.#progress.open(this.#next, ends)
    this.#health.turned()
    if (this.#isStopped()) return
    await this.#member.start()
    this.#following = setInterval(() => void this.#follow(), FOLLOW_MS)
  }

  fault(): ReturnType<Folding['fault']> {
    return this.#progress.fault()
  }

  /** What `/readyz` answers of it. */
  failing(): string | undefined {
    const fault = this.fault()
    return fault ? `${fault.code} ${fault.detail}` : this.#health.fault()
  }

  /** When it last turned (epoch ms); one that does not consume is not expected to. */
  turnedAt(): number {
    const { isOpen, stopped } = this.#progress
    return isOpen && !stopped ? this.#health.turnedAt : Date.now()
  }

  turns() {
    return this.#health.turns()
  }

  async stop(): Promise<void> {
    const { fold, log } = this.#options
    this.#health.stop()
    clearInterval(this.#following)
    const stopping = this.#member.stop().then(() => true)
    const isDone = await Promise.race([stopping, pause(STOP_MS, false, { ref: false })])
    if (!isDone) log.warn({ fold: fold.name }, 'the batch in hand was left')
  }

  #joined(assigned: IMemberAssignment): void {
    this.#isNew = true
    this.#lag = undefined
    if ((assigned[this.#topic]?.length ?? 0) > 0) this.#seek()
  }

  async #eachBatch(payload: EachBatchPayload): Promise<void> {
    this.#inHand = Number(payload.batch.messages[0]?.timestamp ?? NONE)
    try {
      await whileAlive(payload, () => this.#take(payload))
    } catch (error) {
      this.#options.log.info({ err: error }, 'a batch was left; it is folded again')
    } finally {
      this.#inHand = NONE
    }
    // Nothing more is fetched.
    if (this.#progress.stopped) payload.pause()
  }

  async #take({ batch, resolveOffset, isRunning, isStale }: EachBatchPayload): Promise<void> {
    if (!(await this.#goesOn(batch))) return
    for (let start = 0; start < batch.messages.length; start += CHUNK) {
      if (!isRunning() || isStale()) return
      if (!(await this.#fold(batch.messages.slice(start, start + CHUNK)))) return
      resolveOffset(String(this.#next - 1))
    }
    resolveOffset(batch.lastOffset())
    this.#passed({ ...batch, firstOffset: String(this.#next), lastOffset: batch.lastOffset() })
    this.#lag = Math.max(0, Number(batch.highWatermark) - this.#next)
  }

  /** What lies behind the head and is no message (the end of a transaction) is nothing to fold. */
  #passed({ firstOffset, lastOffset }: EmptyBatch): void {
    if (this.#isNew || Number(firstOffset ?? 0) > this.#next) return
    this.#next = Math.max(this.#next, Number(lastOffset) + 1)
    this.#progress.moved(this.#next)
  }

  /** Whether a batch goes on where the fold is; else it is fetched from there. */
  async #goesOn(batch: Batch): Promise<boolean> {
    const { fold } = this.#options
    if (this.#progress.stopped) return false
    const first = Number(batch.firstOffset() ?? this.#next)
    if (this.#isNew) {
      this.#moved(await this.#health.keepTrying(fold.name, () => fold.head()))
      this.#isNew = false
      // Others may have folded what was not on the topic when this batch was fetched.
      if (first !== this.#next) return this.#seek()
    }
    this.#progress.endsAt(Number(batch.highWatermark), this.#next)
    if (this.#isStopped()) return false
    if (first <= this.#next) return true
    const gap = `the next message is at ${first}, the head at ${this.#next}`
    this.#health.unavailable(fold.name, new Error(gap))
    return this.#seek()
  }

  /** Folds messages; false when the partition is to be fetched from elsewhere, or not at all. */
  async #fold(messages: readonly KafkaMessage[]): Promise<boolean> {
    const { topic, fold, metrics } = this.#options
    const fresh = messages.filter(({ offset }) => Number(offset) >= this.#next)
    const read = await this.#inbox.read(fresh)
    const last = read.at(-1)
    if (last === undefined) return true
    const next = await this.#health.keepTrying(fold.name, () => this.#apply(read))
    if (next === undefined) return !this.#isStopped()
    metrics.inputs.inc({ type: topic, outcome: 'folded' }, read.length)
    this.#health.turned()
    this.#moved(next)
    return next === last.offset + 1 || this.#seek()
  }

  /** The head after it; undefined when the fold must not go on. */
  async #apply(read: readonly ReadMessage<T>[]): Promise<number | undefined> {
    try {
      return await this.#options.fold.apply(read, this.#inbox.refuse(read))
    } catch (error) {
      if (!(error instanceof FoldFault)) throw error
      this.#progress.stop(error)
      return undefined
    }
  }

  #moved(head: number): void {
    this.#next = head
    this.#progress.moved(head)
    this.#inbox.passed(head)
  }

  #seek(): false {
    this.#member.seek(this.#topic, 0, this.#next)
    return false
  }

  /** Until what was on the topic at the start is folded, whoever has the partition. */
  async #follow(): Promise<void> {
    if (this.fault() === undefined) return clearInterval(this.#following)
    this.#progress.moved(await this.#options.fold.head().catch(() => 0))
  }

  /** Asked once after whatever may stop the fold, so that it is reported once. */
  #isStopped(): boolean {
    const { fold, log } = this.#options
    const { stopped } = this.#progress
    if (stopped) {
      const about = { code: stopped.code, fold: fold.name }
      pages(log, 'ProoftrailLogStopped', about, `stopped: ${stopped.message}`)
    }
    return stopped !== undefined
  }
}
