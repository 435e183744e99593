import type { Consumer, EachBatchPayload, Kafka, KafkaMessage } from 'kafkajs'
import type { Logger } from 'pino'
import type { Pulse } from '../health/health.ts'
import type { ServiceMetrics } from '../metrics.ts'
import type { Parking } from '../rounds/park.ts'
import type { Work } from '../rounds/round-input.ts'
import type { Input } from '../service.ts'
import { type AdmissionControl, type Handled, makeAdmissionQueue } from './admission.ts'
import { partitionTogether } from './assigner.ts'
import { makeOffsets } from './offsets.ts'
import { type Readable, readMessage } from './read-message.ts'

/**
 * The consumer of one service.
 * C1 All batches of a fetch are handed on together; a batch's offsets move only after all that it
 *    held was saved and published, or parked.
 *    A partition goes on meanwhile: only its commit waits for what is held.
 * C2 A message that the registry's outage leaves unreadable pauses its partition alone.
 * C3 The handler never throws into kafkajs: what was not taken is not resolved, and comes again.
 * C4 Stopping takes what was fetched, commits it, and leaves the group.
 * C5 A topic with admission control is taken as far as that grants; the rest is held, and its partition paused.
 */

export interface ConsumeOptions<I extends Input> {
  kafka: Kafka
  group: string
  topics: readonly string[]
  reader: Readable
  /** Resolves when the inputs were decided and published; `saved` when the last of them is saved. */
  take(works: Work<I>[]): Promise<{ saved: Promise<unknown> | undefined }>
  park(entries: readonly Parking[]): Promise<void>
  pulse: Pulse
  metrics: ServiceMetrics
  log: Logger
  /** How long a fetch may wait for more (service.ts). */
  gatherMs?: number | undefined
  admission?: AdmissionControl
}

export interface Consuming {
  stop(): Promise<void>
}

const HEARTBEAT_MS = 2_000
/** A fetch that gathers ends with so much. */
const GATHER_BYTES = 128 * 1024
const RESUME_MS = 1_000
const PATIENCE_MS = 60_000

export async function startConsumer<I extends Input>(
  options: ConsumeOptions<I>,
): Promise<Consuming> {
  const { pulse, metrics, log, reader } = options
  const offsets = makeOffsets(log)
  const inHand = new Map<string, number>()
  const lags = new Map<string, { topic: string; lag: number }>()
  /** By partition: resolves when what it handed on is saved. */
  const unsaved = new Map<string, Promise<void>>()
  let consumer: Consumer | undefined
  let restarting: Promise<void> | undefined

  metrics.live.oldest = () => {
    const oldest = Math.min(...inHand.values())
    return Number.isFinite(oldest) ? Math.max(0, Date.now() - oldest) / 1000 : 0
  }
  metrics.live.lags = () => {
    const sums = new Map<string, number>()
    for (const { topic, lag } of lags.values()) sums.set(topic, (sums.get(topic) ?? 0) + lag)
    return sums
  }

  const queue = options.admission && makeAdmissionQueue(options.admission, handle)

  async function eachBatch(payload: EachBatchPayload): Promise<void> {
    const { topic, messages } = payload.batch
    if (queue && topic === options.admission?.topic) await queue.add(payload)
    else await handle(payload, messages)
  }

  async function handle(
    payload: EachBatchPayload,
    messages: readonly KafkaMessage[],
  ): Promise<Handled> {
    const { batch, resolveOffset, heartbeat, commitOffsetsIfNecessary } = payload
    const place = `${batch.topic}\n${batch.partition}`
    const alive = setInterval(() => void heartbeat().catch(() => undefined), HEARTBEAT_MS)
    inHand.set(place, Number(messages[0]?.timestamp ?? Date.now()))
    try {
      const { works, poison, last, outage } = await readBatch(batch, messages)
      if (poison.length > 0) await pulse.keepTrying('parking', () => options.park(poison))
      const taken = works.length > 0 ? await options.take(works) : undefined
      if (outage !== undefined) holdBack(payload, outage)
      if (last === undefined) return 'paused'
      resolveOffset(last.offset)
      const offset = (BigInt(last.offset) + 1n).toString()
      const moved = { topic: batch.topic, partition: batch.partition, offset }
      behind(place, taken?.saved, () => offsets.moved(commitOffsetsIfNecessary, moved))
      const lag = Number(BigInt(batch.highWatermark) - BigInt(offset))
      lags.set(place, { topic: batch.topic, lag: Math.max(0, lag) })
      // The group is left as soon as the last batch returns: what was done is committed before.
      if (pulse.stopping) await flush()
      return outage === undefined ? 'taken' : 'paused'
    } catch (error) {
      log.info({ err: error, topic: batch.topic }, 'a batch was left; it comes again')
      return 'left'
    } finally {
      clearInterval(alive)
      inHand.delete(place)
    }
  }

  /** Acts once `saved` has resolved and all that came before on this partition has acted. */
  function behind(place: string, saved: Promise<unknown> | undefined, act: () => void): void {
    const before = unsaved.get(place)
    if (before === undefined && saved === undefined) {
      act()
      return
    }
    const next = Promise.all([before, saved]).then(() => {
      act()
      if (unsaved.get(place) === next) unsaved.delete(place)
    })
    unsaved.set(place, next)
  }

  /** Commits what moved; what stays unsaved, because the database is away, is not waited for. */
  async function flush(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve))
    await offsets.flush()
  }

  /** All messages up to the first that cannot be read now. */
  async function readBatch(
    { topic, partition }: EachBatchPayload['batch'],
    messages: readonly KafkaMessage[],
  ) {
    const works: Work<I>[] = []
    const poison: Parking[] = []
    let last: { offset: string; timestamp: string } | undefined
    for (const { key, value, timestamp, offset, headers = {} } of messages) {
      const at = new Date(Number(timestamp)).toISOString()
      const read = await readMessage<I>(reader, {
        ...{ topic, partition, offset, key, value, headers, at },
      })
      if ('outage' in read) return { works, poison, last, outage: read.outage }
      if ('work' in read) works.push(read.work)
      else {
        poison.push(read.poison)
        metrics.parked.inc({ code: read.code })
        log.info({ code: read.code, topic, partition, offset }, 'parked: not readable')
      }
      last = { offset, timestamp }
    }
    return { works, poison, last, outage: undefined }
  }

  function holdBack({ pause, batch }: EachBatchPayload, outage: unknown): void {
    pulse.away('registry', outage)
    log.warn({ topic: batch.topic, partition: batch.partition }, 'partition paused')
    const resume = pause()
    setTimeout(() => {
      pulse.well('registry')
      resume()
    }, RESUME_MS).unref()
  }

  async function start(): Promise<void> {
    const started = options.kafka.consumer({
      groupId: options.group,
      partitionAssigners: [partitionTogether],
      allowAutoTopicCreation: false,
      // After a crash the group waits this long for the member that is gone.
      sessionTimeout: 12_000,
      rebalanceTimeout: 60_000,
      heartbeatInterval: HEARTBEAT_MS,
      minBytes: options.gatherMs === undefined ? 1 : GATHER_BYTES,
      maxWaitTimeInMs: options.gatherMs ?? 500,
      maxBytesPerPartition: 4 * 1024 * 1024,
      maxBytes: 16 * 1024 * 1024,
      // Short of the minute after which a silent loop counts as stuck.
      retry: { retries: 8, initialRetryTime: 200, maxRetryTime: 5_000 },
    })
    consumer = started
    const { FETCH_START, FETCH, GROUP_JOIN, CRASH } = started.events
    started.on(FETCH_START, () => pulse.beat())
    started.on(FETCH, () => pulse.well('kafka'))
    started.on(GROUP_JOIN, ({ payload }) => {
      pulse.beat()
      lags.clear()
      queue?.drop()
      if (options.admission) {
        options.admission.assigned(payload.memberAssignment[options.admission.topic]?.length ?? 0)
      }
    })
    started.on(CRASH, ({ payload }) => {
      if (pulse.stopping) return
      pulse.away('kafka', payload.error)
      if (!payload.restart) restarting = restart(started)
    })
    await started.connect()
    await started.subscribe({ topics: [...options.topics], fromBeginning: true })
    await started.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: 256,
      eachBatch,
    })
  }

  async function restart(crashed: Consumer): Promise<void> {
    await crashed.disconnect().catch(() => undefined)
    await pulse.keepTrying('kafka', start).catch(() => undefined)
  }

  /** A broker that has just started says for a while that it does not know its groups yet. */
  async function startPatiently(): Promise<void> {
    for (const until = Date.now() + PATIENCE_MS; ; ) {
      try {
        return await start()
      } catch (error) {
        await consumer?.disconnect().catch(() => undefined)
        if (!isPassing(error) || Date.now() > until) throw error
        log.info({ err: error }, 'the broker is not ready; trying again')
        await new Promise((resolve) => setTimeout(resolve, RESUME_MS))
      }
    }
  }

  await startPatiently()
  return {
    async stop() {
      await restarting
      await queue?.stop()
      await flush()
      // Returns when the batches in hand have ended.
      await consumer?.stop().catch(() => undefined)
      await consumer?.disconnect().catch(() => undefined)
    },
  }
}

/** Whether Kafka itself, or what made it give up, says that trying again may help. */
function isPassing(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ('retriable' in cause && cause.retriable === true) return true
  }
  return false
}
