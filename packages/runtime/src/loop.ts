import type { Codec } from '@prooftrail/contracts'
import { Poison } from '@prooftrail/contracts'
import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs'
import pLimit from 'p-limit'
import type { Logger } from 'pino'
import { partitionTogether } from './assigner.ts'
import { inputType, messageId } from './message.ts'
import type { ServiceMetrics } from './metrics.ts'
import { type Parking, parkable } from './park.ts'
import type { Publish } from './relay.ts'
import { type Origin, type RoundTools, runRound, type Work } from './round.ts'
import { type Effect, type Emitted, type Input, Refusal, type Service } from './service.ts'
import type { Store } from './store.ts'
import { Timers } from './timers.ts'

/**
 * The loop of one service.
 * L1 All batches that arrive together, and all due times and outcomes at hand, make one round.
 * L2 A batch's offsets move only after its round was saved and published.
 * L3 Effects, retries and waits run beside the loop, from saved state; nothing waits in a round.
 * L4 An outage holds the round and is tried again with backoff while heartbeats go on.
 * L5 Stopping finishes the round, publishes, commits, and leaves the group.
 */

const TICK_MS = 50
const HEARTBEAT_MS = 2_000
const BACKOFF_MS = [100, 250, 500, 1_000, 2_000, 5_000] as const
/** Outboxes older than this belong to a process that died, or to a publish that failed. */
const SWEEP_AGE_MS = 5_000
const DUE_PAGE = 500
const MAX_ROUND = 2_000

export interface LoopOptions<S> {
  kafka: Kafka
  codec: Codec
  store: Store<S>
  publish: Publish
  park(entries: readonly Parking[]): Promise<void>
  metrics: ServiceMetrics
  log: Logger
  topics: readonly string[]
  group: string
  instance: string
  /** How often the database is asked for what other processes left behind. */
  sweepMs: number
}

export interface Loop {
  /** Feeds an input to a document; resolves when its round was saved and published. */
  submit(doc: string, input: Input): Promise<void>
  /** Resolves when nothing is queued, running or due now. */
  idle(): Promise<void>
  /** When the loop last turned (epoch ms): a round ended, failed and was set again, or an empty fetch. */
  turnedAt(): number
  failing(): string | undefined
  stop(): Promise<void>
}

interface Item<I extends Input> {
  works: Work<I>[]
  done(): void
}

export async function startLoop<S, I extends Input, E extends Emitted, C>(
  service: Service<S, I, E, C>,
  options: LoopOptions<S>,
): Promise<Loop> {
  const { store, log, metrics } = options
  const timers = new Timers()
  const limit = pLimit(service.effect?.concurrency ?? 1)
  const aborter = new AbortController()
  const running = new Set<Promise<void>>()
  let queue: Item<I>[] = []
  let turning: Promise<void> | undefined
  let turned = Date.now()
  let failure: string | undefined
  let stopping = false
  let saves = 0
  let beat: (() => Promise<void>) | undefined

  const now = () => new Date().toISOString()
  const tools: RoundTools<S> = {
    store,
    codec: options.codec,
    publish: options.publish,
    park: options.park,
    metrics,
    log,
    stamp() {
      saves += 1
      return `${now()}/${options.instance}/${saves}`
    },
    saved(doc, effects, due_at) {
      timers.set(doc, due_at)
      for (const effect of effects) act(doc, effect)
    },
    waits: (id, due_at) => timers.set(id, due_at),
  }

  function act(doc: string, effect: Effect): void {
    const run = limit(async () => {
      if (!service.effect || aborter.signal.aborted) return
      const end = metrics.effectSeconds.startTimer()
      metrics.effectsRunning.inc()
      try {
        const outcome = await service.effect.run(effect, aborter.signal)
        metrics.effects.inc({ outcome: 'finished' })
        await submit(doc, outcome)
      } catch (error) {
        // Without an outcome the attempt is unknown; the document's due time takes it up again.
        metrics.effects.inc({ outcome: 'unknown' })
        log.error({ err: error, effect: effect.id }, 'effect ended without an outcome')
      } finally {
        metrics.effectsRunning.dec()
        end()
      }
    })
    running.add(run)
    void run.finally(() => running.delete(run))
  }

  function enqueue(works: Work<I>[]): Promise<void> {
    return new Promise((resolve) => {
      queue.push({ works, done: resolve })
      turning ??= turn()
    })
  }

  async function submit(doc: string, input: Input): Promise<void> {
    // The service's own input union is what its routes, effects and integrators submit.
    await enqueue([{ doc, input: input as I }])
  }

  /** Runs rounds until nothing is queued; what arrives in the same tick shares the first. */
  async function turn(): Promise<void> {
    try {
      await new Promise((resolve) => setImmediate(resolve))
      while (queue.length > 0) {
        const items = queue
        queue = []
        await persist(items.flatMap((item) => item.works))
        for (const item of items) item.done()
      }
    } finally {
      turning = undefined
      if (queue.length > 0) turning = turn()
    }
  }

  async function persist(works: Work<I>[]): Promise<void> {
    for (let start = 0; start < works.length; start += MAX_ROUND) {
      const part = works.slice(start, start + MAX_ROUND)
      const end = metrics.roundSeconds.startTimer()
      await keepTrying(async () => {
        await runRound(service, tools, part)
      })
      end()
      metrics.rounds.inc({ outcome: 'finished' })
      metrics.roundInputs.observe(part.length)
      await beat?.().catch(() => undefined)
    }
    turned = Date.now()
  }

  /** L4: only stopping gives up; what was not saved then comes again from its topic. */
  async function keepTrying(act: () => Promise<void>): Promise<void> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        await act()
        if (failure !== undefined) log.info('outage over')
        failure = undefined
        metrics.outage.set(0)
        return
      } catch (error) {
        turned = Date.now()
        metrics.rounds.inc({ outcome: 'failed' })
        metrics.outage.set(1)
        failure = error instanceof Error ? error.message : String(error)
        if (attempt === 0) log.warn({ err: error }, 'round failed; trying again')
        if (stopping && attempt > 2) throw error
        const pause = BACKOFF_MS[Math.min(attempt, BACKOFF_MS.length - 1)] ?? 5_000
        await wait(pause)
      }
    }
  }

  async function eachBatch(payload: EachBatchPayload): Promise<void> {
    const { batch, resolveOffset, heartbeat, isStale } = payload
    const alive = setInterval(() => void heartbeat().catch(() => undefined), HEARTBEAT_MS)
    beat = heartbeat
    try {
      const works = await readBatch(batch)
      if (works.length > 0) await enqueue(works)
      if (isStale()) return
      resolveOffset(batch.lastOffset())
      resolved.set(`${batch.topic}\n${batch.partition}`, {
        topic: batch.topic,
        partition: batch.partition,
        offset: (BigInt(batch.lastOffset()) + 1n).toString(),
      })
      commitSoon()
      // The group is left as soon as the last batch returns: what was done is committed before.
      if (stopping) await committing
      else await heartbeat()
    } finally {
      clearInterval(alive)
    }
  }

  async function readBatch(batch: EachBatchPayload['batch']): Promise<Work<I>[]> {
    const works: Work<I>[] = []
    const poison: Parking[] = []
    const type = inputType(batch.topic)
    for (const { key: rawKey, value, timestamp, offset, headers } of batch.messages) {
      if (value === null) continue // a tombstone of a compacted topic says nothing
      const key = rawKey?.toString()
      const id = messageId(batch.topic, key, value)
      const at = new Date(Number(timestamp)).toISOString()
      const { topic, partition } = batch
      const origin: Origin = { topic, partition, offset, key, value, headers: texts(headers) }
      try {
        const decoded = options.codec.decode(topic, value)
        const data =
          decoded instanceof Promise ? await keepDecoding(decoded, topic, value) : decoded
        // The codec checked the value against the topic's schema.
        works.push({
          input: { id, type, at, data, ...(key === undefined ? {} : { key }) } as I,
          origin,
        })
      } catch (error) {
        if (!(error instanceof Poison)) throw error
        const input = { id, type, at, data: undefined }
        const refusal = new Refusal(error.code, error.message)
        poison.push(parkable(service.name, { input, origin }, refusal, undefined))
        metrics.parked.inc({ code: error.code })
        metrics.inputs.inc({ type, outcome: 'parked' })
        log.info({ code: error.code, topic, partition, offset }, 'parked: not readable')
      }
    }
    const oldest = Number(batch.messages[0]?.timestamp ?? Date.now())
    metrics.oldestSeconds.set(Math.max(0, (Date.now() - oldest) / 1000))
    if (poison.length > 0) await keepTrying(() => options.park(poison))
    return works
  }

  /** An unreadable message ends as `Poison`; a registry that is away is an outage. */
  async function keepDecoding(
    first: Promise<unknown>,
    topic: string,
    value: Buffer,
  ): Promise<unknown> {
    let result: { data: unknown } | { poison: Poison } | undefined
    let pending: Promise<unknown> | undefined = first
    await keepTrying(async () => {
      try {
        const again = pending ?? options.codec.decode(topic, value)
        pending = undefined
        result = { data: await again }
      } catch (error) {
        if (!(error instanceof Poison)) throw error
        result = { poison: error }
      }
    })
    if (result && 'poison' in result) throw result.poison
    return result?.data
  }

  // Offsets move behind the rounds, one commit at a time.
  const resolved = new Map<string, { topic: string; partition: number; offset: string }>()
  let committing: Promise<void> | undefined
  function commitSoon(): void {
    committing ??= (async () => {
      await new Promise((resolve) => setImmediate(resolve))
      while (resolved.size > 0) {
        const offsets = [...resolved.values()]
        resolved.clear()
        // A failed commit costs a redelivery, which `seen` skips.
        await consumer?.commitOffsets(offsets).catch((error: unknown) => {
          log.debug({ err: error }, 'offsets not committed')
        })
      }
      committing = undefined
    })()
  }

  async function takeDue(): Promise<void> {
    const due = timers.take(now(), DUE_PAGE)
    const docs = due.filter(({ id }) => !store.isWaiting(id))
    const works = docs.map(({ id, at }) => dueWork<I>(id, at))
    const waiting = due.filter(({ id }) => store.isWaiting(id))
    if (waiting.length > 0) works.push(...(await wake(waiting.map(({ id }) => id))))
    if (works.length > 0) await enqueue(works)
  }

  async function wake(ids: string[]): Promise<Work<I>[]> {
    const works: Work<I>[] = []
    const again = new Date(Date.now() + 1_000).toISOString()
    for (const message of await store.waiting(ids)) {
      const { id, at, key, ...origin } = message
      const data = await options.codec.decode(message.topic, message.value)
      const waited = Math.floor((Date.now() - Date.parse(at)) / 1000)
      const type = inputType(message.topic)
      // Asked again every second until decided; a decided message leaves its place.
      timers.set(`wait/${id}`, again)
      const input = { id, type, at, data, waited, ...(key === undefined ? {} : { key }) } as I
      works.push({ input, origin: { ...origin, key } })
    }
    return works
  }

  let swept = 0
  async function sweep(age: number): Promise<void> {
    swept = Date.now()
    const left = await store.unpublished(new Date(Date.now() - age).toISOString(), DUE_PAGE)
    for (const doc of left) {
      const failed = await options.publish(doc.outbox)
      if (!doc.outbox.some((one) => failed.has(one.topic)) && doc.stamp) {
        await store.trim([doc.id], doc.stamp)
      }
      metrics.republished.inc(doc.outbox.length)
    }
    for (const { id, due_at } of await store.due(now(), DUE_PAGE)) timers.set(id, due_at)
  }

  let ticking: Promise<void> | undefined
  const tick = setInterval(() => {
    if (ticking || stopping) return
    ticking = (async () => {
      try {
        if (Date.now() - swept >= options.sweepMs) await sweep(SWEEP_AGE_MS)
        await takeDue()
      } catch (error) {
        log.warn({ err: error }, 'due times could not be served; trying again')
      } finally {
        ticking = undefined
      }
    })()
  }, TICK_MS)

  let consumer: Consumer | undefined
  async function startConsumer(): Promise<void> {
    consumer = options.kafka.consumer({
      groupId: options.group,
      partitionAssigners: [partitionTogether],
      allowAutoTopicCreation: false,
      sessionTimeout: 10_000,
      rebalanceTimeout: 60_000,
      heartbeatInterval: HEARTBEAT_MS,
      maxWaitTimeInMs: 500,
      maxBytesPerPartition: 4 * 1024 * 1024,
      maxBytes: 16 * 1024 * 1024,
      retry: { retries: 20, initialRetryTime: 200, maxRetryTime: 5_000 },
    })
    consumer.on(consumer.events.FETCH, () => {
      turned = Date.now()
    })
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      log.error({ err: payload.error, restart: payload.restart }, 'consumer crashed')
      if (!payload.restart && !stopping) void restartConsumer()
    })
    await consumer.connect()
    await consumer.subscribe({ topics: [...options.topics], fromBeginning: true })
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: 256,
      eachBatch,
    })
  }

  async function restartConsumer(): Promise<void> {
    await consumer?.disconnect().catch(() => undefined)
    await keepTrying(startConsumer)
  }

  await sweep(0)
  for (const { id, due_at } of await store.due('9999', 100_000)) timers.set(id, due_at)
  await startConsumer()

  async function drain(): Promise<void> {
    while (turning || running.size > 0 || ticking) {
      await turning
      await ticking
      await Promise.allSettled(running)
    }
  }

  return {
    submit,
    idle: drain,
    turnedAt: () => turned,
    failing: () => failure,
    async stop() {
      stopping = true
      clearInterval(tick)
      const grace = setTimeout(() => aborter.abort(), 10_000)
      await consumer?.stop().catch(() => undefined)
      await drain()
      clearTimeout(grace)
      await committing
      await consumer?.disconnect().catch(() => undefined)
    },
  }
}

function dueWork<I extends Input>(doc: string, at: string): Work<I> {
  // `due` is part of every service's input union that declares due times.
  return { doc, input: { id: `due:${doc}:${at}`, type: 'due', at, data: {} } as unknown as I }
}

function texts(headers: Record<string, unknown> | undefined): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers ?? {}).map(([name, value]) => [name, String(value ?? '')]),
  )
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
