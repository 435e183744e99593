import { setTimeout as pause } from 'node:timers/promises'
import { type Codec, topicFor } from '@prooftrail/contracts'
import type { Kafka } from 'kafkajs'
import type { Logger } from 'pino'
import type { AdmissionControl } from './consumer/admission.ts'
import { type Consuming, startConsumer } from './consumer/kafka-consumer.ts'
import { type Readable, readMessage } from './consumer/read-message.ts'
import type { Store } from './documents/store.ts'
import { type Effects, makeEffects } from './effects/effects.ts'
import { Health } from './health/health.ts'
import type { Starting } from './health/starting.ts'
import type { ServiceMetrics } from './metrics.ts'
import { Outbox } from './outbox/outbox.ts'
import type { Publisher } from './outbox/publisher.ts'
import type { RoundInput } from './round-input.ts'
import { parkedMessage } from './rounds/park.ts'
import { runRound } from './rounds/round.ts'
import { RoundQueue } from './rounds/round-queue.ts'
import type { RoundTools } from './rounds/tools.ts'
import type { Emitted, Input, Service } from './service.ts'
import { Backlog } from './timers/backlog.ts'
import { DueTimes } from './timers/due-times.ts'
import { RecoveryScan } from './timers/recovery-scan.ts'
import type { WaitingMessages } from './timers/waiting-messages.ts'
import { WaitingRoom } from './timers/waiting-room.ts'
import type { Traces } from './tracing/traces.ts'

/**
 * The loop of one service.
 * L1 All batches that arrive together, and all due times and outcomes at hand, make one round.
 * L2 A batch's offsets move only after its round was saved and published.
 * L3 Effects, retries and waits run beside the loop, from saved state; nothing waits in a round.
 * L4 An outage holds the round and is tried again with backoff while heartbeats go on.
 * L5 A due time waits until what was on the topics at the start has been read: what came in time is
 *    decided before the time is over.
 * L6 Stopping finishes the round, publishes, commits, and leaves the group.
 */

export interface LoopOptions<S> {
  kafka: Kafka
  codec: Codec
  store: Store<S>
  waiting: WaitingMessages
  publisher: Publisher
  metrics: ServiceMetrics
  log: Logger
  topics: readonly string[]
  group: string
  /** How often the database is asked for what other processes left behind. */
  scanMs: number
  /** How many messages of one topic may be taken now. */
  admission?: AdmissionControl
  /** Where the start waits for what is away. */
  starting: Starting
  /** Where spans are told, where anybody listens. */
  traces?: Traces | undefined
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
  /** How often it turned, and how often something came of it. */
  turns(): { turns: number; progress: number }
  failing(): string | undefined
  stop(): Promise<void>
}

const TICK_MS = 100

/** Resolves when the service consumes. @throws when a topic is not there */
export async function startLoop<S, I extends Input, E extends Emitted, C>(
  service: Service<S, I, E, C>,
  options: LoopOptions<S>,
): Promise<Loop> {
  const loop = new ServiceLoop(service, options)
  try {
    await loop.start()
    return loop
  } catch (error) {
    await loop.stop()
    throw error
  }
}

class ServiceLoop<S, I extends Input, E extends Emitted, C> implements Loop {
  readonly #service: Service<S, I, E, C>
  readonly #options: LoopOptions<S>
  readonly #health: Health
  readonly #queue: RoundQueue<I>
  readonly #outbox: Outbox<S>
  readonly #effects: Effects
  readonly #reader: Readable
  readonly #dueTimes: DueTimes<I>
  readonly #room: WaitingRoom<I>
  readonly #scan: RecoveryScan<S, I>
  readonly #tools: RoundTools<S>
  readonly #timer: NodeJS.Timeout
  #consuming: Consuming | undefined
  #backlog: Backlog | undefined

  constructor(service: Service<S, I, E, C>, options: LoopOptions<S>) {
    const { store, waiting, publisher, codec, metrics, log } = options
    const { database, cache, documents } = store
    const enqueue = (inputs: readonly RoundInput<I>[]) => this.#queue.enqueue(inputs)
    this.#service = service
    this.#options = options
    this.#health = new Health(log, metrics)
    this.#queue = new RoundQueue((inputs) => this.#round(inputs))
    const { traces } = options
    this.#outbox = new Outbox({ database, cache, publisher, metrics, log, traces })
    metrics.live.outbox = () => this.#outbox.waiting()
    this.#effects = makeEffects(
      service,
      (doc, input, within) => enqueue([{ doc, input, ...(within ? { within } : {}) }]),
      ...([metrics, log, traces] as const),
    )
    this.#reader = { name: service.name, codec }
    this.#dueTimes = new DueTimes({
      ...{ enqueue, log },
      mayFire: () => this.#backlog?.isRead === true,
    })
    this.#room = new WaitingRoom({
      ...{ messages: waiting, enqueue, log },
      known: service.known,
      read: async (origin, at) => {
        const read = await readMessage<I>(this.#reader, origin, at)
        return 'input' in read ? read.input : undefined
      },
    })
    this.#scan = new RecoveryScan({
      ...{ database, waiting, room: this.#room },
      ...{ outbox: this.#outbox, dueTimes: this.#dueTimes, log },
      everyMs: options.scanMs,
    })
    const follow = {
      start: (doc: string, effects: Parameters<RoundTools<S>['follow']['start']>[1]) => {
        for (const effect of effects) this.#effects.start(doc, effect)
      },
      due: (doc: string, due_at: string | undefined, delayMs?: number) =>
        this.#dueTimes.due(doc, due_at, delayMs),
    }
    this.#tools = {
      ...{ documents, outbox: this.#outbox, waiting: this.#room },
      ...{ codec, follow, metrics, log, traces },
    }
    this.#timer = setInterval(() => this.#tick(), TICK_MS)
  }

  async start(): Promise<void> {
    const { kafka, group, topics, metrics, log, codec, store, admission, starting } = this.#options
    this.#backlog = new Backlog({ kafka, group, topics, log })
    // It may take long on a large collection: consuming does not wait for it.
    void this.#scan.all()
    this.#consuming = await startConsumer<I>({
      ...{ kafka, group, topics, metrics, starting, log },
      ...{ reader: this.#reader, health: this.#health, gatherMs: this.#service.gatherMs },
      patient: new Set(this.#service.patient?.map((name) => topicFor(name))),
      ...(admission ? { admission } : {}),
      take: async (inputs) => {
        await this.#queue.enqueue(inputs)
        return { saved: store.cache.writes.whenSaved(inputs) }
      },
      park: (entries) =>
        this.#outbox.send(entries.map((one) => parkedMessage(codec, this.#service, one))),
    })
  }

  submit(doc: string, input: Input): Promise<void> {
    // The service's own input union is what its routes, effects and integrators submit.
    return this.#queue.enqueue([{ doc, input: input as I }])
  }

  discard(doc: string, parked: string): Promise<void> {
    const at = new Date().toISOString()
    const input = { id: `discard:${parked}`, type: 'parked.discarded', at, data: {} }
    // Handled by the round itself: no service meets it.
    return this.#queue.enqueue([{ doc, input: input as unknown as I, discards: parked }])
  }

  async idle(): Promise<void> {
    const { cache } = this.#options.store
    const isOpen = () => cache.openCount > 0 || this.#outbox.full > 0
    while (this.#queue.busy || this.#effects.busy || isOpen()) {
      await this.#queue.idle()
      await this.#effects.idle()
      await this.#dueTimes.idle()
      await this.#room.idle()
      await this.#outbox.empty()
      if (isOpen()) await pause(TICK_MS)
    }
  }

  turnedAt(): number {
    return this.#health.turnedAt
  }

  turns() {
    return this.#health.turns()
  }

  failing(): string | undefined {
    return this.#health.fault()
  }

  async stop(): Promise<void> {
    const { cache } = this.#options.store
    this.#health.stop()
    clearInterval(this.#timer)
    cache.writes.disable()
    while (cache.openCount > 0 && (await this.#saveDeferred())) {}
    await Promise.all([
      this.#backlog?.stop(),
      this.#dueTimes.stop(),
      this.#room.stop(),
      this.#scan.stop(),
      this.#consuming?.stop(),
    ])
    await this.#effects.stop()
    await this.#queue.idle()
    await this.#outbox.empty()
  }

  async #round(inputs: readonly RoundInput<I>[]): Promise<void> {
    const { metrics } = this.#options
    const end = metrics.roundSeconds.startTimer()
    const joined = new Set(inputs)
    await this.#health.keepTrying('round', async () => {
      try {
        await runRound(this.#service, this.#tools, joined)
        metrics.rounds.inc({ outcome: 'finished' })
      } catch (error) {
        metrics.rounds.inc({ outcome: 'failed' })
        throw error
      }
    })
    end()
    metrics.roundInputs.observe(inputs.length)
    this.#health.turned()
    this.#health.progressed()
    await this.#outbox.emptyMany()
  }

  /** A deferred write that no other change of its document follows gets a round of its own. */
  #tick(): void {
    const isOverdue = this.#options.store.cache.overdue(1).length > 0
    if (!this.#queue.busy && isOverdue) void this.#saveDeferred()
    this.#outbox.emptyOld()
  }

  /** Answers whether it was saved. */
  async #saveDeferred(): Promise<boolean> {
    try {
      await this.#queue.enqueue([])
      return true
    } catch (error) {
      this.#options.log.info({ err: error }, 'stopping; deferred writes are delivered again')
      return false
    }
  }
}
