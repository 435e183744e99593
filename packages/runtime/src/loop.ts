import { setTimeout as pause } from 'node:timers/promises'
import type { Codec } from '@prooftrail/contracts'
import type { Kafka } from 'kafkajs'
import type { Logger } from 'pino'
import type { AdmissionControl } from './consumer/admission.ts'
import { type Consuming, startConsumer } from './consumer/kafka-consumer.ts'
import { Held } from './documents/deferred-writes.ts'
import type { Store } from './documents/store.ts'
import { makeEffects } from './effects/effects.ts'
import { Health } from './health/health.ts'
import type { ServiceMetrics } from './metrics.ts'
import type { Publish } from './outbox/publisher.ts'
import { parkedMessage } from './rounds/park.ts'
import { type RoundTools, runRound } from './rounds/round.ts'
import type { RoundInput } from './rounds/round-input.ts'
import { RoundQueue } from './rounds/round-queue.ts'
import type { Emitted, Input, Service } from './service.ts'
import { DueTimes, inMs } from './timers/due-times.ts'
import { RecoveryScan } from './timers/recovery-scan.ts'
import type { WaitingMessages } from './timers/waiting-messages.ts'

/**
 * The loop of one service.
 * L1 All batches that arrive together, and all due times and outcomes at hand, make one round.
 * L2 A batch's offsets move only after its round was saved and published.
 * L3 Effects, retries and waits run beside the loop, from saved state; nothing waits in a round.
 * L4 An outage holds the round and is tried again with backoff while heartbeats go on.
 * L5 Stopping finishes the round, publishes, commits, and leaves the group.
 */

export interface LoopOptions<S> {
  kafka: Kafka
  codec: Codec
  store: Store<S>
  waiting: WaitingMessages
  publish: Publish
  metrics: ServiceMetrics
  log: Logger
  topics: readonly string[]
  group: string
  instance: string
  /** How often the database is asked for what other processes left behind. */
  scanMs: number
  /** How fast one of the topics is taken. */
  admission?: AdmissionControl
  /** How long a change that nobody waits for may be held (documents/deferred-writes.ts). */
  saveWithinMs: number
}

export interface Loop {
  /** Feeds an input to a document; resolves when its round was saved and published. */
  submit(doc: string, input: Input): Promise<void>
  /** Gives a parked input of a document up, so that what follows goes on. */
  discard(doc: string, input: string): Promise<void>
  /** Resolves when nothing is queued, running or due now. */
  idle(): Promise<void>
  /** When the loop last turned (epoch ms). */
  turnedAt(): number
  failing(): string | undefined
  stop(): Promise<void>
}

const TICK_MS = 100
/** Outboxes that went out are emptied in the database this often, or when there are so many. */
const TRIM_MS = 500
const MAX_UNTRIMMED = 1_000

/** Resolves when the service consumes. @throws when the broker or a topic is not there */
export async function startLoop<S, I extends Input, E extends Emitted, C>(
  service: Service<S, I, E, C>,
  options: LoopOptions<S>,
): Promise<Loop> {
  const { store, waiting, publish, codec, metrics, log } = options
  const health = new Health(log, metrics)
  const held = new Held<S, I>(options.saveWithinMs)
  let trimming: Promise<void> | undefined
  let trimmed = performance.now()
  let saves = 0

  const queue = new RoundQueue<I>(async (inputs) => {
    const end = metrics.roundSeconds.startTimer()
    await health.keepTrying('round', async () => {
      try {
        await runRound(service, tools, inputs)
        metrics.rounds.inc({ outcome: 'finished' })
      } catch (error) {
        metrics.rounds.inc({ outcome: 'failed' })
        throw error
      }
    })
    end()
    metrics.roundInputs.observe(inputs.length)
    health.turned()
    // Rounds do not outrun the trims of the ones before.
    if (store.untrimmed > MAX_UNTRIMMED) await trim()
  })
  const enqueue = (inputs: readonly RoundInput<I>[]) => queue.enqueue(inputs)
  const effects = makeEffects(service, (doc, input) => enqueue([{ doc, input }]), metrics, log)
  const reader = { name: service.name, codec }
  const dueTimes = new DueTimes<I>({ waiting, reader, enqueue, log })
  const scan = new RecoveryScan({
    ...{ store, waiting, publish, dueTimes, metrics, log },
    everyMs: options.scanMs,
  })
  const tools: RoundTools<S, I> = {
    ...{ store, held, waiting, codec, publish, metrics, log },
    unsure: new Map(),
    stamp() {
      saves += 1
      return `${inMs(0)}/${options.instance}/${saves}`
    },
    act(doc, started) {
      for (const effect of started) effects.start(doc, effect)
    },
    due: (doc, due_at, delayMs) => dueTimes.due(doc, due_at, delayMs),
    waits: (id) => dueTimes.waits(id),
    left: (ids) => scan.republishSoon(ids),
  }

  /** A trim that fails is tried again; a process that ends before costs a repeated event. */
  function trim(): Promise<void> {
    trimmed = performance.now()
    trimming ??= store
      .trimNow()
      .catch((error: unknown) => log.debug({ err: error }, 'outboxes not trimmed'))
      .finally(() => {
        trimming = undefined
      })
    return trimming
  }

  /** What waits for company goes alone when none comes. */
  const tick = setInterval(() => {
    if (!queue.busy && held.overdue(1).length > 0) void saveHeld()
    if (store.untrimmed > 0 && performance.now() - trimmed >= TRIM_MS) void trim()
  }, TICK_MS)

  /** Answers whether it was saved. */
  async function saveHeld(): Promise<boolean> {
    try {
      await enqueue([])
      return true
    } catch (error) {
      log.info({ err: error }, 'stopping; what is held comes again')
      return false
    }
  }

  async function idle(): Promise<void> {
    while (queue.busy || effects.busy || held.size > 0 || store.untrimmed > 0) {
      await queue.idle()
      await effects.idle()
      await dueTimes.idle()
      await trim()
      if (held.size > 0 || store.untrimmed > 0) await pause(TICK_MS)
    }
  }

  async function stop(consuming: Consuming | undefined): Promise<void> {
    health.stop()
    clearInterval(tick)
    held.hurry()
    for (let left = held.size; left > 0 && (await saveHeld()); left = held.size) {}
    await Promise.all([dueTimes.stop(), scan.stop(), consuming?.stop()])
    await effects.stop()
    await queue.idle()
    await trim()
  }

  let consuming: Consuming
  try {
    const scanned = scan.all()
    consuming = await startConsumer<I>({
      ...{ kafka: options.kafka, group: options.group, topics: options.topics },
      ...{ reader, health, metrics, log },
      gatherMs: service.gatherMs,
      ...(options.admission ? { admission: options.admission } : {}),
      async take(inputs) {
        await enqueue(inputs)
        return { saved: held.whenSaved(inputs) }
      },
      park: async (entries) => {
        await publish(entries.map((entry) => parkedMessage(codec, service.name, entry)))
      },
    })
    // On the stand-in this reads the whole collection: consuming does not wait for it.
    void scanned
  } catch (error) {
    await stop(undefined)
    throw error
  }

  return {
    // The service's own input union is what its routes, effects and integrators submit.
    submit: (doc, input) => enqueue([{ doc, input: input as I }]),
    discard(doc, parked) {
      const at = inMs(0)
      const input = { id: `discard:${parked}`, type: 'parked.discarded', at, data: {} }
      // Handled by the round itself: no service meets it.
      return enqueue([{ doc, input: input as unknown as I, discards: parked }])
    },
    idle,
    turnedAt: () => health.turnedAt,
    failing: () => health.fault(),
    stop: () => stop(consuming),
  }
}
